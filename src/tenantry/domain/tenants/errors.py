"""What can be refused about tenants."""

from tenantry.kernel.errors import DomainError, Kind


class TenantNotFound(DomainError):
    """No tenant has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "tenant_not_found", f"There is no tenant {slug[:63]!r}.", {"tenant": slug[:63]}
        )


class TenantSuspended(DomainError):
    """The tenant exists and refuses all calls until it is activated again."""

    def __init__(self) -> None:
        super().__init__(Kind.FORBIDDEN, "tenant_suspended", "This tenant is suspended.")


class SlugTaken(DomainError):
    """Another tenant has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            Kind.CONFLICT, "duplicate_resource", f"A tenant {slug!r} exists already.", {"slug": "is taken"}
        )


class SettingsChanged(DomainError):
    """Somebody else changed the settings since the caller read them."""

    def __init__(self) -> None:
        super().__init__(
            Kind.PRECONDITION, "precondition_failed", "The settings have changed since you read them."
        )
