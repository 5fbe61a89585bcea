"""Reading sessions. Whether one is alive is decided in the same statement that reads it."""

from typing import Any, LiteralString
from uuid import UUID

from tenantry.domain.sessions import permissions
from tenantry.domain.sessions.errors import SessionNotFound
from tenantry.domain.sessions.model import Session, Sessions, SessionStats
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import EVERYTHING, Criteria, Fragment, Page, Sort
from tenantry.kernel.listing import Listing, SortBy, Within, list_rows
from tenantry.kernel.work import ReadWork

NEWEST_FIRST = Sort("createdAt", descending=True)
MOST_OWN = 100
"""So many of their own sessions somebody is shown."""

COLUMNS = """
            s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, host(s.ip), s.user_agent, s.method, s.remember,
            coalesce(u.email, u.username, u.phone)"""
SOURCE = "sessions s join users u on u.id = s.user_id and u.credential_epoch = s.epoch"
# The same conditions stand in the function open_by_session, which a browser's request goes through.
_ALIVE: LiteralString = """s.expires_at > {now}
              and (s.idle_seconds is null or s.last_seen_at + make_interval(secs => s.idle_seconds) > {now})
              and u.deleted_at is null
              and not u.blocked
              and not u.disabled
              and not (u.locked and (u.locked_until is null or u.locked_until > {now}))
              and (u.valid_until is null or u.valid_until > {now})"""
ALIVE = f"""
            from {SOURCE}
            where {_ALIVE.replace("{now}", "%(now)s")}"""
ALIVE_AT = _ALIVE.replace("{now}", "%s")


def _no_search(_text: str) -> Fragment:
    return "true", []


LISTING = Listing(
    source=SOURCE,
    id="s.id",
    columns=COLUMNS,
    sorts={"createdAt": SortBy("s.id", "uuid")},
    search=_no_search,
)


async def find_session(work: ReadWork, token_hash: bytes) -> Session | None:
    """The session of a token, or None when there is none or it is no longer alive."""
    work.require(users.READ)
    row = await work.db.one(
        f"""
        select {COLUMNS}
        {ALIVE}
          and s.token_hash = %(hash)s
        """,
        {"now": work.now, "hash": token_hash},
    )
    return None if row is None else Session(*row)


def parse_session_id(text: str) -> UUID:
    """The id, or SessionNotFound for what is no id at all."""
    try:
        return UUID(text)
    except ValueError as error:
        raise SessionNotFound(text) from error


async def list_sessions(
    work: ReadWork, page: Page, user_id: UUID | None = None, ip: str | None = None
) -> Sessions:
    """One page of the sessions that are alive: everybody's, or those of one user, or from one address.

    Raises DomainError for a bad cursor, or an offset beyond `listing.OFFSET_BOUND` that is not past the end.
    """
    work.require(users.READ)
    condition = ALIVE_AT
    values: list[Any] = [work.now] * ALIVE_AT.count("%s")
    if user_id is not None:
        condition, values = f"{condition} and s.user_id = %s", [*values, user_id]
    if ip is not None:
        condition, values = f"{condition} and s.ip = %s::inet", [*values, ip]
    criteria = Criteria(EVERYTHING, NEWEST_FIRST, page)
    rows = await list_rows(work.db, LISTING, criteria, Within(condition, values))
    return Sessions([Session(*row) for row in rows.rows], rows.total, rows.next_cursor, rows.total_is_exact)


async def list_own_sessions(work: ReadWork, current: UUID) -> list[Session]:
    """The actor's own sessions, the present one first and then the newest, up to MOST_OWN."""
    work.require(permissions.OWN)
    rows = await work.db.all(
        f"""
        select {COLUMNS}
        {ALIVE}
          and s.user_id = %(user)s
        order by s.id = %(current)s desc, s.id desc
        limit %(most)s
        """,
        {"now": work.now, "user": work.actor.id, "current": current, "most": MOST_OWN},
    )
    return [Session(*row) for row in rows]


async def count_sessions(work: ReadWork) -> int:
    """How many sessions are alive."""
    work.require(users.READ)
    total: int = await work.db.value(f"select count(*) {ALIVE}", {"now": work.now})
    return total


async def get_session_stats(work: ReadWork) -> SessionStats:
    """Figures about the sessions that are alive."""
    work.require(users.READ)
    row = await work.db.one(
        f"""
        with alive as (
            select s.user_id, s.method, s.created_at, s.last_seen_at
            {ALIVE}
        )
        select count(*),
               count(distinct user_id),
               count(*) filter (where created_at > %(now)s - interval '24 hours'),
               count(*) filter (where last_seen_at > %(now)s - interval '24 hours'),
               coalesce((
                    select jsonb_object_agg(method, n)
                    from (select method, count(*) as n from alive group by method) methods), '{{}}')
        from alive
        """,
        {"now": work.now},
    )
    assert row is not None
    return SessionStats(*row)
