"""What can be refused about roles and permissions."""

from tenantry.kernel.errors import DomainError, Kind


class RoleNotFound(DomainError):
    """No role of this tenant has this id or slug."""

    def __init__(self, ref: str) -> None:
        super().__init__(Kind.NOT_FOUND, "resource_not_found", "There is no such role.", {"id": ref[:128]})


class PermissionNotFound(DomainError):
    """No permission of this tenant has this id or slug."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "resource_not_found", "There is no such permission.", {"id": ref[:128]}
        )


class RoleNotHeld(DomainError):
    """The role exists, but the user or group does not hold it directly."""

    def __init__(self, holder: str, role: str) -> None:
        message = f"This {holder} does not hold the role directly."
        super().__init__(Kind.NOT_FOUND, "resource_not_found", message, {"role": role[:128]})


class RoleSlugTaken(DomainError):
    """Another role of this tenant has the slug."""

    def __init__(self) -> None:
        problem = "a role with this slug already exists"
        super().__init__(
            Kind.CONFLICT, "duplicate_resource", "A role with this slug already exists.", {"slug": problem}
        )


class RoleChanged(DomainError):
    """The role has changed since the caller looked at it."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT,
            "resource_changed",
            "The role has changed since you looked at it. Nothing was written.",
        )


class PermissionChanged(DomainError):
    """The permission has changed since the caller looked at it."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT,
            "resource_changed",
            "The permission has changed since you looked at it. Nothing was written.",
        )


class PermissionSlugTaken(DomainError):
    """Another permission of this tenant has the slug."""

    def __init__(self) -> None:
        problem = "a permission with this slug already exists"
        super().__init__(
            Kind.CONFLICT,
            "duplicate_resource",
            "A permission with this slug already exists.",
            {"slug": problem},
        )


class SystemRoleFixed(DomainError):
    """System roles are the same in every tenant."""

    def __init__(self, slug: str) -> None:
        problem = f"{slug} is a system role, which cannot be changed or deleted"
        super().__init__(Kind.FORBIDDEN, "permission_denied", f"The role {problem}.", {"id": problem})


class SystemPermissionFixed(DomainError):
    """System permissions are what the management API itself asks for."""

    def __init__(self, slug: str) -> None:
        problem = f"{slug} is a system permission, which cannot be changed or deleted"
        super().__init__(Kind.FORBIDDEN, "permission_denied", f"The permission {problem}.", {"id": problem})
