"""Slugs, names and settings of tenants."""

import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

from tenantry.domain.tenants.model import (
    Accounts,
    Audit,
    Deletion,
    Links,
    Lockout,
    Looks,
    OneTimeCodes,
    Recovery,
    Registration,
    SessionLimits,
    SignIn,
    Throttling,
    Verification,
)
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.problems import FieldError, Problems
from tenantry.kernel.work import TenantFacts

S = TypeVar("S")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
RESERVED = frozenset(
    {
        *("admin", "api", "app", "assets", "dev", "docs", "healthz", "metrics", "oauth", "openapi", "readyz"),
        *("scim", "scim2", "t", "www"),
    }
)
GENERAL = "general"
OWN_SECTIONS: dict[str, type] = {
    "deletion": Deletion,
    "registration": Registration,
    "accounts": Accounts,
    "audit": Audit,
    "links": Links,
    "oneTimeCodes": OneTimeCodes,
    "verification": Verification,
    "signIn": SignIn,
    "lockout": Lockout,
    "throttling": Throttling,
    "sessions": SessionLimits,
    "recovery": Recovery,
    "branding": Looks,
}


def checked_slug(slug: str) -> str:
    """A slug is a DNS label in lower case (RFC 1123 section 2.1) and none of the reserved words; DomainError otherwise."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        problem = (
            "must be 1 to 63 of a-z, 0-9 and single hyphens, beginning and ending with a letter or digit"
        )
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
    return cast("S", _section(bytes(tenant.settings), name, cast("Hashable", kind)))


@lru_cache(maxsize=512)
def _section(settings: bytes, name: str, kind: Hashable) -> object:
    stored: dict[str, Any] = msgspec.json.decode(settings) if settings else {}
    return msgspec.convert(stored.get(name, {}), cast("type", kind))


def defaults(kind: type) -> dict[str, Any]:
    """Every key of a section with the value it has while nobody has set it."""
    return cast("dict[str, Any]", msgspec.to_builtins(kind()))


def merged(
    stored: dict[str, Any], changes: Mapping[str, Any], sections: Mapping[str, type]
) -> dict[str, Any]:
    """The stored overrides with the changes laid over them, section by section and key by key.

    A key set to null or to its default is stored no longer. Raises DomainError naming `section.key` for what is unknown,
    wrong or breaks a rule; all faults at once.
    """
    result = {name: dict(values) for name, values in stored.items()}
    problems = Problems()
    for name, values in changes.items():
        if name not in sections:
            problems.add(
                name[:64], f"is no section of the settings; there are {', '.join((GENERAL, *sections))}"
            )
        elif not isinstance(values, dict):
            problems.add(name, "must be an object")
        else:
            result[name] = _section_merged(name, sections[name], result.get(name, {}), values, problems)
    problems.raise_if_any()
    return {name: values for name, values in result.items() if values}


def _section_merged(
    name: str, kind: type, stored: dict[str, Any], values: dict[str, Any], problems: Problems
) -> dict[str, Any]:
    preset = defaults(kind)
    wanted = dict(stored)
    for key, value in values.items():
        if key not in preset:
            problems.add(f"{name}.{key[:64]}", f"is no known setting; there are {', '.join(preset)}")
        elif value is None or (value == preset[key] and type(value) is type(preset[key])):
            wanted.pop(key, None)
        else:
            wanted[key] = value
    # Each key by itself, so that all faulty ones are named and not only the first; then how they go together.
    faults = {f"{name}.{key}": _fault({key: value}, kind) for key, value in wanted.items()}
    if not any(faults.values()):
        faults = {name: _fault(wanted, kind)}
    for field, fault in faults.items():
        if fault is not None:
            problems.add(field, fault)
    return wanted


def _fault(values: dict[str, Any], kind: type) -> str | None:
    try:
        msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        text = str(error).partition(" - at `")[0].replace("`", "")
        return text[0].lower() + text[1:]
    return None


def changed_name(present: str, general: Any) -> str:
    """The tenant's name after a change of the section `general`; DomainError naming the key otherwise."""
    if not isinstance(general, dict):
        raise FieldError(GENERAL, "must be an object")
    for key in general:
        if key != "name":
            raise FieldError(f"{GENERAL}.{key[:64]}", "is no known setting; there is name")
    if "name" not in general:
        return present
    if not isinstance(general["name"], str):
        raise FieldError(f"{GENERAL}.name", "must be text; it has no default to go back to")
    try:
        return checked_name(general["name"])
    except DomainError as refusal:
        raise FieldError(f"{GENERAL}.name", refusal.fields["name"]) from refusal
