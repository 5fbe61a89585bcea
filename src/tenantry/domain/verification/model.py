"""What the identity API calls verifications, and what a page learns of one."""

import msgspec

from tenantry.domain.codes.model import CodeKind, Form
from tenantry.domain.users.model import User

SELF_SIGN_UP = "SELF_SIGN_UP"
SCENARIOS: dict[str, tuple[CodeKind, Form]] = {
    "EMAIL_VERIFICATION": (CodeKind.EMAIL_VERIFICATION, Form.LINK),
    "EMAIL_VERIFICATION_OTP": (CodeKind.EMAIL_VERIFICATION, Form.OTP),
    SELF_SIGN_UP: (CodeKind.EMAIL_VERIFICATION, Form.LINK),
    "EMAIL_VERIFICATION_ON_UPDATE": (CodeKind.EMAIL_CHANGE, Form.LINK),
    "MOBILE_VERIFICATION_ON_UPDATE": (CodeKind.PHONE_VERIFICATION, Form.OTP),
}
"""The recovery scenarios of the identity API that end with a verified address or number."""

REGISTRATION = "registration"
"""How `via` of `user.created` names people who have registered themselves."""


class Reverted(msgspec.Struct, frozen=True):
    """A change of address that was taken back: whose, the address that holds again, and whether the new one had been theirs."""

    user: User
    address: str
    was_completed: bool
