"""Recovering a password: making the link or code that is sent, and setting the password with it."""

from uuid import UUID, uuid4

from tenantry.domain.codes import permissions
from tenantry.domain.codes.actions import issue_code, try_otp, use_code, withdraw_codes
from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import Channel, Code, CodeKind, CodeState, Form, IssuedCode, NewCode
from tenantry.domain.codes.queries import check_code, check_token
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.recovery.events import PasswordResetFailed
from tenantry.domain.recovery.model import Method, Request
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import confirm_email, confirm_phone
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.events import Outcome
from tenantry.kernel.work import ReadWork, Work

PASSWORD_KINDS = (CodeKind.PASSWORD_RESET, CodeKind.PASSWORD_SETUP)
EXCHANGED_MINUTES = 15
"""For so long the link works that a typed code is exchanged for: its owner is at the page already."""


async def create_link(work: Work, user: User, kind: CodeKind, sealer: Sealer) -> str:
    """Makes a link for a user and gives its token. Raises UserNotFound for a user who is gone."""
    work.require(users.UPDATE)
    # Whoever makes a link for this user at the same time waits here, so that only the newest one stays alive.
    fresh = await get_user_for_change(work, UserRef(user.id, None))
    sent_to = None if fresh.email is None else email_key(fresh.email)
    issued = await issue_code(work, NewCode(kind=kind, user_id=fresh.id, sent_to=sent_to), sealer)
    return issued.secret


def wanted_code(user: User, request: Request, code_id: UUID) -> NewCode | None:
    """The code that a request asks for, with the id that was told before; None for a user without the address or number."""
    by_sms = request.method is Method.SMS_OTP
    address = user.phone if by_sms else user.email and email_key(user.email)
    if address is None:
        return None
    return NewCode(
        kind=request.kind,
        form=request.method.form,
        channel=request.method.channel,
        user_id=user.id,
        sent_to=address,
        scenario=request.scenario,
        id=code_id,
    )


async def create_code(work: Work, wanted: NewCode, sealer: Sealer) -> IssuedCode:
    """Makes a link or one-time code for a locked user."""
    work.require(users.UPDATE)
    return await issue_code(work, wanted, sealer)


async def check_link(work: ReadWork, token: str) -> Code:
    """What the link of this token can still do for a password."""
    work.require(permissions.USE)
    return await check_token(work, token, *PASSWORD_KINDS)


async def exchange_code(work: Work, code_id: UUID, typed: str, sealer: Sealer) -> str | None:
    """Exchanges a one-time code for the token of a link that works for a short while; None when the code is not right.

    The caller commits either way, since a wrong try is counted. A code that nobody has costs the same statements.
    """
    work.require(permissions.USE)
    code = await check_code(work, code_id)
    if code.kind not in PASSWORD_KINDS or code.form is not Form.OTP:
        code = Code(CodeState.UNKNOWN)
    # The user is locked before the code, as everywhere.
    user = await _locked(work, code.user_id)
    found = await try_otp(work, code.id or uuid4(), typed, sealer)
    if found is None or user is None or found.kind is None:
        _record_failure(work, user)
        return None
    used = await use_code(work, found)
    link = NewCode(
        kind=found.kind,
        channel=Channel.OFFLINE,
        user_id=user.id,
        sent_to=used.sent_to,
        scenario=used.scenario,
        minutes=EXCHANGED_MINUTES,
    )
    return (await issue_code(work, link, sealer)).secret


async def _locked(work: Work, user_id: UUID | None) -> User | None:
    try:
        return await get_user_for_change(work, UserRef(user_id or uuid4(), None))
    except UserNotFound:
        return None


def _record_failure(work: Work, user: User | None) -> None:
    work.record(
        PasswordResetFailed(
            target_id=None if user is None else user.id,
            outcome=Outcome.FAILURE,
            data={"reason": "wrong_code"},
            personal={} if user is None else {"email": user.email, "name": user.name},
        )
    )


async def use_link(work: Work, token: str, password_hash: str) -> User:
    """Uses a link up and gives its user the password; the address that it came to counts as verified, and a lockout ends.

    However many use one link at once, one of them succeeds. Raises CodeRefused, and then nothing is written.
    """
    work.require(permissions.USE)
    link = await check_link(work, token)
    if link.state is not CodeState.VALID or link.user_id is None:
        raise CodeRefused(link.state)
    # The user is locked before the link, as everywhere; whoever comes second finds the link used.
    try:
        user = await get_user_for_change(work, UserRef(link.user_id, None))
    except UserNotFound as error:
        raise CodeRefused(CodeState.OVERTAKEN) from error
    await use_code(work, link)
    await withdraw_codes(work, *PASSWORD_KINDS, user_id=user.id)
    await store_password(work, user, password_hash, temporary=False, by_admin=False)
    if link.sent_to is not None and link.sent_to == user.phone:
        await confirm_phone(work, user)
    elif link.sent_to is not None:
        await confirm_email(work, user)
    return user
