"""What can be done with passwords. Writes `password_credentials` and `password_history`; takes hashes, never passwords."""

from datetime import datetime
from uuid import UUID

from tenantry.domain.credentials.events import PasswordResetCompleted, PasswordSetByAdmin
from tenantry.domain.credentials.model import SECTION
from tenantry.domain.credentials.policy import PasswordPolicy
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions
from tenantry.domain.users.actions import set_password_facts
from tenantry.domain.users.credential_actions import demand_new_password
from tenantry.domain.users.model import Beside, User
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work

FIRST_PASSWORD = """
    , first_password as (
        insert into password_credentials (user_id, hash, set_at)
        select id, %s, %s
        from stored
    )
"""
FIRST_IN_HISTORY = """
    , first_in_history as (
        insert into password_history (user_id, id, hash, set_at)
        select id, %s, %s, %s
        from stored
    )
"""


def first_password(work: Work, password_hash: str) -> Beside:
    """The first password of a user whom this work is about to create; the event of the creation tells of it."""
    work.require(permissions.CREATE)
    kept = (password_hash, work.now)
    if section(work.tenant, SECTION, PasswordPolicy).history_count == 0:
        return Beside(FIRST_PASSWORD, kept)
    return Beside(FIRST_PASSWORD + FIRST_IN_HISTORY, (*kept, new_id(), *kept))


async def store_password(
    work: Work, user: User, password_hash: str, *, temporary: bool, by_admin: bool, notify: bool = False
) -> None:
    """Gives a locked user a new password, which ends every session and token, lifts a lock, and ends any waiting for one.

    A temporary password must be changed at the next sign-in. `by_admin` says whether somebody else than its owner chose it;
    then StrongerUser is raised for a user who may do more than the actor, and `notify` has the owner told by mail.
    """
    work.require(permissions.UPDATE)
    if by_admin:
        await refuse_taking_over(work, user)
    await _keep(work, user.id, password_hash, temporary=temporary)
    await set_password_facts(work, user.id, None, must_change=temporary, end_sign_ins=True)
    personal = {"email": user.email, "name": user.name}
    if by_admin:
        data = {"temporary": temporary, "notify": notify}
        work.record(PasswordSetByAdmin(target_id=user.id, data=data, personal=personal))
    else:
        work.record(PasswordResetCompleted(target_id=user.id, personal=personal))


async def drop_password(work: Work, user: User, since: datetime) -> bool:
    """Takes a password away from a locked user that was chosen after a moment, perhaps by somebody who had got into the account;
    they wait for a new one then. Says whether there was one."""
    work.require(permissions.UPDATE)
    dropped = await work.db.run(
        """
        delete from password_credentials
        where user_id = %s
          and set_at > %s
        """,
        (user.id, since),
    )
    if dropped:
        await demand_new_password(work, user)
    return dropped > 0


async def replace_hash(work: Work, user_id: UUID, old: str, new: str) -> None:
    """Keeps the same password under a better hash. It is no new password: no session ends and nothing is recorded. Nothing
    happens when the password has changed meanwhile.

    The history gets the better hash in the same place, or the weak one of the present password would lie there for years.
    """
    work.require(permissions.UPDATE)
    await work.db.run(
        """
        with replaced as (
            update password_credentials
            set hash = %(new)s
            where user_id = %(user)s
              and hash = %(old)s
            returning user_id
        )
        update password_history
        set hash = %(new)s
        from replaced
        where password_history.user_id = replaced.user_id
          and hash = %(old)s
        """,
        {"user": user_id, "old": old, "new": new},
    )


async def _keep(work: Work, user_id: UUID, password_hash: str, *, temporary: bool) -> None:
    """Replaces the password and keeps as many earlier ones as the policy looks at, this one included."""
    await work.db.run(
        """
        insert into password_credentials (user_id, hash, set_at, temporary)
        values (%s, %s, %s, %s)
        on conflict (tenant_id, user_id) do update
        set hash = excluded.hash,
            set_at = excluded.set_at,
            temporary = excluded.temporary
        """,
        (user_id, password_hash, work.now, temporary),
    )
    kept = section(work.tenant, SECTION, PasswordPolicy).history_count
    if kept == 0:
        return
    # The statement sees the rows from before its own insert, so one less than `kept` of them stays.
    await work.db.run(
        """
        with added as (
            insert into password_history (user_id, id, hash, set_at)
            values (%(user)s, %(id)s, %(hash)s, %(now)s)
        )
        delete from password_history
        where user_id = %(user)s
          and id not in (
            select id
            from password_history
            where user_id = %(user)s
            order by id desc
            limit %(others)s)
        """,
        {"user": user_id, "id": new_id(), "hash": password_hash, "now": work.now, "others": kept - 1},
    )
