"""Reading who wants to sign in."""

from typing import Any
from uuid import UUID

from tenantry.domain.login import permissions
from tenantry.domain.login.model import Candidate
from tenantry.domain.login.rules import named_by
from tenantry.domain.users.model import COLUMNS, User
from tenantry.domain.users.states import is_locked_out
from tenantry.kernel.work import ReadWork

SELECT = f"""
        select {COLUMNS}, u.credential_epoch, p.hash, a.locked_out_until
        from users u
        left join user_activity a on a.user_id = u.id
        left join password_credentials p on p.user_id = u.id
        where u.deleted_at is null
          and u.kind = 'person'"""


async def find_candidate(work: ReadWork, typed: str) -> Candidate | None:
    """The person whom the identifier names, by the kinds of identifier that the tenant allows; None for deleted people and
    services, who never sign in."""
    work.require(permissions.SIGN_IN)
    found = named_by(work.tenant, typed)
    # No two people share an identifier of any kind; should a number look like a username, the username is meant.
    row = await work.db.one(
        f"""
        {SELECT}
          and (u.email_key = %(email)s or u.username_key = %(username)s or u.phone = %(phone)s)
        order by u.username_key = %(username)s desc nulls last
        limit 1
        """,
        {"email": found.email_key, "username": found.username_key, "phone": found.phone},
    )
    return None if row is None else _candidate(work, row)


async def find_candidate_by_id(work: ReadWork, user_id: UUID) -> Candidate | None:
    """The same person once more, as they are now."""
    work.require(permissions.SIGN_IN)
    row = await work.db.one(f"{SELECT} and u.id = %s", (user_id,))
    return None if row is None else _candidate(work, row)


def _candidate(work: ReadWork, row: tuple[Any, ...]) -> Candidate:
    width = len(User.__struct_fields__)
    epoch, password_hash, locked_out_until = row[width:]
    return Candidate(User(*row[:width]), epoch, password_hash, is_locked_out(locked_out_until, work.now))
