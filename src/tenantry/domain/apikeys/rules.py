"""What a new API key must fulfil."""

from datetime import datetime

from tenantry.domain.apikeys.model import SCOPES
from tenantry.kernel.problems import FieldError

MOST_RATE = 1_000_000


def checked_scopes(scopes: list[str]) -> list[str]:
    """Known scopes, at least one, each once, in the order given. Raises FieldError naming the unknown ones."""
    if not scopes:
        raise FieldError("scopes", f"must have at least one of {', '.join(SCOPES)}")
    if len(scopes) > 100:
        raise FieldError("scopes", "must have at most 100 entries")
    unknown = [scope[:64] for scope in scopes if scope not in SCOPES]
    if unknown:
        raise FieldError("scopes", f"unknown: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    return list(dict.fromkeys(scopes))


def checked_end(expires_at: datetime | None, now: datetime) -> datetime | None:
    """The moment at which a key ends: with a time zone and in the future, or none at all. Raises FieldError."""
    if expires_at is None:
        return None
    if expires_at.tzinfo is None:
        raise FieldError("expiresAt", "needs a time zone, as in 2030-01-15T10:30:00Z")
    if expires_at <= now:
        raise FieldError("expiresAt", "must lie in the future")
    return expires_at


def checked_rate(rate: int | None, field: str) -> int | None:
    """Requests a minute, from 1 to MOST_RATE; None means the default. Raises FieldError."""
    if rate is not None and not 1 <= rate <= MOST_RATE:
        raise FieldError(field, f"must lie between 1 and {MOST_RATE} requests a minute")
    return rate
