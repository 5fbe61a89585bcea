"""The step of a sign-in that verifies an address: what is sent, and what comes of a typed code."""

from contextlib import suppress

from tenantry.domain.codes.errors import TooManyCodes, WrongCode
from tenantry.domain.codes.model import CodeKind, Form
from tenantry.domain.codes.queries import find_pending_code
from tenantry.domain.users.model import User
from tenantry.domain.verification.actions import confirm_by_otp, request_email_verification
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.work import Work


async def send_once(work: Work, user: User) -> None:
    """Has a code mailed unless one is under way that still works, or so many were sent that no more are for a while."""
    if await find_pending_code(work, user.id, CodeKind.EMAIL_VERIFICATION, Form.OTP) is None:
        with suppress(TooManyCodes):
            await request_email_verification(work, user, form=Form.OTP)


async def resend(work: Work, user: User) -> None:
    """Has a new code mailed. Raises TooManyCodes."""
    await request_email_verification(work, user, form=Form.OTP)


async def confirm_typed(work: Work, user: User, typed: str, sealer: Sealer) -> WrongCode | None:
    """Verifies the address by a typed code; the refusal is given and not raised, so that the caller commits its count first."""
    if user.email_verified or await confirm_by_otp(work, user.id, typed, sealer):
        return None
    return WrongCode()
