"""Errors of the domain. Each has a kind and a stable code; every surface dresses the kind in its own wire format."""

from collections.abc import Mapping
from enum import Enum


class Kind(Enum):
    """What went wrong, in words that no wire format owns. A surface maps each kind to its own status."""

    INVALID = "invalid"  # the shape of the request is wrong: broken JSON, wrong type, bad query value
    UNPROCESSABLE = "unprocessable"  # the shape is right, the content breaks a rule
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    BUSY = "busy"


class DomainError(Exception):
    """A refusal that the caller can understand and act on.

    `code` is stable and part of the public contract. `fields` maps the name of a field, as the caller spelled it, to
    what is wrong with it. `retry_after` is in whole seconds.
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        message: str,
        fields: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.fields = dict(fields) if fields else {}
        self.retry_after = retry_after


def waiting(seconds: int) -> str:
    """A wait in words, as people read it: seconds up to two minutes, then minutes, rounded up."""
    if seconds == 1:
        return "1 second"
    return f"{seconds} seconds" if seconds <= 120 else f"{-(-seconds // 60)} minutes"
