"""What passwords, sessions and links change about a user's row. Called by the modules that own those."""

from uuid import UUID

from tenantry.domain.users import permissions
from tenantry.domain.users.events import UserEmailVerified, UserPhoneVerified
from tenantry.domain.users.model import PasswordPending, User
from tenantry.domain.users.states import Status, note
from tenantry.kernel.work import Work, as_json


async def end_sign_ins(work: Work, user_id: UUID) -> None:
    """Ends every session and token of the user at once, at the same cost however many there are.

    The version stays, since nothing that the user object shows has changed.
    """
    work.require(permissions.UPDATE)
    await work.db.run(
        """
        update users
        set credential_epoch = credential_epoch + 1
        where id = %s
        """,
        (user_id,),
    )


async def confirm_email(work: Work, user: User) -> None:
    """Marks the address of a locked user as verified; nothing happens when it is, or when there is none."""
    work.require(permissions.UPDATE)
    if user.email is None or user.email_verified:
        return
    await work.db.run(
        """
        update users
        set email_verified = true,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (work.now, user.id),
    )
    work.record(UserEmailVerified(target_id=user.id, personal={"email": user.email}))


async def confirm_phone(work: Work, user: User) -> None:
    """Marks the number of a locked user as verified; nothing happens when it is, or when there is none."""
    work.require(permissions.UPDATE)
    if user.phone is None or user.phone_verified:
        return
    await work.db.run(
        """
        update users
        set phone_verified = true,
            phone_pending = false,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (work.now, user.id),
    )
    work.record(UserPhoneVerified(target_id=user.id, personal={"phoneNumber": user.phone}))


async def demand_new_password(work: Work, user: User) -> None:
    """Has a locked user wait for a new password, and ends every session and token of theirs."""
    work.require(permissions.UPDATE)
    demanded = note(None, work.actor.label, work.now)
    await work.db.run(
        """
        update users
        set password_pending = %s,
            state_notes = state_notes || %s,
            credential_epoch = credential_epoch + 1,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (
            PasswordPending.RESET.value,
            as_json({Status.PENDING_PASSWORD_RESET.value: demanded}),
            work.now,
            user.id,
        ),
    )
