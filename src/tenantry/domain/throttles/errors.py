"""What throttles refuse."""

from tenantry.kernel.errors import DomainError, Kind, waiting


class TooOften(DomainError):
    """The same thing was tried too often. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            Kind.TOO_MANY,
            "rate_limit_exceeded",
            f"That was tried too often. Try again in {waiting(retry_after)}.",
            retry_after=retry_after,
        )
