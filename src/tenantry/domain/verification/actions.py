"""Verifying an address or a number: asking for the link or code, and using it."""

from uuid import UUID

from tenantry.domain.codes import permissions as codes
from tenantry.domain.codes.actions import try_otp, use_code
from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import UNKNOWN_CODE, Code, CodeKind, CodeState, Form, NewCode
from tenantry.domain.codes.queries import check_code, check_token, find_pending_code, refuse_too_many
from tenantry.domain.tenants.model import Verification
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import confirm_email, confirm_phone
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import User
from tenantry.domain.users.pending_email import start_phone_verification
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.verification.errors import AlreadyVerified, NothingToVerify
from tenantry.domain.verification.events import (
    EmailVerificationRequested,
    PhoneVerificationRequested,
    VerificationFailed,
)
from tenantry.domain.verification.rules import refuse_useless
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.events import Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work

BY_CODE = (CodeKind.EMAIL_VERIFICATION, CodeKind.PHONE_VERIFICATION)


async def request_email_verification(
    work: Work, user: User, *, form: Form | None = None, scenario: str | None = None
) -> UUID:
    """Asks that a locked user be sent a link or code that verifies their address; without a form, as the tenant has set.

    Gives the id that the code will have. Raises NothingToVerify, AlreadyVerified, VerificationUseless and TooManyCodes.
    """
    work.require(users.UPDATE)
    if user.email is None:
        raise NothingToVerify("email")
    if user.email_verified:
        raise AlreadyVerified("email")
    refuse_useless(user, work.now)
    kind = CodeKind.EMAIL_VERIFICATION
    await refuse_too_many(work, NewCode(kind=kind, user_id=user.id), EmailVerificationRequested.type)
    form = form or Form(section(work.tenant, "verification", Verification).email_form)
    data = {"kind": kind.value, "form": form.value} | ({} if scenario is None else {"scenario": scenario})
    personal = {"email": user.email, "name": user.name}
    return work.record(EmailVerificationRequested(target_id=user.id, data=data, personal=personal))


async def request_phone_verification(work: Work, user: User, *, scenario: str | None = None) -> UUID:
    """Asks that a locked user be sent a code that verifies their number, which is pending from now on.

    Gives the id that the code will have. Raises NothingToVerify, AlreadyVerified, VerificationUseless and TooManyCodes.
    """
    work.require(users.UPDATE)
    if user.phone is None:
        raise NothingToVerify("phoneNumber")
    if user.phone_verified:
        raise AlreadyVerified("phoneNumber")
    refuse_useless(user, work.now)
    kind = CodeKind.PHONE_VERIFICATION
    await refuse_too_many(work, NewCode(kind=kind, user_id=user.id), PhoneVerificationRequested.type)
    await start_phone_verification(work, user)
    data = {"kind": kind.value} | ({} if scenario is None else {"scenario": scenario})
    personal = {"email": user.email, "name": user.name}
    return work.record(PhoneVerificationRequested(target_id=user.id, data=data, personal=personal))


async def confirm_by_link(work: Work, token: str) -> User:
    """Uses a link up and gives its user, whose address counts as verified. Raises CodeRefused, and then nothing is written."""
    work.require(codes.using(work.actor))
    link = await check_token(work, token, CodeKind.EMAIL_VERIFICATION)
    user = await lock_owner(work, link)
    await use_code(work, link)
    await confirm_email(work, user)
    return user


async def confirm_by_otp(work: Work, user_id: UUID, typed: str, sealer: Sealer) -> bool:
    """Verifies a user's address by the code that they were sent; False when what was typed is not it.

    The caller commits either way, since a wrong try is counted.
    """
    work.require(codes.using(work.actor))
    code = await find_pending_code(work, user_id, CodeKind.EMAIL_VERIFICATION, Form.OTP)
    code_id = None if code is None else code.id
    return await confirm_by_code(work, code_id or new_id(), typed, sealer) is not None


async def confirm_by_code(work: Work, code_id: UUID, typed: str, sealer: Sealer) -> User | None:
    """Verifies an address or number by the code of this id; None when what was typed is not it, or there is no such code.

    The caller commits either way, since a wrong try is counted. A code that nobody has costs the same statements.
    """
    work.require(codes.using(work.actor))
    code = await check_code(work, code_id)
    if code.kind not in BY_CODE or code.form is not Form.OTP:
        code = UNKNOWN_CODE
    # The user is locked before the code, as everywhere.
    user = await _locked(work, code.user_id)
    found = await try_otp(work, code.id or new_id(), typed, sealer)
    if found is None or user is None:
        _record_failure(work, user, code)
        return None
    await use_code(work, found)
    if found.kind is CodeKind.PHONE_VERIFICATION:
        await confirm_phone(work, user)
    else:
        await confirm_email(work, user)
    return user


async def lock_owner(work: Work, link: Code) -> User:
    """The user of a link that works, locked. Raises CodeRefused with what the link can still do otherwise."""
    work.require(codes.using(work.actor))
    if link.state is not CodeState.VALID:
        raise CodeRefused(link.state)
    user = await _locked(work, link.user_id)
    if user is None:
        raise CodeRefused(CodeState.OVERTAKEN)
    return user


async def _locked(work: Work, user_id: UUID | None) -> User | None:
    try:
        return await get_user_for_change(work, UserRef(user_id or new_id(), None))
    except UserNotFound:
        return None


def _record_failure(work: Work, user: User | None, code: Code) -> None:
    work.record(
        VerificationFailed(
            target_id=None if user is None else user.id,
            outcome=Outcome.FAILURE,
            data={"reason": "wrong_code"} | ({} if code.kind is None else {"kind": code.kind.value}),
            personal={} if user is None else {"email": user.email, "name": user.name},
        )
    )
