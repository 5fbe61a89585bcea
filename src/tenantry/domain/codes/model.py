"""Codes and links: what they are for, in which form they travel, and what they can still do."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

LONGEST_TOKEN = 128


class CodeKind(StrEnum):
    """What a code is for."""

    INVITATION = "invitation"
    PASSWORD_SETUP = "password_setup"
    PASSWORD_RESET = "password_reset"
    EMAIL_VERIFICATION = "email_verification"
    PHONE_VERIFICATION = "phone_verification"
    EMAIL_CHANGE = "email_change"
    EMAIL_REVERT = "email_revert"


class Form(StrEnum):
    """A link holds 256 random bits; a one-time code is short enough to be typed by hand."""

    LINK = "link"
    OTP = "otp"


class Channel(StrEnum):
    """How a code reaches its owner; `offline` is a link that an administrator copies."""

    EMAIL = "email"
    SMS = "sms"
    OFFLINE = "offline"


class CodeState(StrEnum):
    """What a code can still do.

    `overtaken` is a code after which something came: a newer one, a new password, another address, too many wrong tries, a
    withdrawal or a deletion. `refused` is a good one whose account is blocked, locked by somebody, disabled or past its end; it
    works again when that is lifted.
    """

    VALID = "valid"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    USED = "used"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class NewCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a code is to be: for a user or for an invitation. `sent_to` is the normalised address or number that using it
    proves, None when it proves none. `scenario` is the recovery scenario of the identity API, where one asked for it. `id` is
    set by whoever has told it to somebody before the code was made; `minutes` is for a code that works for another time than
    its kind does."""

    kind: CodeKind
    form: Form = Form.LINK
    channel: Channel = Channel.EMAIL
    user_id: UUID | None = None
    invitation_id: UUID | None = None
    sent_to: str | None = None
    scenario: str | None = None
    id: UUID | None = None
    minutes: int | None = None


class IssuedCode(msgspec.Struct, frozen=True):
    """A code that was just made. `secret` is the token or the digits; it is stored nowhere. No end is None."""

    id: UUID
    secret: str
    expires_at: datetime | None


class Code(msgspec.Struct, frozen=True):
    """A code as it stands now. Everything but the state is None for an unknown one."""

    state: CodeState
    id: UUID | None = None
    kind: CodeKind | None = None
    form: Form | None = None
    channel: Channel | None = None
    user_id: UUID | None = None
    invitation_id: UUID | None = None
    sent_to: str | None = None
    scenario: str | None = None
    created_at: datetime | None = None


UNKNOWN_CODE = Code(CodeState.UNKNOWN)
