"""Work: one unit of work, in one tenant, by one actor. The file to read first.

    async with works.write(opener) as work:
        user = await create_user(work, new_user)    # authorise, rule, row, record event
                                                    # events and jobs inserted, COMMIT; any exception: ROLLBACK

One request, one job or one import chunk is one transaction, and nobody else commits. A read gets a `ReadWork`, which has no
`record` and runs on a connection that refuses writes, so a writer cannot be handed to a reader. The tenant is set by the
opener's one statement each time a connection is taken, and never remembered.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, LiteralString, Protocol
from uuid import UUID

import msgspec
from prometheus_client import Counter
from psycopg.types.json import Jsonb

from tenantry.kernel.clock import Clock
from tenantry.kernel.db import Database, Handle, Pool, connection
from tenantry.kernel.events import Event
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor, MissingPermission, Permission

# Counted once for a unit of work, where it ends; BEGIN and COMMIT are not among them.
STATEMENTS = Counter("tenantry_sql_statements", "SQL statements that units of work have run.")
_EVENT_COLUMNS = """
        occurred_at, ip, user_agent, request_id,
        id, type, outcome, target_type, target_id, data, personal, actor_kind, actor_id"""
# Nearly every unit of work records one event, and arrays cost more than the row that they hold.
INSERT_EVENT = f"""
    insert into events ({_EVENT_COLUMNS})
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_EVENTS = f"""
    insert into events ({_EVENT_COLUMNS})
    select %s::timestamptz, %s::inet, %s::text, %s::text, e.*
    from unnest(
        %s::uuid[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::jsonb[], %s::jsonb[], %s::text[], %s::uuid[]) e
"""
DEFER_JOBS = """
    select procrastinate_defer_jobs_v1(array_agg(
        row('default', j.task, j.priority, null, null, j.args, j.not_before)::procrastinate_job_to_defer_v1))
    from unnest(%s::text[], %s::integer[], %s::jsonb[], %s::timestamptz[]) as j(task, priority, args, not_before)
"""


class TenantFacts(msgspec.Struct, frozen=True):
    """What a unit of work knows of its tenant. `settings` holds only what differs from the defaults."""

    id: UUID
    slug: str
    name: str
    settings: msgspec.Raw


class Opening(msgspec.Struct, frozen=True):
    """What an opener found out: in which tenant the work runs, and by whom."""

    tenant: TenantFacts
    actor: Actor


class Opener(Protocol):
    """Sets the tenant of a connection in one statement and says who acts; raises a DomainError instead of opening."""

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening: ...


class Job(msgspec.Struct, frozen=True):
    """A task to run after the commit: the task's name, its arguments, and the earliest moment.

    What nobody waits for at this moment, such as the next step of long work, goes `behind` every job that somebody does.
    """

    task: str
    args: dict[str, Any]
    not_before: datetime | None = None
    behind: bool = False


class ReadWork:
    """A unit of work that only reads."""

    __slots__ = ("actor", "db", "now", "request_id", "tenant")

    def __init__(self, opening: Opening, db: Handle, now: datetime, request_id: str) -> None:
        self.tenant = opening.tenant
        self.actor = opening.actor
        self.db = db
        self.now = now
        self.request_id = request_id

    def require(self, permission: Permission) -> None:
        """Raises MissingPermission unless the actor holds the permission."""
        if not self.actor.may(permission):
            raise MissingPermission(permission)


class Work(ReadWork):
    """A unit of work that writes. What it records and defers is stored with its rows, or not at all."""

    __slots__ = ("_events", "_jobs")

    def __init__(self, opening: Opening, db: Handle, now: datetime, request_id: str) -> None:
        super().__init__(opening, db, now, request_id)
        self._events: list[tuple[UUID, Event, Actor]] = []
        self._jobs: list[Job] = []

    def record(self, event: Event, by: Actor | None = None) -> UUID:
        """Keeps the fact for the audit log and for those who react to it; gives the event's id.

        `by` names who did it where that is not the actor of this work, as when the program itself draws a consequence.
        """
        event_id = new_id()
        self._events.append((event_id, event, by or self.actor))
        return event_id

    def defer(self, job: Job) -> None:
        """Has the job run after the commit."""
        self._jobs.append(job)


@asynccontextmanager
async def attempt(work: Work) -> AsyncIterator[None]:
    """What runs inside is undone alone if it raises: its rows, its events and its jobs. The unit of work goes on."""
    events, jobs = len(work._events), len(work._jobs)
    try:
        async with work.db.savepoint():
            yield
    except BaseException:
        del work._events[events:]
        del work._jobs[jobs:]
        raise


class Reactions(Protocol):
    """The table of what follows an event: the jobs to defer for one recorded event."""

    def __call__(self, tenant_id: UUID, event_id: UUID, event: Event, /) -> list[Job]: ...


def _nothing_follows(_tenant: UUID, _event_id: UUID, _event: Event) -> list[Job]:
    return []


class Works:
    """Opens units of work for one process."""

    def __init__(self, database: Database, clock: Clock, reactions: Reactions = _nothing_follows) -> None:
        self.database = database
        self.clock = clock
        self.marks: Mapping[UUID, LiteralString] = {}
        """What marks the statements of a tenant, see `Handle`; whoever knows how large they are puts it here."""
        self._reactions = reactions

    @asynccontextmanager
    async def read(self, opener: Opener, request_id: str = "") -> AsyncIterator[ReadWork]:
        """A read: no transaction, each statement sees what is committed when it starts."""
        async with connection(self.database.reader) as conn:
            db = Handle(conn)
            try:
                opening = await opener(db, for_transaction=False)
                db.mark = self.marks.get(opening.tenant.id, "")
                yield ReadWork(opening, db, self.clock.now(), request_id)
            finally:
                STATEMENTS.inc(db.statements)

    @asynccontextmanager
    async def write(self, opener: Opener, request_id: str = "") -> AsyncIterator[Work]:
        """A write: one transaction, committed when the block ends well and rolled back when it raises."""
        async with connection(self.database.writer) as conn, conn.transaction():
            db = Handle(conn)
            try:
                opening = await opener(db, for_transaction=True)
                db.mark = self.marks.get(opening.tenant.id, "")
                work = Work(opening, db, self.clock.now(), request_id)
                yield work
                await self._flush(work)
            finally:
                STATEMENTS.inc(db.statements)

    async def _flush(self, work: Work) -> None:
        jobs = list(work._jobs)
        for event_id, event, _ in work._events:
            jobs += self._reactions(work.tenant.id, event_id, event)
        if work._events:
            await _insert_events(work)
        if jobs:
            await _defer(work.db, jobs)


async def _insert_events(work: Work) -> None:
    seen = work.actor
    shared = (work.now, seen.ip, seen.user_agent, work.request_id or None)
    rows = [_event_row(*recorded) for recorded in work._events]
    if len(rows) == 1:
        await work.db.run(INSERT_EVENT, (*shared, *rows[0]))
    else:
        await work.db.run(INSERT_EVENTS, (*shared, *map(list, zip(*rows, strict=True))))


def _event_row(event_id: UUID, event: Event, actor: Actor) -> tuple[Any, ...]:
    personal: dict[str, Any] = dict(event.personal)
    if actor.label:
        personal["actor"] = actor.label
    return (
        event_id,
        event.type,
        event.outcome.value,
        event.target_type or None,
        event.target_id,
        Jsonb(event.data),
        Jsonb(personal) if personal else None,
        actor.kind.value,
        actor.id,
    )


async def _defer(db: Handle, jobs: list[Job]) -> None:
    await db.run(
        DEFER_JOBS,
        (
            [job.task for job in jobs],
            [-1 if job.behind else 0 for job in jobs],
            [Jsonb(job.args) for job in jobs],
            [job.not_before for job in jobs],
        ),
    )


class SystemWork:
    """Work across tenants, as a role of its own that may run only what its grants list."""

    __slots__ = ("db", "now")

    def __init__(self, db: Handle, now: datetime) -> None:
        self.db = db
        self.now = now


@asynccontextmanager
async def system_work(pool: Pool, clock: Clock) -> AsyncIterator[SystemWork]:
    """One transaction of the system role."""
    async with connection(pool) as conn, conn.transaction():
        yield SystemWork(Handle(conn), clock.now())


def as_json(value: Mapping[str, Any]) -> Jsonb:
    """A mapping as a jsonb parameter."""
    return Jsonb(value)
