"""Events: past-tense facts that actions record. The `events` table is the audit log; nothing writes history twice."""

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import msgspec


class Outcome(StrEnum):
    """How the thing that is recorded ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    DENIED = "denied"
    PARTIAL = "partial"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about one target.

    `data` is kept for ever and holds nothing that identifies a person; `personal` holds what does (names, addresses, the
    values of changed fields) and can be erased for one person without touching the fact.
    """

    type: ClassVar[str] = ""
    target_type: ClassVar[str] = ""

    target_id: UUID | None = None
    outcome: Outcome = Outcome.SUCCESS
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    personal: dict[str, Any] = msgspec.field(default_factory=dict)


def changes(before: Any, after: Any, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The attributes among `names` that differ, each as {"from": ..., "to": ...}."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found[name] = {"from": old, "to": new}
    return found
