"""The figures of a tenant."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from tenantry.domain.audit.model import Entry
from tenantry.domain.invitations.events import InvitationAccepted, UserInvited
from tenantry.domain.login.events import SignInFailed, UserSignedIn
from tenantry.domain.users.events import UserCreated, UserDeleted

MOST_DAYS = 366
RECENT_ACTIONS = 8


class Precision(StrEnum):
    """How far a count can be relied on. `recent` was exact a while ago, at the moment that stands beside it."""

    EXACT = "exact"
    RECENT = "recent"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Count(msgspec.Struct, frozen=True):
    """How many there are. `counted_at` is set for a recent count alone."""

    number: int
    precision: Precision = Precision.EXACT
    counted_at: datetime | None = None


class People(msgspec.Struct, frozen=True):
    """How many people the tenant has, deleted ones aside, and how many are in each state; somebody may be in several."""

    total: int
    states: dict[str, Count]


class Day(msgspec.Struct, frozen=True):
    """What happened on one day, which begins and ends in UTC."""

    day: date
    sign_ups: int = 0
    sign_ins: int = 0
    failed_sign_ins: int = 0
    invitations: int = 0
    acceptances: int = 0
    deletions: int = 0


TYPES: dict[str, str] = {
    UserCreated.type: "sign_ups",
    UserSignedIn.type: "sign_ins",
    SignInFailed.type: "failed_sign_ins",
    UserInvited.type: "invitations",
    InvitationAccepted.type: "acceptances",
    UserDeleted.type: "deletions",
}
"""The events that are counted by the day, and the field of `Day` that counts each. What is added here counts from then on."""


class Figures(msgspec.Struct, frozen=True):
    """What an actor may see of a tenant's figures; the other parts are None.

    `days` are all days of the range, the oldest first. `as_of` is the moment up to which they are counted: now, unless so much
    has happened since the last roll-up that counting it would keep the reader waiting; None when nothing was rolled up yet.
    """

    people: People | None = None
    pending_invitations: Count | None = None
    days: list[Day] | None = None
    as_of: datetime | None = None
    recent_actions: list[Entry] | None = None
