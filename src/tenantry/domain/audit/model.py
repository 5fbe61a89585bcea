"""The audit log as its readers see it: entries, kinds of actions, counts."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tenantry.kernel.events import Outcome


class Category(StrEnum):
    """What an action is about; it follows from the action's name."""

    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"
    USER_MANAGEMENT = "user_management"
    TOKEN_MANAGEMENT = "token_management"
    CONFIGURATION = "configuration"


class Entry(msgspec.Struct, frozen=True):
    """One recorded event. `personal` is empty once it has been erased."""

    id: UUID
    action: str
    outcome: Outcome
    actor_kind: str
    actor_id: UUID | None
    target_type: str | None
    target_id: UUID | None
    data: dict[str, Any]
    personal: dict[str, Any]
    ip: str | None
    user_agent: str | None
    request_id: str | None
    occurred_at: datetime


class Entries(msgspec.Struct, frozen=True):
    """One page, newest first. When `total_is_exact` is false there are more than `total`."""

    entries: list[Entry]
    total: int
    total_is_exact: bool
    next_cursor: str | None


class ActionCount(msgspec.Struct, frozen=True, rename="camel"):
    """How often one action was recorded; with `count_is_exact` false there are more than `count`."""

    action: str
    category: Category
    count: int
    count_is_exact: bool


class Stats(msgspec.Struct, frozen=True):
    """Counts of one range of time, the most frequent action first."""

    start: datetime
    end: datetime
    actions: list[ActionCount]


class Range(msgspec.Struct, frozen=True):
    """From `start` on and before `end`; an end that is missing is open."""

    start: datetime | None = None
    end: datetime | None = None


class ExportFormat(StrEnum):
    """CSV for tables, JSON for programs."""

    CSV = "csv"
    JSON = "json"
