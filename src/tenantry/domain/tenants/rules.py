"""Slugs, names and settings of tenants."""

import re
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from tenantry.domain.tenants.model import Accounts, Audit, Deletion, Links, Registration
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import TenantFacts

S = TypeVar("S")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
RESERVED = frozenset(
    {"admin", "api", "app", "assets", "dev", "docs", "healthz", "metrics", "oauth", "openapi", "readyz", "scim", "scim2", "t", "www"}
)
OWN_SECTIONS: dict[str, type] = {
    "deletion": Deletion,
    "registration": Registration,
    "accounts": Accounts,
    "audit": Audit,
    "links": Links,
}


def checked_slug(slug: str) -> str:
    """A slug is a DNS label in lower case (RFC 1123 section 2.1) and none of the reserved words; DomainError otherwise."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        problem = "must be 1 to 63 of a-z, 0-9 and single hyphens, beginning and ending with a letter or digit"
    elif slug in RESERVED:
        problem = "is reserved"
    else:
        return slug
    raise DomainError(Kind.UNPROCESSABLE, "validation_error", f"The slug {problem}.", {"slug": problem})


def checked_name(name: str) -> str:
    """A display name of 1 to 128 characters without control characters."""
    cleaned = name.strip()
    if not cleaned or len(cleaned) > 128 or any(not c.isprintable() for c in cleaned):
        problem = "must be 1 to 128 printable characters"
        raise DomainError(Kind.UNPROCESSABLE, "validation_error", f"The name {problem}.", {"name": problem})
    return cleaned


def section(tenant: TenantFacts, name: str, kind: type[S]) -> S:
    """One section of the tenant's settings, with defaults for what is not set."""
    return _section(bytes(tenant.settings), name, kind)  # type: ignore[return-value]


@lru_cache(maxsize=512)
def _section(settings: bytes, name: str, kind: type) -> object:
    stored: dict[str, Any] = msgspec.json.decode(settings) if settings else {}
    return msgspec.convert(stored.get(name, {}), kind)


def merged(stored: dict[str, Any], changes: dict[str, Any], sections: dict[str, type]) -> dict[str, Any]:
    """The stored overrides with the changes laid over them, section by section and key by key.

    A key set to null goes back to its default. Raises DomainError naming `section.key` for what is unknown or wrong.
    """
    result = {name: dict(values) for name, values in stored.items()}
    for name, values in changes.items():
        kind = sections.get(name)
        if kind is None:
            raise _wrong(name, "is no section of the settings")
        if not isinstance(values, dict):
            raise _wrong(name, "must be an object")
        target = result.setdefault(name, {})
        for key, value in values.items():
            if value is None:
                target.pop(key, None)
            else:
                target[key] = value
        try:
            msgspec.convert(target, kind)
        except msgspec.ValidationError as error:
            raise _wrong(name, str(error)) from error
        if not target:
            del result[name]
    return result


def _wrong(field: str, problem: str) -> DomainError:
    return DomainError(
        Kind.UNPROCESSABLE, "validation_error", f"The settings are not valid: {field} {problem}", {field: problem}
    )
