"""Asking for a link or code: each records a fact, and what is sent follows it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.codes.model import Code, CodeKind, CodeState, Form, NewCode
from tenantry.domain.codes.queries import check_code, check_token, find_newest_scenario, refuse_too_many
from tenantry.domain.recovery import permissions
from tenantry.domain.recovery.actions import PASSWORD_KINDS
from tenantry.domain.recovery.errors import (
    AccountInactive,
    NoAddress,
    NoNumber,
    NothingAwaited,
    NothingToReset,
    OldPasswordIsDead,
    RecoveryOff,
)
from tenantry.domain.recovery.events import ForcedPasswordReset, PasswordResetRequested
from tenantry.domain.recovery.model import SCENARIOS, By, Handle, Method, Request, forced, set_up
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.tenants.model import Accounts, OneTimeCodes, Recovery, SignIn, Throttling
from tenantry.domain.tenants.rules import section
from tenantry.domain.throttles.actions import Throttle, count_tries
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import demand_new_password
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.identifiers import LONGEST, find_by_identifier, read_identifier
from tenantry.domain.users.model import PasswordPending, User, UserKind
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.states import is_locked
from tenantry.kernel.events import Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import ReadWork, Work

AT_SIGN_IN = "at_sign_in"
# So much later than it was asked for may a code be made: a job makes it.
JOB_LATENCY = timedelta(seconds=5)


async def request_password_reset(work: Work, user: User, method: Method = Method.EMAIL_LINK) -> UUID:
    """Asks on an administrator's behalf that a link or code be sent to a locked user; gives the id that the code will have.

    One-time codes are limited, since each bears a few tries. Raises NoAddress, NoNumber, AccountInactive and TooManyCodes.
    """
    work.require(users.UPDATE)
    _refuse_unreachable(work, user, method)
    if method.form is Form.OTP:
        await _refuse_more(work, user, CodeKind.PASSWORD_RESET)
    return _record(work, user, Request(CodeKind.PASSWORD_RESET, By.ADMINISTRATOR, method))


async def force_password_reset(work: Work, user: User, method: Method | None) -> None:
    """Demands a new password of a locked user, whose sessions end; without a method they are asked at the next sign-in.

    Whether the old password still signs in until then is the tenant's setting. Raises StrongerUser, NothingToReset,
    OldPasswordIsDead, NoAddress, NoNumber and AccountInactive.
    """
    work.require(users.UPDATE)
    await refuse_taking_over(work, user)
    old_works = section(work.tenant, "recovery", Recovery).old_password_works_until_reset
    if user.password_pending == PasswordPending.INITIAL_SETUP:
        raise NothingToReset
    if method is None and not old_works:
        raise OldPasswordIsDead
    if method is not None:
        _refuse_unreachable(work, user, method)
    await demand_new_password(work, user)
    asked = {"method": AT_SIGN_IN} if method is None else forced(method).data()
    work.record(
        ForcedPasswordReset(
            target_id=user.id,
            data={**asked, "oldPasswordWorks": old_works},
            personal={"email": user.email, "name": user.name},
        )
    )


async def resend_password_code(work: Work, user: User, scenario: str) -> bool:
    """Asks that the link or code of one of SCENARIOS be sent anew to a locked user; False, and nothing is sent, when the user
    does not wait for it.

    They wait for it while their state says so and the newest code of a scenario, if there is one, was of this one. Raises
    TooManyCodes, NoAddress, NoNumber and AccountInactive.
    """
    work.require(users.UPDATE)
    kind, by, method = SCENARIOS[scenario]
    awaited = PasswordPending.INITIAL_SETUP if kind is CodeKind.PASSWORD_SETUP else PasswordPending.RESET
    if user.password_pending != awaited:
        return False
    if await find_newest_scenario(work, user.id, kind) not in (None, scenario):
        return False
    _refuse_unreachable(work, user, method)
    await _refuse_more(work, user, kind)
    _record(work, user, Request(kind, by, method, scenario))
    return True


async def repeat_password_request(work: Work, user: User) -> Method:
    """Asks that what a locked user waits for to choose a first or a demanded password be sent anew; gives the method.

    It is sent as it was the last time. Where nothing was sent yet it is a link, or a code to the number of somebody without an
    address. Raises NothingAwaited, TooManyCodes, NoAddress, NoNumber and AccountInactive.
    """
    work.require(users.UPDATE)
    if user.password_pending is None:
        raise NothingAwaited
    first = user.password_pending == PasswordPending.INITIAL_SETUP
    kind = CodeKind.PASSWORD_SETUP if first else CodeKind.PASSWORD_RESET
    newest = await find_newest_scenario(work, user.id, kind)
    usual = Method.SMS_OTP if user.email is None else Method.EMAIL_LINK
    method = SCENARIOS[newest][2] if newest in SCENARIOS else usual
    scenario = (set_up if first else forced)(method).scenario
    assert scenario is not None
    if not await resend_password_code(work, user, scenario):
        raise NothingAwaited
    return method


async def count_request(work: Work, network: str, typed: str, method: Method) -> TooOften | None:
    """Counts one request against the address that it comes from and against what was typed, whether that is somebody or not.

    A code that is asked for too soon after another one would not be sent, so it is refused here. The refusal is given and not
    raised, so that the caller commits the count first.
    """
    work.require(permissions.REQUEST)
    rates = section(work.tenant, "throttling", Throttling)
    key = email_key(typed.strip()) or typed.strip()[:LONGEST].casefold()
    throttles = [
        Throttle("recovery.address", network, rates.recoveries_per_address),
        Throttle("recovery.account", key, rates.recoveries_per_account),
    ]
    pause = _pause(work)
    if method.form is Form.OTP and pause:
        throttles.append(Throttle("recovery.code", key, 1, pause))
    refusal = await count_tries(work, throttles)
    if refusal is not None:
        data = {"by": By.SELF.value, "method": method.value, "reason": "throttled"}
        work.record(PasswordResetRequested(outcome=Outcome.DENIED, data=data))
    return refusal


async def count_code_try(work: Work, network: str) -> TooOften | None:
    """Counts one code that is typed from an address; the refusal is given and not raised, as above."""
    work.require(permissions.REQUEST)
    rates = section(work.tenant, "throttling", Throttling)
    return await count_tries(work, [Throttle("recovery.typed", network, rates.codes_per_address)])


async def request_recovery(work: Work, typed: str, method: Method) -> Handle:
    """Asks for whomever `typed` names, if anybody; what is written and given is the same whoever exists. Raises RecoveryOff."""
    work.require(permissions.REQUEST)
    if method.value not in section(work.tenant, "recovery", Recovery).methods:
        raise RecoveryOff
    region = section(work.tenant, "accounts", Accounts).default_phone_region
    kinds = section(work.tenant, "signIn", SignIn).identifiers
    user = await find_by_identifier(work, read_identifier(typed, kinds, region))
    if user is not None and user.kind != UserKind.PERSON:
        user = None
    return Handle(_record(work, user, Request(CodeKind.PASSWORD_RESET, By.SELF, method)), method)


async def request_another_link(work: Work, token: str) -> None:
    """Asks for a new link in place of one that has expired or was overtaken; nothing is asked for in place of any other."""
    work.require(permissions.REQUEST)
    code = await check_token(work, token, *PASSWORD_KINDS)
    if code.state in (CodeState.EXPIRED, CodeState.OVERTAKEN):
        _record(work, await _owner(work, code), _again(code, Method.EMAIL_LINK))


async def request_another_code(work: Work, code_id: UUID, method: Method) -> Handle:
    """Asks for a new one-time code in place of the one with this id, if there is one; `method` is what the page says of it, and
    what it is told again: by which way the code really went would tell that there was one.

    Raises TooManyCodes when the other one was asked for just now, whether it exists or not.
    """
    work.require(permissions.REQUEST)
    wait = _asked_at(code_id, work.now) + _pause(work) - work.now
    if wait > timedelta(0):
        raise TooManyCodes(int(wait.total_seconds()) + 1)
    code, sent_by = await check_code(work, code_id), method
    if code.kind not in PASSWORD_KINDS or code.form is not Form.OTP or code.state is CodeState.USED:
        code = Code(CodeState.UNKNOWN)
    elif code.channel is not method.channel:
        sent_by = Method.SMS_OTP if method is Method.EMAIL_OTP else Method.EMAIL_OTP
    return Handle(_record(work, await _owner(work, code), _again(code, sent_by)), method)


async def _refuse_more(work: ReadWork, user: User, kind: CodeKind) -> None:
    wanted = NewCode(kind=kind, user_id=user.id)
    await refuse_too_many(work, wanted, PasswordResetRequested.type, ForcedPasswordReset.type)


def _pause(work: ReadWork) -> timedelta:
    seconds = section(work.tenant, "oneTimeCodes", OneTimeCodes).seconds_between_sends
    return timedelta(seconds=seconds) + JOB_LATENCY if seconds else timedelta(0)


def _asked_at(code_id: UUID, now: datetime) -> datetime:
    """When an id was made, as it says itself (RFC 9562 section 5.7); long ago for one that was made up."""
    long_ago = now - timedelta(days=1)
    try:
        made = datetime.fromtimestamp((code_id.int >> 80) / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return long_ago
    return made if made <= now else long_ago


def _again(code: Code, method: Method) -> Request:
    return Request(code.kind or CodeKind.PASSWORD_RESET, By.SELF, method, code.scenario)


async def _owner(work: ReadWork, code: Code) -> User | None:
    try:
        return await get_user(work, UserRef(code.user_id or new_id(), None))
    except UserNotFound:
        return None


def _record(work: Work, user: User | None, request: Request) -> UUID:
    """Records a request, or that nothing is sent and why; gives the event's id, which becomes that of the code."""
    reason = _hindrance(work, user, request.method)
    return work.record(
        PasswordResetRequested(
            target_id=None if user is None else user.id,
            outcome=Outcome.SUCCESS if reason is None else Outcome.FAILURE,
            data=request.data() if reason is None else {**request.data(), "reason": reason},
            personal={} if user is None else {"email": user.email, "name": user.name},
        )
    )


def _hindrance(work: ReadWork, user: User | None, method: Method) -> str | None:
    if user is None:
        return "unknown"
    ended = user.valid_until is not None and user.valid_until <= work.now
    if user.blocked or user.disabled or is_locked(user, work.now) or ended:
        return "inactive"
    address = user.phone if method is Method.SMS_OTP else user.email
    return "no_address" if address is None else None


def _refuse_unreachable(work: ReadWork, user: User, method: Method) -> None:
    reason = _hindrance(work, user, method)
    if reason == "no_address":
        raise NoNumber if method is Method.SMS_OTP else NoAddress
    if reason is not None:
        raise AccountInactive
