"""A link by which a password is set."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

Purpose = Literal["password_reset", "password_setup"]
LONGEST_TOKEN = 128


class LinkState(StrEnum):
    """What a link can still do.

    `expired` is also a link that something has overtaken: a newer link, a new password, a block or lock, or another address.
    `refused` is a good link to an account that is blocked or disabled.
    """

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Link(msgspec.Struct, frozen=True):
    """A link as it stands now. Everything but the state is None for an unknown one."""

    state: LinkState
    id: UUID | None = None
    user_id: UUID | None = None
    purpose: Purpose | None = None


UNKNOWN_LINK = Link(LinkState.UNKNOWN)
