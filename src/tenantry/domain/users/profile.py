"""The remaining standard claims of a person (OpenID Connect Core 1.0 section 5.1), checked and in one
form."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tenantry.kernel.problems import FieldError, Problems, clean_text

MAX_NAME = 256
MAX_URL = 2048
_MAX_ADDRESS_LINES = 1024
_MAX_ZONE = 64
_MAX_LOCALE = 64
_MAX_UNKNOWN_NAMED = 10

# RFC 5646 section 2.1, without the grandfathered tags: language, script, region, variants, extensions,
# private use.
_LOCALE = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*"
    r"(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*"
    r"(?:-x(?:-[a-z\d]{1,8})+)?)",
    re.ASCII,
)
_NOT_IN_URL = re.compile(r"[\s<>\"`{}|\\^]")
_BIRTHDATE = re.compile(r"(\d{4})(?:-(\d{2})-(\d{2}))?", re.ASCII)


def clean_url(field: str, value: object) -> str | None:
    """An absolute http or https address of at most 2048 characters, or None. Raises FieldError.

    Other schemes are refused because the address ends up in links and images of pages.
    """
    url = clean_text(field, value, MAX_URL)
    if url is None:
        return None
    parts = _split(url)
    if (
        parts is None
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or _NOT_IN_URL.search(url)
    ):
        raise FieldError(field, "must be an address that starts with http:// or https://")
    if parts.username is not None:
        raise FieldError(field, "must not contain a user name or password")
    return url


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def clean_locale(value: object, field: str = "locale") -> str | None:
    """A language tag such as `en-US`, or None. Raises FieldError.

    The shape and the customary case are those of RFC 5646; `en_US`, which OpenID Connect tells to expect,
    becomes `en-US`.
    """
    tag = clean_text(field, value, _MAX_LOCALE)
    if tag is None:
        return None
    match = _LOCALE.fullmatch(tag.replace("_", "-").lower())
    if match is None:
        raise FieldError(field, "must be a language tag such as en or en-US")
    cased = (match["language"], (match["script"] or "").title(), (match["region"] or "").upper())
    return "-".join(part for part in cased if part) + match["rest"]


def clean_zoneinfo(value: object, field: str = "zoneinfo") -> str | None:
    """A time zone of the IANA database such as `Europe/Paris`, or None. Raises FieldError."""
    zone = clean_text(field, value, _MAX_ZONE)
    if zone is None or zone in _zone_names():
        return zone
    raise FieldError(field, "must be a time zone such as Europe/Paris or America/Los_Angeles")


@lru_cache(maxsize=1)
def usual_zones() -> tuple[str, ...]:
    """The time zones that somebody is offered to choose from: those of every country, and UTC.

    They are the zones of `zone.tab`; all others are older names of these, or mere distances from UTC.
    """
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return (*sorted({line[2] for line in lines}), "UTC")


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    # The list that the tzdata package ships costs under a millisecond and is the same on every machine;
    # zoneinfo.available_timezones() opens every file of the system's database (30 ms).
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def clean_birthdate(field: str, value: object) -> str | None:
    """`YYYY-MM-DD`, `YYYY` alone, or `0000-MM-DD` where the year is not told; or None. Raises FieldError."""
    text = clean_text(field, value, 10)
    if text is None:
        return None
    match = _BIRTHDATE.fullmatch(text)
    if match is None or not _is_date(match[1], match[2], match[3]):
        raise FieldError(field, "must be a date as YYYY-MM-DD, or a year as YYYY")
    return text


def _is_date(year: str, month: str | None, day: str | None) -> bool:
    if month is None or day is None:
        return year != "0000"
    try:
        # A leap year stands for the year that is not told, so that 0000-02-29 is a day.
        dt.date(2000 if year == "0000" else int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def clean_address(field: str, value: object) -> dict[str, str] | None:
    """A postal address (OpenID Connect Core 1.0 section 5.1.1) without its empty parts, or None where none
    is left.

    Raises DomainError that names every part in fault, such as `profile.address.country`.
    """
    if value is None:
        return None
    given = _members(field, value, _ADDRESS)
    problems = Problems()
    parts: dict[str, str] = {}
    for key, part in given.items():
        multiline = key in {"formatted", "streetAddress"}
        limit = _MAX_ADDRESS_LINES if multiline else MAX_NAME
        text = problems.attempt(clean_text, f"{field}.{key}", part, limit, multiline=multiline)
        if text is not None:
            parts[key] = text
    problems.raise_if_any()
    return parts or None


def _clean_name(field: str, value: object) -> str | None:
    return clean_text(field, value, MAX_NAME)


_ADDRESS = frozenset({"formatted", "streetAddress", "locality", "region", "postalCode", "country"})
_PROFILE: dict[str, Callable[[str, object], Any]] = {
    "middleName": _clean_name,
    "nickname": _clean_name,
    "preferredUsername": _clean_name,
    "profile": clean_url,
    "website": clean_url,
    "gender": _clean_name,
    "birthdate": clean_birthdate,
    "address": clean_address,
}


def clean_profile(value: object, field: str = "profile") -> dict[str, Any]:
    """The claims in one form. A claim given as null or empty is None in the answer: the caller wants it
    removed.

    Raises DomainError that names every claim in fault, such as `profile.birthdate`, and every unknown one.
    """
    if value is None:
        return {}
    given = _members(field, value, _PROFILE.keys())
    problems = Problems()
    claims = {key: problems.attempt(_PROFILE[key], f"{field}.{key}", claim) for key, claim in given.items()}
    problems.raise_if_any()
    return claims


def merged_profile(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The stored claims after `changes`, an answer of `clean_profile`; with no stored claims, what to store
    at first."""
    merged = {**stored, **changes}
    return {key: claim for key, claim in merged.items() if claim is not None}


def _members(field: str, value: object, known: Collection[str]) -> dict[str, object]:
    if not isinstance(value, dict):
        raise FieldError(field, "must be an object")
    problems = Problems()
    unknown = [str(key) for key in value if key not in known]
    for key in unknown[:_MAX_UNKNOWN_NAMED]:
        problems.add(f"{field}.{_printable(key)}", f"is not known; known are {', '.join(sorted(known))}")
    problems.raise_if_any()
    return value


def _printable(key: str) -> str:
    return key[:64] if key.isprintable() else ascii(key[:64])[1:-1]
