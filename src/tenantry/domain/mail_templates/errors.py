"""What can be refused about mail templates."""

from tenantry.kernel.errors import DomainError, Kind


class TemplateNotFound(DomainError):
    """There is no message of this kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "template_not_found", f"There is no message of the kind {kind[:64]!r}."
        )


class TemplateChanged(DomainError):
    """Somebody else changed the text since the caller read it."""

    def __init__(self) -> None:
        super().__init__(
            Kind.PRECONDITION, "precondition_failed", "The template has changed since you read it."
        )


class Unusable(Exception):
    """A tenant's own text came out such that it can't be sent, or did not come out at all. Nobody but the log is told."""
