"""Deleting users and bringing them back."""

from datetime import datetime
from typing import Any

from tenantry.domain.users import permissions
from tenantry.domain.users.actions import identifiers_unique
from tenantry.domain.users.errors import StateRefused
from tenantry.domain.users.events import UserDeleted, UserRestored
from tenantry.domain.users.model import User
from tenantry.domain.users.states import Status, note
from tenantry.kernel.work import Work, as_json


async def remove_user(
    work: Work,
    user: User,
    *,
    permanently: bool,
    until: datetime | None = None,
    free_identifiers: bool = False,
    erased: bool = False,
    reason: str | None = None,
) -> None:
    """Deletes a locked user: for good with everything that belongs to them, or so that they can be restored.

    Either way they can't sign in from now on, and the audit log stays. `until` is when a restorable user is deleted for good,
    None for never; `free_identifiers` lets others have their address, number and username meanwhile. `erased` keeps who they were
    out of the event.
    """
    work.require(permissions.DELETE)
    if permanently:
        await work.db.run(
            """
            with released as (
                delete from address_claims
                where owner = %(user)s
            )
            delete from users
            where id = %(user)s
            """,
            {"user": user.id},
        )
    else:
        told = note(reason, work.actor.label, work.now, until)
        await _hide(work, user, until, free_identifiers, {Status.DELETED.value: told})
    data = {"permanent": permanently, "reason": reason, "erased": erased}
    personal = {} if erased else {"email": user.email, "name": user.name}
    work.record(UserDeleted(target_id=user.id, data=data, personal=personal))


async def _hide(
    work: Work, user: User, until: datetime | None, free_identifiers: bool, told: dict[str, Any]
) -> None:
    await work.db.run(
        """
        update users
        set deleted_at = %(now)s,
            purge_at = %(until)s,
            freed = case
                when %(free)s then jsonb_build_object('email', email_key, 'username', username_key, 'phone', phone)
            end,
            email_key = case when %(free)s then null else email_key end,
            username_key = case when %(free)s then null else username_key end,
            phone = case when %(free)s then null else phone end,
            state_notes = state_notes || %(told)s,
            credential_epoch = credential_epoch + 1,
            version = version + 1,
            updated_at = %(now)s
        where id = %(user)s
        """,
        {
            "user": user.id,
            "now": work.now,
            "until": until,
            "free": free_identifiers,
            "told": as_json(told),
        },
    )


async def restore_user(work: Work, user: User, reason: str | None = None) -> None:
    """Brings back a locked, deleted user with their roles and groups. `reason` is kept in the event.

    Raises StateRefused when they are not deleted, and IdentifierTaken or AddressReserved where their identifiers were freed and
    somebody else has one of them by now.
    """
    work.require(permissions.DELETE)
    if user.deleted_at is None:
        raise StateRefused("id", "This user is not deleted.")
    with identifiers_unique():
        await work.db.run(
            """
            update users
            set deleted_at = null,
                purge_at = null,
                freed = null,
                state_notes = state_notes - 'deleted',
                email_key = case when freed is null then email_key else free_address(freed ->> 'email', id, %(now)s) end,
                username_key = case when freed is null then username_key else freed ->> 'username' end,
                phone = case when freed is null then phone else freed ->> 'phone' end,
                version = version + 1,
                updated_at = %(now)s
            where id = %(user)s
            """,
            {"user": user.id, "now": work.now},
        )
    personal = {"email": user.email, "name": user.name}
    work.record(UserRestored(target_id=user.id, data={"reason": reason}, personal=personal))
