"""How one-time codes look, and for how long each kind of code works."""

import hashlib
import hmac
import secrets
from uuid import UUID

from tenantry.domain.codes.model import CodeKind, Form
from tenantry.domain.tenants.model import Links, OneTimeCodes
from tenantry.kernel.crypto import Sealer

# Without what looks alike in print or is heard alike on the telephone: 0 O, 1 I L, 5 S, 8 B.
ALPHABETS = {"numeric": "0123456789", "alphanumeric": "234679ACDEFGHJKMNPQRTUVWXYZ"}
PURPOSE = "one-time codes"


def new_otp(settings: OneTimeCodes) -> str:
    """A fresh code of the length and the signs that the tenant has chosen."""
    return "".join(secrets.choice(ALPHABETS[settings.charset]) for _ in range(settings.length))


def normal_otp(typed: str) -> str:
    """What somebody typed, without the spaces and hyphens that people put in, in upper case."""
    return "".join(sign for sign in typed[:64].upper() if sign.isalnum())


def otp_hash(sealer: Sealer, code_id: UUID, otp: str) -> bytes:
    """What is stored of a one-time code: keyed, since a code is short enough to be guessed from a plain hash."""
    message = f"{code_id}:{normal_otp(otp)}".encode()
    return hmac.new(sealer.derived(PURPOSE).encode(), message, hashlib.sha256).digest()


def minutes_of(kind: CodeKind, form: Form, links: Links, otps: OneTimeCodes) -> int | None:
    """For how many minutes a code works; None for ever, 0 not at all."""
    if form is Form.OTP:
        minutes = otps.minutes
    else:
        minutes = {
            CodeKind.INVITATION: links.invitation_minutes,
            CodeKind.PASSWORD_SETUP: links.password_setup_minutes,
            CodeKind.PASSWORD_RESET: links.password_reset_minutes,
            CodeKind.EMAIL_VERIFICATION: links.email_verification_minutes,
            CodeKind.PHONE_VERIFICATION: otps.minutes,
            CodeKind.EMAIL_CHANGE: links.email_change_minutes,
            CodeKind.EMAIL_REVERT: links.email_revert_minutes,
        }[kind]
    return None if minutes < 0 else minutes
