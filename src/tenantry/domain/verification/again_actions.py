"""Asking for a new link or code in place of one that went before: on the pages, and for the identity API."""

from uuid import UUID

from tenantry.domain.codes.model import Code, CodeKind, CodeState, Form
from tenantry.domain.codes.queries import check_code, check_token, find_scenarios
from tenantry.domain.tenants.model import Throttling
from tenantry.domain.tenants.rules import section
from tenantry.domain.throttles.actions import Throttle, count_tries
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users import permissions as users
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.verification import permissions
from tenantry.domain.verification.actions import (
    BY_CODE,
    request_email_verification,
    request_phone_verification,
)
from tenantry.domain.verification.change_actions import repeat_email_change
from tenantry.domain.verification.events import CodeResendIgnored
from tenantry.domain.verification.model import REGISTRATION, SCENARIOS, SELF_SIGN_UP
from tenantry.domain.verification.rules import is_useless
from tenantry.kernel.events import Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import ReadWork, Work

BY_LINK = (CodeKind.EMAIL_VERIFICATION, CodeKind.EMAIL_CHANGE)


async def count_visit(work: Work, network: str) -> TooOften | None:
    """Counts one press on these pages from an address; the refusal is given and not raised, so that the caller commits first."""
    work.require(permissions.REQUEST)
    most = section(work.tenant, "throttling", Throttling).codes_per_address
    return await count_tries(work, [Throttle("verification.address", network, most)])


async def request_another_link(work: Work, token: str) -> bool:
    """Asks for a new link in place of one that has expired; False, and nothing is asked for, in place of any other, or where what
    it was for is no longer awaited. Raises TooManyCodes."""
    work.require(permissions.REQUEST)
    link = await check_token(work, token, *BY_LINK)
    if link.state is not CodeState.EXPIRED:
        return False
    user = await _owner(work, link)
    if user is None or not _is_awaited(user, link):
        return False
    await _request(work, user, link)
    return True


async def request_another_code(work: Work, code_id: UUID) -> UUID:
    """Asks for a new code in place of the one with this id, if there is one that is awaited, and gives the new one's id.

    What is given looks the same where nothing is asked for. Raises TooManyCodes.
    """
    work.require(permissions.REQUEST)
    code = await check_code(work, code_id)
    if code.kind not in BY_CODE or code.form is not Form.OTP:
        return new_id()
    user = await _owner(work, code)
    if user is None or not _is_awaited(user, code):
        return new_id()
    return await _request(work, user, code) or new_id()


async def resend_verification(work: Work, user: User, scenario: str) -> bool:
    """Asks that the link or code of one of SCENARIOS be sent anew to a locked user; False, and nothing is sent, when they do not
    wait for it. Raises VerificationUseless and TooManyCodes."""
    work.require(users.UPDATE)
    kind, form = SCENARIOS[scenario]
    if kind is CodeKind.EMAIL_CHANGE:
        if user.pending_email is None:
            return False
        await repeat_email_change(work, user)
    elif kind is CodeKind.PHONE_VERIFICATION:
        if not user.phone_pending or user.phone is None or user.phone_verified:
            return False
        await request_phone_verification(work, user, scenario=scenario)
    else:
        if user.email is None or user.email_verified:
            return False
        if scenario == SELF_SIGN_UP and not await _has_registered(work, user):
            return False
        await request_email_verification(work, user, form=form, scenario=scenario)
    return True


async def note_ignored_resend(work: Work, user: User, scenario: str) -> None:
    """Says in the audit log that nothing was sent, because the user does not wait for what was asked for."""
    work.require(users.UPDATE)
    personal = {"email": user.email, "name": user.name}
    ignored = CodeResendIgnored(
        target_id=user.id, outcome=Outcome.DENIED, data={"scenario": scenario}, personal=personal
    )
    work.record(ignored)


async def _request(work: Work, user: User, code: Code) -> UUID | None:
    if code.kind is CodeKind.EMAIL_CHANGE:
        await repeat_email_change(work, user)
        return None
    if code.kind is CodeKind.PHONE_VERIFICATION:
        return await request_phone_verification(work, user, scenario=code.scenario)
    return await request_email_verification(work, user, form=code.form, scenario=code.scenario)


def _is_awaited(user: User, code: Code) -> bool:
    """Whether the user still waits for the address or number of the code to be verified."""
    if code.kind is CodeKind.EMAIL_CHANGE:
        return user.pending_email is not None and email_key(user.pending_email) == code.sent_to
    if code.kind is CodeKind.PHONE_VERIFICATION:
        return user.phone == code.sent_to and not user.phone_verified
    return user.email is not None and email_key(user.email) == code.sent_to and not user.email_verified


async def _owner(work: Work, code: Code) -> User | None:
    try:
        user = await get_user_for_change(work, UserRef(code.user_id or new_id(), None))
    except UserNotFound:
        return None
    return None if is_useless(user, work.now) else user


async def _has_registered(work: ReadWork, user: User) -> bool:
    """Whether the user has registered themselves, as their first event says, or a link that was sent for it."""
    if SELF_SIGN_UP in await find_scenarios(work, user.id, CodeKind.EMAIL_VERIFICATION):
        return True
    found: bool = await work.db.value(
        """
        select exists (
            select from events
            where target_id = %s
              and type = 'user.created'
              and data ->> 'via' = %s)
        """,
        (user.id, REGISTRATION),
    )
    return found
