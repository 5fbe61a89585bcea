"""From rows of counts to figures."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from tenantry.domain.figures.model import MOST_DAYS, TYPES, Count, Day, Precision
from tenantry.domain.users.states import Status
from tenantry.kernel.errors import DomainError, Kind

NOT_ACTIVE = "not_active"
"""Everybody who is in any state but active, each counted once."""
STATES = tuple(str(state) for state in Status)

Noted = tuple[int, datetime]
"""A count of the past, and when it was made."""


def checked_days(days: int) -> int:
    """How many days are shown, today included. Raises DomainError INVALID naming `days`."""
    if not 1 <= days <= MOST_DAYS:
        problem = f"must lie between 1 and {MOST_DAYS}"
        raise DomainError(Kind.INVALID, "validation_error", f"days {problem}.", {"days": problem})
    return days


def first_day(now: datetime, days: int) -> date:
    """The oldest of so many days; `now` is in UTC."""
    return now.date() - timedelta(days=days - 1)


def every_day(counted: Iterable[tuple[date, str, int]], now: datetime, days: int) -> list[Day]:
    """All days of the range with their sums, also those on which nothing happened; what lies outside is left out."""
    oldest = first_day(now, days)
    sums: dict[date, dict[str, int]] = {oldest + timedelta(days=number): {} for number in range(days)}
    for day, event_type, number in counted:
        if day in sums and event_type in TYPES:
            name = TYPES[event_type]
            sums[day][name] = sums[day].get(name, 0) + number
    return [Day(day, **found) for day, found in sums.items()]


def bounded(number: int, bound: int, noted: Noted | None = None) -> Count:
    """A count that stopped one past its bound; where it did, the noted one is more telling."""
    if number <= bound:
        return Count(number)
    if noted is not None and noted[0] > bound:
        return Count(noted[0], Precision.RECENT, noted[1])
    return Count(bound, Precision.AT_LEAST)


def active_of(total: int, not_active: Count) -> Count:
    """Those who are left of everybody."""
    left = max(total - not_active.number, 0)
    if not_active.precision is Precision.AT_LEAST:
        return Count(left, Precision.AT_MOST)
    return msgspec.structs.replace(not_active, number=left)
