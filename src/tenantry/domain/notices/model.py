"""Messages as administrators see them: where each went and what became of it, never what it said."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from tenantry.domain.codes.model import Channel


class MessageState(StrEnum):
    """What became of a message. One whose address the mail server does not know has bounced."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"


class SentMessage(msgspec.Struct, frozen=True):
    """One message. `attempts` are the tries to hand it over, `last_error` is what the latest one that failed was told."""

    id: UUID
    kind: str
    channel: Channel
    sent_to: str | None
    state: MessageState
    attempts: int
    last_error: str | None
    user_id: UUID | None
    invitation_id: UUID | None
    created_at: datetime
    sent_at: datetime | None
