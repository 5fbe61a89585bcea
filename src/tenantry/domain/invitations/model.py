"""An invitation, and what somebody needs to make or accept one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from tenantry.domain.codes.model import Code, CodeState

MAX_MESSAGE = 2000
MOST_AT_ONCE = 1000
"""So many people can be invited in one call."""


class InvitationState(StrEnum):
    """Where an invitation stands; exactly one holds.

    `pending` is one whose mail has not left, or that goes without mail; `opened` says that its page was opened, by whomever: link
    scanners do that too. `bounced` is one whose mail was refused for good.
    """

    PENDING = "pending"
    SENT = "sent"
    OPENED = "opened"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


OPEN = (
    InvitationState.PENDING,
    InvitationState.SENT,
    InvitationState.OPENED,
    InvitationState.BOUNCED,
    InvitationState.EXPIRED,
)
"""The states in which a new link can still be made."""


class Invitation(msgspec.Struct, frozen=True):
    """An invitation as it is shown. `roles` and `groups` are JSON arrays of {"slug", "name"} of those that exist still; `sends`
    counts the links that were made; without an end `expires_at` is None. `asked_at` is when a mail was asked for last, if it was.
    """

    id: UUID
    email: str
    name: str | None
    message: str | None
    state: InvitationState
    roles: msgspec.Raw
    groups: msgspec.Raw
    invited_by: UUID | None
    invited_label: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    sent_at: datetime | None
    opened_at: datetime | None
    accepted_at: datetime | None
    revoked_at: datetime | None
    bounced_at: datetime | None
    bounce_reason: str | None
    sends: int
    user_id: UUID | None
    asked_at: datetime | None


class InvitationRow(msgspec.Struct, frozen=True):
    """A row of `invitations` that a work has locked."""

    id: UUID
    email: str
    email_key: str
    name: str | None
    message: str | None
    state: InvitationState
    roles: list[str]
    role_ids: list[UUID]
    groups: list[str]
    group_ids: list[UUID]
    asks: list[datetime]


class NewInvitation(msgspec.Struct, kw_only=True):
    """What is asked for: an address, and what its owner is to get on acceptance. `send` is false where no mail is to go, because
    an administrator hands the link over."""

    email: str
    name: str | None = None
    roles: list[str] = msgspec.field(default_factory=list)
    groups: list[str] = msgspec.field(default_factory=list)
    message: str | None = None
    send: bool = True


class CleanInvitation(msgspec.Struct, frozen=True):
    """The fields of a new invitation after the rules have passed them."""

    email: str
    email_key: str
    name: str | None
    message: str | None


class MadeLink(msgspec.Struct, frozen=True):
    """A link that was just made. `token` is stored nowhere; without an end `expires_at` is None."""

    token: str
    expires_at: datetime | None


class SentLink(msgspec.Struct, frozen=True):
    """One link that was made for an invitation, and what became of it."""

    id: UUID
    channel: str
    state: CodeState
    created_at: datetime
    expires_at: datetime | None
    opened_at: datetime | None


class Guest(msgspec.Struct, frozen=True):
    """What whoever holds a link is shown: what the link can do, and for one that is no stranger's the invitation."""

    link: Code
    email: str = ""
    name: str | None = None
    message: str | None = None
    opened: bool = False


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """What the invited person chose: their name, and a password of which only the hash comes here."""

    name: str | None
    password_hash: str
