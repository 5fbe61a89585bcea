"""Slugs: the short ASCII names by which roles and groups are known to programs, and references by id or slug."""

import re
from uuid import UUID

import msgspec
from anyascii import anyascii

from tenantry.kernel.ids import new_id
from tenantry.kernel.problems import FieldError, clean_text

MAX_SLUG = 128
MAX_NAME = 128
MAX_DESCRIPTION = 1000
# A generated slug leaves room for its suffix.
_MAX_GENERATED = 100
_SUFFIXES = 50
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,126}[a-z0-9])?")
_OTHERS = re.compile(r"[^a-z0-9]+")


class NamedRef(msgspec.Struct, frozen=True):
    """How a caller names a role, a group or a permission: by id or by slug. Exactly one of the two is set."""

    id: UUID | None
    slug: str | None


def parse_named_ref(text: str) -> NamedRef:
    """A UUID is an id, everything else is a slug; no slug has the form of a UUID."""
    found = _uuid(text)
    return NamedRef(found, None if found else findable(text))


def findable(text: str) -> str:
    """The text as one can look for it: nothing stored has a NUL, and PostgreSQL cannot even be asked about one."""
    return text.replace("\x00", "\ufffd")


def checked_slug(text: str, field: str = "slug") -> str:
    """A slug that the caller chose: 1 to 128 of a-z, 0-9, `-` and `_`, and no UUID. Raises FieldError."""
    if not _SLUG.fullmatch(text):
        raise FieldError(
            field,
            f"must be 1 to {MAX_SLUG} of a-z, 0-9, - and _, beginning and ending with a letter or digit",
        )
    if _uuid(text):
        raise FieldError(field, "must not have the form of a UUID")
    return text


def slug_candidates(name: str, fallback: str) -> list[str]:
    """Slugs for a name of any script, best first: `sales`, `sales-2` ... and a last one that nobody has.

    `fallback` serves names of which nothing is left in ASCII.
    """
    base = _OTHERS.sub("-", anyascii(name).lower())[:_MAX_GENERATED].strip("-") or fallback
    if _uuid(base):
        base = f"{fallback}-{base}"
    return [base, *(f"{base}-{number}" for number in range(2, _SUFFIXES)), f"{base}-{new_id().hex[-12:]}"]


def slug_attempts(candidates: list[str]) -> list[list[str]]:
    """The candidates to offer to one insert after another, each of which may lose its slug to another work in that very moment.

    Of many works that race for one name all but one lose each round, so the last round is one that nobody else plays.
    A slug that the caller chose has one round.
    """
    return [candidates] if len(candidates) == 1 else [candidates, candidates, candidates[-1:]]


def checked_name(text: str | None, field: str = "name") -> str:
    """A display name of 1 to 128 characters. Raises FieldError."""
    name = clean_text(field, text, MAX_NAME)
    if name is None:
        raise FieldError(field, f"must have 1 to {MAX_NAME} characters")
    return name


def checked_description(text: str | None, field: str = "description") -> str | None:
    """Free text of up to 1000 characters, line breaks allowed; None where nothing is left. Raises FieldError."""
    return clean_text(field, text, MAX_DESCRIPTION, multiline=True)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
