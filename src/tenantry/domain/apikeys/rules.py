"""What a new API key must fulfil."""

from datetime import datetime

from tenantry.domain.apikeys.model import SCOPES, KeyLimits
from tenantry.kernel.problems import FieldError, Problems, checked_moment

MOST_RATE = 1_000_000

# What a key without rates of its own may do, in requests a minute (LumoAuth API reference, rate limits).
DEFAULT_READ_RATE = 1000
DEFAULT_WRITE_RATE = 100


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
    """The moment at which a key ends: in UTC and in the future, or none at all. Raises FieldError."""
    if expires_at is None:
        return None
    expires_at = checked_moment("expiresAt", expires_at)
    if expires_at <= now:
        raise FieldError("expiresAt", "must lie in the future")
    return expires_at


def checked_rate(rate: int | None, field: str) -> int | None:
    """Requests a minute, from 1 to MOST_RATE; None means the default. Raises FieldError."""
    if rate is not None and not 1 <= rate <= MOST_RATE:
        raise FieldError(field, f"must lie between 1 and {MOST_RATE} requests a minute")
    return rate


def check_usual(made: KeyLimits, problems: Problems) -> None:
    """Notes where a key would have a higher rate than one without rates of its own."""
    for field, wanted, default in (
        ("readRate", made.read_rate, DEFAULT_READ_RATE),
        ("writeRate", made.write_rate, DEFAULT_WRITE_RATE),
    ):
        if wanted is not None and wanted > default:
            problems.add(
                field,
                f"must be at most {default} requests a minute; more needs the right to change settings (settings:write)",
            )


def check_within(maker: KeyLimits, made: KeyLimits, problems: Problems) -> None:
    """Notes where a key would outlive the key that makes it, or have a higher rate."""
    if maker.expires_at is not None and (made.expires_at is None or made.expires_at > maker.expires_at):
        problems.add(
            "expiresAt", f"must be set, and not after the end of your own key, {maker.expires_at.isoformat()}"
        )
    for field, wanted, own, default in (
        ("readRate", made.read_rate, maker.read_rate, DEFAULT_READ_RATE),
        ("writeRate", made.write_rate, maker.write_rate, DEFAULT_WRITE_RATE),
    ):
        most = default if own is None else own
        if (default if wanted is None else wanted) > most:
            problems.add(field, f"must be set, and at most {most} requests a minute, as your own key has")
