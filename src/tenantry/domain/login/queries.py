"""Reading who wants to sign in."""

from typing import Any
from uuid import UUID

from tenantry.domain.login import permissions
from tenantry.domain.login.model import Candidate
from tenantry.domain.login.rules import named_by
from tenantry.domain.users.model import COLUMNS, User
from tenantry.domain.users.states import is_locked_out
from tenantry.kernel.work import ReadWork

# The two rows beside the user's are looked up one by one and not joined: with a join the planner may read those of the whole
# tenant, where it takes it for a small one.
SELECT = f"""
        select {COLUMNS}, u.credential_epoch,
            (select p.hash from password_credentials p where p.user_id = u.id),
            (select a.locked_out_until from user_activity a where a.user_id = u.id)"""
WHO_SIGNS_IN = "u.deleted_at is null and u.kind = 'person'"


async def find_candidate(work: ReadWork, typed: str) -> Candidate | None:
    """The person whom the identifier names, by the kinds of identifier that the tenant allows; None for deleted people and
    services, who never sign in."""
    work.require(permissions.SIGN_IN)
    found = named_by(work.tenant, typed)
    # No two people share an identifier of any kind; should a number look like a username, the username is meant.
    # One index for each kind of identifier, however large the tenant.
    row = await work.db.one(
        f"""
        {SELECT}
        from (
            select u.*, 1 as place
            from users u
            where u.username_key = %s
            union all
            select u.*, 2
            from users u
            where u.email_key = %s
            union all
            select u.*, 3
            from users u
            where u.phone = %s) u
        where {WHO_SIGNS_IN}
        order by u.place
        limit 1
        """,
        (found.username_key, found.email_key, found.phone),
    )
    return None if row is None else _candidate(work, row)


async def find_candidate_by_id(work: ReadWork, user_id: UUID) -> Candidate | None:
    """The same person once more, as they are now."""
    work.require(permissions.SIGN_IN)
    row = await work.db.one(f"{SELECT} from users u where {WHO_SIGNS_IN} and u.id = %s", (user_id,))
    return None if row is None else _candidate(work, row)


def _candidate(work: ReadWork, row: tuple[Any, ...]) -> Candidate:
    width = len(User.__struct_fields__)
    epoch, password_hash, locked_out_until = row[width:]
    return Candidate(User(*row[:width]), epoch, password_hash, is_locked_out(locked_out_until, work.now))
