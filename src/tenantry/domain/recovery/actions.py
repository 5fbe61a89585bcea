"""Recovering a password: asking for a link, making one, setting the password with it."""

from tenantry.domain.codes import permissions
from tenantry.domain.codes.actions import issue_code, use_code, withdraw_codes
from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import Code, CodeKind, CodeState, NewCode
from tenantry.domain.codes.queries import check_token
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.recovery.errors import AccountInactive, NoAddress
from tenantry.domain.recovery.events import PasswordResetRequested
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import confirm_email
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.states import is_locked
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.work import ReadWork, Work

PASSWORD_LINKS = (CodeKind.PASSWORD_RESET, CodeKind.PASSWORD_SETUP)


async def request_password_reset(work: Work, user: User) -> None:
    """Asks that a link be mailed; the mail follows the event. Raises NoAddress and AccountInactive."""
    work.require(users.UPDATE)
    if user.email is None:
        raise NoAddress
    if user.blocked or user.disabled or is_locked(user, work.now):
        raise AccountInactive
    work.record(PasswordResetRequested(target_id=user.id, personal={"email": user.email, "name": user.name}))


async def create_link(work: Work, user: User, kind: CodeKind, sealer: Sealer) -> str:
    """Makes a link for a user and gives its token. Raises UserNotFound for a user who is gone."""
    work.require(users.UPDATE)
    # Whoever makes a link for this user at the same time waits here, so that only the newest one stays alive.
    fresh = await get_user_for_change(work, UserRef(user.id, None))
    sent_to = None if fresh.email is None else email_key(fresh.email)
    issued = await issue_code(work, NewCode(kind=kind, user_id=fresh.id, sent_to=sent_to), sealer)
    return issued.secret


async def check_link(work: ReadWork, token: str) -> Code:
    """What the link of this token can still do for a password."""
    work.require(permissions.USE)
    return await check_token(work, token, *PASSWORD_LINKS)


async def use_link(work: Work, token: str, password_hash: str) -> User:
    """Uses a link up and gives its user the password; their address counts as verified, since the link came to it.

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
    await withdraw_codes(work, *PASSWORD_LINKS, user_id=user.id)
    await store_password(work, user, password_hash, temporary=False, by_admin=False)
    if link.sent_to is not None:
        await confirm_email(work, user)
    return user
