"""A second factor."""

from datetime import datetime
from uuid import UUID

import msgspec


class Factor(msgspec.Struct, frozen=True):
    """A factor without its secret. `kind`: totp, sms_otp, email_otp, passkey or backup_codes."""

    id: UUID
    kind: str
    name: str | None
    created_at: datetime
    last_used_at: datetime | None
