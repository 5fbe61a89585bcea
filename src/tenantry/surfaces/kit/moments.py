"""Dates and times in query strings."""

from datetime import UTC, date, datetime, timedelta

from tenantry.domain.audit.model import Range
from tenantry.domain.audit.rules import checked_range
from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.wire import with_zone


def parsed_range(start: str | None, end: str | None, names: tuple[str, str]) -> Range:
    """From `start` on and before `end`; a plain date as the end takes that whole day in.

    Raises DomainError INVALID naming the parameter.
    """
    first = None if start is None else _moment(names[0], start)
    last = None if end is None else _moment(names[1], end, whole_day=True)
    return checked_range(Range(first, last), *names)


def _moment(name: str, text: str, *, whole_day: bool = False) -> datetime:
    try:
        if len(text) == len("2024-01-15"):
            day = date.fromisoformat(text) + timedelta(days=1 if whole_day else 0)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return with_zone(name, datetime.fromisoformat(text)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _invalid(name, "must be a date or a time, as in 2024-01-15 or 2024-01-15T10:30:00Z") from error


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
