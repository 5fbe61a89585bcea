"""A link by which a password is set."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

Purpose = Literal["password_reset", "password_setup"]
LONGEST_TOKEN = 128


class LinkState(StrEnum):
    """What a link can still do.

    `overtaken` is a link after which something came: a newer link, a new password, another address, or a deletion. `refused` is a
    good link to an account that is blocked, locked or disabled; it works again when that is lifted.
    """

    VALID = "valid"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
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
