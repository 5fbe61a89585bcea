"""What can be refused about groups."""

from tenantry.kernel.errors import DomainError, Kind

DUPLICATE = "a group with this slug already exists"


class GroupNotFound(DomainError):
    """No group of this tenant has this id or slug."""

    def __init__(self, ref: str) -> None:
        super().__init__(Kind.NOT_FOUND, "resource_not_found", "There is no such group.", {"id": ref[:128]})


class GroupSlugTaken(DomainError):
    """Another group of this tenant has the slug."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT, "duplicate_resource", "A group with this slug already exists.", {"slug": DUPLICATE}
        )


class GroupChanged(DomainError):
    """The group has changed since the caller looked at it."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT,
            "resource_changed",
            "The group has changed since you looked at it. Nothing was written.",
        )


class NotAMember(DomainError):
    """The user exists and the group exists, but the one is not in the other."""

    def __init__(self, user: str) -> None:
        message = "This user is not a member of the group."
        super().__init__(Kind.NOT_FOUND, "resource_not_found", message, {"userId": user[:320]})
