"""Faults in what a caller sent, gathered so that one answer names every field that is wrong."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from tenantry.kernel.errors import DomainError, Kind

P = ParamSpec("P")
T = TypeVar("T")

# Beyond it a moment may leave the years that a datetime can hold once it is moved to another time zone.
_LAST_YEAR = 2200

# What no stored text may hold. PostgreSQL refuses NUL and lone surrogates in text; the other C0 and C1
# controls, the line and paragraph separators and the explicit direction controls (Unicode UAX #9, table 4)
# only serve to disguise what a page or a log line shows.
_FORBIDDEN = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069"
_FORBIDDEN_ANYWHERE = re.compile(f"[{_FORBIDDEN}]")
_FORBIDDEN_IN_A_LINE = re.compile(f"[{_FORBIDDEN}\\t\\n\\r\\u2028\\u2029]")


class FieldError(DomainError):
    """One field breaks a rule. Raised alone it is a complete refusal; `Problems` gathers several."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"{field}: {message}", {field: message})
        self.field = field
        self.reason = message


class Problems:
    """Gathers field errors, so that a request with three faults is answered with all three."""

    def __init__(self) -> None:
        self._faults: dict[str, str] = {}

    def add(self, field: str, message: str) -> None:
        """Notes a fault; a second one of the same field is appended to the first."""
        earlier = self._faults.get(field)
        self._faults[field] = message if earlier is None else f"{earlier}; {message}"

    def attempt(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The answer of `check`, or None once the faults it raised are noted.

        Only refusals that name a field are gathered; every other error passes through.
        """
        try:
            return check(*args, **kwargs)
        except DomainError as refusal:
            if refusal.kind is not Kind.UNPROCESSABLE or not refusal.fields:
                raise
            for field, message in refusal.fields.items():
                self.add(field, message)
            return None

    def __bool__(self) -> bool:
        return bool(self._faults)

    def raise_if_any(self) -> None:
        """Raises one DomainError (UNPROCESSABLE, `validation_error`) that names every field gathered so
        far."""
        if not self._faults:
            return
        named = [f"{field}: {message}" for field, message in self._faults.items()]
        raise DomainError(Kind.UNPROCESSABLE, "validation_error", "; ".join(named), self._faults)


def checked_moment(field: str, moment: datetime) -> datetime:
    """The same moment in UTC. Raises FieldError when it has no time zone or lies after the year 2200."""
    if moment.tzinfo is None:
        raise FieldError(field, "needs a time zone, as in 2030-01-15T10:30:00Z")
    problem = f"must lie between the years 1 and {_LAST_YEAR}"
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise FieldError(field, problem) from error
    if moment.year > _LAST_YEAR:
        raise FieldError(field, problem)
    return moment


def forbidden_character(text: str, *, multiline: bool = False) -> str | None:
    """The name (`U+0000`) of the first character that no stored text may hold, or None."""
    if text.isascii() and text.isprintable():
        return None
    found = (_FORBIDDEN_ANYWHERE if multiline else _FORBIDDEN_IN_A_LINE).search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def clean_text(field: str, value: object, max_length: int, *, multiline: bool = False) -> str | None:
    """Text fit to be stored and shown: stripped, in Unicode normalization form C; None where nothing is left.

    `max_length` counts code points. Line breaks and tabs are allowed only where `multiline` says so.
    Raises FieldError.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise FieldError(field, "must be text")
    # The length is looked at first, so that megabytes are refused before anything walks over them.
    if len(value) > 4 * max_length + 64:
        raise FieldError(field, f"must be at most {max_length} characters long")
    forbidden = forbidden_character(value, multiline=multiline)
    if forbidden is not None:
        raise FieldError(field, f"contains the character {forbidden}, which is not allowed")
    text = unicodedata.normalize("NFC", value).strip()
    if len(text) > max_length:
        raise FieldError(field, f"must be at most {max_length} characters long")
    return text or None
