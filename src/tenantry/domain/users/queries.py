"""Reading users, one at a time. Lists and searches stand in `directory`, which also knows roles and groups."""

from tenantry.domain.users import permissions
from tenantry.domain.users.errors import UserChanged, UserNotFound
from tenantry.domain.users.model import COLUMNS, User
from tenantry.domain.users.references import UserRef
from tenantry.kernel.work import ReadWork, Work

BY_ID = f"""
    select {COLUMNS}
    from users u
    where u.id = %s
"""
BY_EMAIL = f"""
    select {COLUMNS}
    from users u
    where u.email_key = %s
"""


async def get_user(work: ReadWork, ref: UserRef) -> User:
    """The user, or UserNotFound; deleted users are not found."""
    work.require(permissions.READ)
    return await _get(work, ref)


async def get_user_for_change(
    work: Work, ref: UserRef, expected_version: int | None = None, *, with_deleted: bool = False
) -> User:
    """The user, locked against other writers until the end of this work.

    Raises UserNotFound, and UserChanged when `expected_version` is given and is not the present one.
    """
    work.require(permissions.READ)
    user = await _get(work, ref, with_deleted=with_deleted, lock=True)
    if expected_version is not None and expected_version != user.version:
        raise UserChanged(user.version)
    return user


async def _get(work: ReadWork, ref: UserRef, *, with_deleted: bool = False, lock: bool = False) -> User:
    query = BY_EMAIL if ref.id is None else BY_ID
    row = await work.db.one(query + " for no key update" if lock else query, (ref.id or ref.email_key,))
    user = None if row is None else User(*row)
    if user is None or (user.deleted_at is not None and not with_deleted):
        raise UserNotFound(str(ref.id or ref.email_key))
    return user


async def count_users(work: ReadWork) -> int:
    """How many users the tenant has, deleted ones aside: exact, and without looking at them."""
    work.require(permissions.READ)
    total: int = await work.db.value(TOTAL)
    return total


TOTAL = """
    select coalesce((select total from user_counts), 0) + coalesce((select sum(delta) from user_count_deltas), 0)
"""
