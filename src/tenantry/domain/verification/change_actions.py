"""Changing one's address: the new one is verified first, the old one works until then and can take the change back."""

from datetime import datetime, timedelta

from tenantry.domain.codes import permissions as codes
from tenantry.domain.codes.actions import use_code, withdraw_codes
from tenantry.domain.codes.model import CodeKind, NewCode
from tenantry.domain.codes.queries import check_token, refuse_too_many
from tenantry.domain.credentials.actions import drop_password
from tenantry.domain.tenants.model import Links
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.fields import EmailAddress, email_key, normal_email
from tenantry.domain.users.model import User
from tenantry.domain.users.pending_email import complete_change, drop_change, put_back, start_change
from tenantry.domain.verification.actions import lock_owner
from tenantry.domain.verification.errors import NothingToVerify, SameAddress
from tenantry.domain.verification.events import (
    EmailChangeCancelled,
    EmailChangeCompleted,
    EmailChangeRequested,
    EmailChangeReverted,
)
from tenantry.domain.verification.model import Reverted
from tenantry.domain.verification.rules import refuse_useless
from tenantry.kernel.events import Outcome
from tenantry.kernel.work import Work

SENT_TO_AN_ADDRESS = (
    CodeKind.PASSWORD_RESET,
    CodeKind.PASSWORD_SETUP,
    CodeKind.EMAIL_VERIFICATION,
    CodeKind.EMAIL_CHANGE,
)
"""What dies with the address that it was sent to, even if that address comes back."""


async def request_email_change(work: Work, user: User, typed: str) -> None:
    """Asks for another address of a locked user: a link goes to the new one, and word to the old one.

    An address that is not free is taken no further, and nobody is told that it is not. Raises FieldError for what is no address,
    SameAddress, VerificationUseless and TooManyCodes.
    """
    work.require(users.UPDATE)
    wanted = normal_email(typed)
    if user.email is not None and wanted.key == email_key(user.email):
        raise SameAddress
    await _request(work, user, wanted, repeated=False)


async def repeat_email_change(work: Work, user: User) -> None:
    """Asks that the link for the pending address of a locked user be sent anew.

    Raises NothingToVerify where none is pending, VerificationUseless and TooManyCodes.
    """
    work.require(users.UPDATE)
    if user.pending_email is None:
        raise NothingToVerify("email")
    await _request(work, user, normal_email(user.pending_email), repeated=True)


async def cancel_email_change(work: Work, user: User) -> None:
    """Has a locked user keep their address; the link to the other one is dead. Nothing happens where no change is pending."""
    work.require(users.UPDATE)
    if user.pending_email is None:
        return
    await drop_change(work, user)
    personal = {"email": user.email, "name": user.name, "newEmail": user.pending_email}
    work.record(EmailChangeCancelled(target_id=user.id, personal=personal))


async def confirm_email_change(work: Work, token: str) -> User:
    """Uses a link up and gives its user, as they were, whose address is now the one that it came to.

    What was sent to the old address works no longer, but for the link that takes the change back. Raises CodeRefused, and
    AddressReserved where somebody else has got the address; then nothing is written.
    """
    work.require(codes.using(work.actor))
    link = await check_token(work, token, CodeKind.EMAIL_CHANGE)
    user = await lock_owner(work, link)
    await use_code(work, link)
    minutes = section(work.tenant, "links", Links).email_revert_minutes
    await complete_change(work, user, _end(work.now, minutes))
    await withdraw_codes(work, *SENT_TO_AN_ADDRESS, user_id=user.id)
    personal = {"email": user.pending_email, "oldEmail": user.email, "name": user.name}
    work.record(EmailChangeCompleted(target_id=user.id, personal=personal))
    return user


async def revert_email_change(work: Work, token: str) -> Reverted:
    """Uses up a link that went to an old address, which is the user's again; a change still pending is dropped.

    Every session ends, and every link or code that lets somebody choose a password, or that went to another address, is dead. So
    is a password that was chosen since: it may be that of somebody who had got into the account, and a forgotten one is
    recovered by the address that is back.
    Raises CodeRefused and AddressReserved, and then nothing is written.
    """
    work.require(codes.using(work.actor))
    link = await check_token(work, token, CodeKind.EMAIL_REVERT)
    user = await lock_owner(work, link)
    used = await use_code(work, link)
    assert used.sent_to is not None
    was_completed = user.email is None or email_key(user.email) != used.sent_to
    address = await put_back(work, user, used.sent_to)
    await withdraw_codes(work, *SENT_TO_AN_ADDRESS, CodeKind.EMAIL_REVERT, user_id=user.id)
    since = await _first_warned(work, user, used.sent_to) if was_completed else None
    dropped = since is not None and await drop_password(work, user, since)
    other = user.email if was_completed else user.pending_email
    work.record(
        EmailChangeReverted(
            target_id=user.id,
            data={"completed": was_completed, **({"passwordDropped": True} if dropped else {})},
            personal={"email": address, "otherEmail": other, "name": user.name},
        )
    )
    return Reverted(user, address, was_completed)


async def _first_warned(work: Work, user: User, key: str) -> datetime | None:
    """When the address was told for the first time that another one is wanted or has taken its place, as far back as is kept."""
    first: datetime | None = await work.db.value(
        """
        select min(created_at)
        from codes
        where user_id = %s
          and kind = 'email_revert'
          and sent_to = %s
        """,
        (user.id, key),
    )
    return first


async def _request(work: Work, user: User, wanted: EmailAddress, *, repeated: bool) -> None:
    refuse_useless(user, work.now)
    kind = CodeKind.EMAIL_CHANGE
    await refuse_too_many(work, NewCode(kind=kind, user_id=user.id), EmailChangeRequested.type)
    minutes = section(work.tenant, "links", Links).email_change_minutes
    holder = await start_change(work, user, wanted, _end(work.now, minutes))
    taken = {} if holder is None else {"reason": "taken"}
    work.record(
        EmailChangeRequested(
            target_id=user.id,
            outcome=Outcome.SUCCESS if holder is None else Outcome.DENIED,
            data={"kind": kind.value, "repeated": repeated, **taken},
            personal={"email": user.email, "newEmail": wanted.original, "name": user.name},
        )
    )


def _end(now: datetime, minutes: int) -> datetime | None:
    return None if minutes < 0 else now + timedelta(minutes=minutes)
