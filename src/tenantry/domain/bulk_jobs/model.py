"""A bulk job: what is asked for, how far it has come, and what became of each person."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from tenantry.domain.directory.model import Person
from tenantry.kernel.criteria import Node

MOST_IDS = 1000
MOST_OPEN = 20
"""So many jobs of a tenant wait or run at once: each of them takes its turn in the queue between those of all tenants."""
SAMPLE = 10


class Action(StrEnum):
    """What is done to each person. `enable` ends a suspension; `resend` sends again what the person waits for: the message to
    choose a first or a demanded password, or the one that verifies an address or number."""

    SUSPEND = "suspend"
    ENABLE = "enable"
    ADD_ROLE = "add_role"
    REMOVE_ROLE = "remove_role"
    ADD_GROUP = "add_group"
    REMOVE_GROUP = "remove_group"
    MARK_VERIFIED = "mark_verified"
    RESEND = "resend"
    REVOKE_SESSIONS = "revoke_sessions"
    DELETE = "delete"
    RESTORE = "restore"


class JobState(StrEnum):
    """Where a job stands. `stopped` is one that could not go on, for its `reason`."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


OPEN = (JobState.QUEUED, JobState.RUNNING)


class StopReason(StrEnum):
    """Why a job could not go on."""

    ACTOR_GONE = "actor_gone"
    SIGNED_OUT = "signed_out"
    PERMISSION_LOST = "permission_lost"
    ROLE_GONE = "role_gone"
    GROUP_GONE = "group_gone"
    TENANT_SUSPENDED = "tenant_suspended"


class ResultOutcome(StrEnum):
    """What became of one person. `skipped` is one for whom there was nothing to do, `failed` one for whom it was refused."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class BulkParams(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an action needs to know; `rules.TAKES` says which takes what. `role` and `group` are a slug or an id."""

    reason: str | None = None
    until: datetime | None = None
    role: str | None = None
    group: str | None = None
    permanent: bool = False


class BulkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One action for everybody who matches `where` and `search`, or for the people with these `ids`; exactly one of the two.

    `asked` is the filter as a person or program gave it, to be shown again. `snapshot_at` leaves alone whoever was created later:
    the moment of the preview, or None for now.
    """

    action: Action
    params: BulkParams = BulkParams()
    where: Node | None = None
    search: str | None = None
    asked: dict[str, str] = {}
    ids: list[UUID] | None = None
    snapshot_at: datetime | None = None


class Preview(msgspec.Struct, frozen=True):
    """Whom a request would reach. `unchanged` is how many of them have already what the action would do, None where that is not
    known; the counts are exact up to 10,000, and `total_is_exact` says whether there are more."""

    total: int
    total_is_exact: bool
    unchanged: int | None
    sample: list[Person]
    snapshot_at: datetime


class BulkJob(msgspec.Struct, frozen=True):
    """A job as it is shown. `filter` is null for picked people, of whom there are `picked`; `total` is what was counted when the
    job was made."""

    id: UUID
    action: Action
    params: BulkParams
    filter: dict[str, str] | None
    picked: int | None
    snapshot_at: datetime
    state: JobState
    reason: StopReason | None
    total: int
    total_is_exact: bool
    done: int
    skipped: int
    failed: int
    actor_kind: str
    actor_id: UUID | None
    actor_label: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class BulkResult(msgspec.Struct, frozen=True):
    """What became of one person; name and address are those of now, null for somebody who is gone."""

    user_id: UUID
    name: str | None
    email: str | None
    outcome: ResultOutcome
    code: str | None
    message: str | None
    at: datetime
