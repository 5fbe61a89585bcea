"""Codes of users as programs check them: the token of a link, or a one-time code behind the id of it."""

from uuid import UUID

from tenantry.domain.codes.actions import try_otp
from tenantry.domain.codes.errors import WrongCode
from tenantry.domain.codes.model import Channel, Code, CodeKind, CodeState, Form
from tenantry.domain.codes.queries import check_code, check_token
from tenantry.domain.users import permissions as users
from tenantry.domain.verification.actions import BY_CODE, confirm_by_code, confirm_by_link
from tenantry.domain.verification.change_actions import confirm_email_change
from tenantry.domain.verification.model import SELF_SIGN_UP
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import Work

OF_USERS = (
    CodeKind.PASSWORD_SETUP,
    CodeKind.PASSWORD_RESET,
    CodeKind.EMAIL_VERIFICATION,
    CodeKind.PHONE_VERIFICATION,
    CodeKind.EMAIL_CHANGE,
)
"""The kinds that the identity API has a scenario for."""

_SCENARIOS = {
    (CodeKind.PASSWORD_SETUP, Form.LINK, Channel.EMAIL): "ASK_PASSWORD",
    (CodeKind.PASSWORD_SETUP, Form.LINK, Channel.OFFLINE): "ADMIN_INVITE_SET_PASSWORD_OFFLINE",
    (CodeKind.PASSWORD_SETUP, Form.OTP, Channel.EMAIL): "ASK_PASSWORD_VIA_EMAIL_OTP",
    (CodeKind.PASSWORD_SETUP, Form.OTP, Channel.SMS): "ASK_PASSWORD_VIA_SMS_OTP",
    (CodeKind.EMAIL_VERIFICATION, Form.LINK, Channel.EMAIL): "EMAIL_VERIFICATION",
    (CodeKind.EMAIL_VERIFICATION, Form.OTP, Channel.EMAIL): "EMAIL_VERIFICATION_OTP",
    (CodeKind.PHONE_VERIFICATION, Form.OTP, Channel.SMS): "MOBILE_VERIFICATION_ON_UPDATE",
    (CodeKind.EMAIL_CHANGE, Form.LINK, Channel.EMAIL): "EMAIL_VERIFICATION_ON_UPDATE",
}
_RECOVERY = "NOTIFICATION_BASED_PW_RECOVERY"
_STEPS = {
    CodeKind.PASSWORD_SETUP: "SET_PASSWORD",
    CodeKind.PASSWORD_RESET: "UPDATE_PASSWORD",
    CodeKind.EMAIL_VERIFICATION: "VERIFY_EMAIL",
    CodeKind.EMAIL_CHANGE: "VERIFY_EMAIL",
    CodeKind.PHONE_VERIFICATION: "VERIFY_MOBILE_NUMBER",
}


def scenario_of(code: Code) -> str:
    """What the identity API calls the journey that the code belongs to."""
    assert code.kind is not None
    assert code.form is not None
    assert code.channel is not None
    return code.scenario or _SCENARIOS.get((code.kind, code.form, code.channel), _RECOVERY)


def step_of(code: Code) -> str:
    """What the identity API calls that which using the code comes to."""
    assert code.kind is not None
    return "CONFIRM_SIGN_UP" if scenario_of(code) == SELF_SIGN_UP else _STEPS[code.kind]


async def try_code(work: Work, text: str, sealer: Sealer) -> Code | None:
    """The code, when it is one of a user's that works or is a link that has expired; None otherwise.

    The caller commits either way, since a wrong one-time code is counted. A right one is not used up.
    """
    work.require(users.UPDATE)
    otp = parted(text)
    if otp is not None:
        found = await try_otp(work, otp[0], otp[1], sealer)
        return found if found is not None and found.kind in OF_USERS else None
    link = await check_token(work, text, *OF_USERS)
    works = (CodeState.VALID, CodeState.REFUSED, CodeState.EXPIRED)
    return link if link.state in works else None


async def validate_code(work: Work, text: str, sealer: Sealer) -> DomainError | None:
    """Uses up a code that verifies an address or number, which is verified from then on; one that is for a password is only
    looked at. The refusal of a wrong one-time code is given and not raised, so that the caller commits its count first.

    Raises CodeRefused for a link that does not work, and AddressReserved.
    """
    work.require(users.UPDATE)
    otp = parted(text)
    if otp is not None:
        code = await check_code(work, otp[0])
        if code.kind in BY_CODE:
            right = await confirm_by_code(work, otp[0], otp[1], sealer) is not None
        else:
            found = await try_otp(work, otp[0], otp[1], sealer)
            right = found is not None and found.kind in OF_USERS
        return None if right else WrongCode()
    link = await check_token(work, text, *OF_USERS)
    if link.kind is CodeKind.EMAIL_CHANGE:
        await confirm_email_change(work, text)
    elif link.kind is CodeKind.EMAIL_VERIFICATION:
        await confirm_by_link(work, text)
    elif link.state is not CodeState.VALID:
        return UnknownCode()
    return None


def parted(text: str) -> tuple[UUID, str] | None:
    """The id and the digits of a one-time code, or None for what can only be the token of a link."""
    head, dot, digits = text.partition(".")
    if not dot:
        return None
    try:
        return UUID(head), digits
    except ValueError:
        return None


class UnknownCode(DomainError):
    """There is no such code, or it is no longer good; the answer does not say which."""

    def __init__(self) -> None:
        problem = "is wrong, used or no longer valid"
        super().__init__(Kind.UNPROCESSABLE, "invalid_code", f"The code {problem}.", {"code": problem})
