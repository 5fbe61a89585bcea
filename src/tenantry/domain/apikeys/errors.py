"""What can be refused about API keys."""

from tenantry.kernel.errors import DomainError, Kind


class KeyRefused(DomainError):
    """No key, or one that is unknown here, expired or revoked. The answer is the same for all."""

    def __init__(self) -> None:
        super().__init__(
            Kind.UNAUTHENTICATED, "invalid_token", "The API key is missing, unknown, expired or revoked."
        )


class KeyNotFound(DomainError):
    """No key of this tenant has this id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "resource_not_found", "There is no such API key.", {"id": key_id[:64]}
        )
