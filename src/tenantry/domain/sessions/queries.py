"""Reading sessions. Whether one is alive is decided in the same statement that reads it."""

from uuid import UUID

from tenantry.domain.sessions.model import Session, Sessions
from tenantry.domain.users import permissions
from tenantry.kernel.criteria import Page, Position, Sort, decode_cursor, encode_cursor
from tenantry.kernel.work import ReadWork

PAST_ANY_END = 1_000_000_000
NEWEST_FIRST = Sort("createdAt", descending=True)
COLUMNS = "s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, host(s.ip), s.user_agent"
ALIVE = """
            from sessions s
            join users u
                on u.id = s.user_id
                and u.credential_epoch = s.epoch
            where s.expires_at > %(now)s
              and u.deleted_at is null
              and not u.blocked
              and not u.disabled
              and not (u.locked and (u.locked_until is null or u.locked_until > %(now)s))"""


async def find_session(work: ReadWork, token_hash: bytes) -> Session | None:
    """The session of a token, or None when there is none or it is no longer alive."""
    work.require(permissions.READ)
    row = await work.db.one(
        f"""
        select {COLUMNS}
        {ALIVE}
          and s.token_hash = %(hash)s
        """,
        {"now": work.now, "hash": token_hash},
    )
    return None if row is None else Session(*row)


async def list_sessions(work: ReadWork, user_id: UUID, page: Page) -> Sessions:
    """One page of the sessions of a user that are alive. Raises DomainError for a bad cursor."""
    work.require(permissions.READ)
    after = None if page.cursor is None else decode_cursor(page.cursor, NEWEST_FIRST).id
    offset = min(page.offset, PAST_ANY_END)
    rows = await work.db.all(
        f"""
        select total.n, page.*
        from (
            select count(*) as n
            {ALIVE}
              and s.user_id = %(user)s
        ) total
        left join (
            select {COLUMNS}
            {ALIVE}
              and s.user_id = %(user)s
              and (%(after)s::uuid is null or s.id < %(after)s)
            order by s.id desc
            limit %(limit)s
            offset %(offset)s
        ) page on true
        order by page.id desc
        """,
        {"now": work.now, "user": user_id, "after": after, "limit": page.limit + 1, "offset": offset},
    )
    found = [Session(*row[1:]) for row in rows if row[1] is not None]
    shown = found[: page.limit]
    more = len(found) > len(shown)
    cursor = encode_cursor(Position("createdAt", True, None, shown[-1].id)) if more else None
    return Sessions(shown, rows[0][0], cursor)
