"""Loading what is said to have happened before: events with moments of their own, and the sign-ins that follow from them.

For demonstrations and migrations alone. Nothing reacts to such events, as nothing did when they happened elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from tenantry.domain.users import permissions
from tenantry.kernel.events import Event
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor
from tenantry.kernel.work import Work, as_json


class PastEvent(msgspec.Struct, frozen=True):
    """What happened, when, and by whom."""

    at: datetime
    event: Event
    by: Actor


class PastSignIns(msgspec.Struct, frozen=True):
    """How often somebody signed in, and when last."""

    user_id: UUID
    last_at: datetime
    times: int


async def load_events(work: Work, past: Sequence[PastEvent]) -> None:
    """Stores the events, the oldest first. Their moments lie before this work."""
    work.require(permissions.CREATE)
    ordered = sorted(past, key=lambda one: one.at)
    await work.db.run(
        """
        insert into events (
            occurred_at, id, type, outcome, target_type, target_id, data, personal, actor_kind, actor_id, ip, user_agent)
        select *
        from unnest(
            %s::timestamptz[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::jsonb[], %s::jsonb[], %s::text[],
            %s::uuid[], %s::inet[], %s::text[])
        """,
        (
            [one.at for one in ordered],
            [new_id() for _ in ordered],
            [one.event.type for one in ordered],
            [one.event.outcome.value for one in ordered],
            [one.event.target_type for one in ordered],
            [one.event.target_id for one in ordered],
            [as_json(one.event.data) for one in ordered],
            [_personal(one) for one in ordered],
            [one.by.kind.value for one in ordered],
            [one.by.id for one in ordered],
            [one.by.ip for one in ordered],
            [one.by.user_agent for one in ordered],
        ),
    )


def _personal(past: PastEvent) -> Jsonb | None:
    found = dict(past.event.personal) | ({"actor": past.by.label} if past.by.label else {})
    return as_json(found) if found else None


async def load_sign_ins(work: Work, people: Sequence[PastSignIns]) -> None:
    """Notes the sign-ins of people who have none yet."""
    work.require(permissions.CREATE)
    await work.db.run(
        """
        update user_activity a
        set last_login_at = p.last_at,
            login_count = p.times
        from unnest(%s::uuid[], %s::timestamptz[], %s::int[]) as p(user_id, last_at, times)
        where a.user_id = p.user_id
          and a.login_count = 0
        """,
        ([one.user_id for one in people], [one.last_at for one in people], [one.times for one in people]),
    )
