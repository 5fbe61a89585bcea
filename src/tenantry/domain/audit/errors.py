"""What can be refused about the audit log."""

from tenantry.kernel.errors import DomainError, Kind


class EntryNotFound(DomainError):
    """No entry of this tenant's log has this id."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(
            Kind.NOT_FOUND,
            "resource_not_found",
            "There is no such entry in the audit log.",
            {"id": entry_id[:64]},
        )
