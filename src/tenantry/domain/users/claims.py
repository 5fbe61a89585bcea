"""Addresses that are held back: for an invited person, for a change of address under way, for a deleted user.

Owns `address_claims`. Nobody but the owner of a claim gets its address; `create_user` and `change_user` see to that in their own
statements. These functions do not authorise: the action that calls them does.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from tenantry.kernel.work import Work


class Purpose(StrEnum):
    """What an address is held back for."""

    INVITATION = "invitation"
    EMAIL_CHANGE = "email_change"
    EMAIL_REVERT = "email_revert"
    DELETED = "deleted"


class Holder(msgspec.Struct, frozen=True):
    """Who has an address already: `kind` is `user`, or the purpose of a claim, whose `id` is then its owner's."""

    kind: str
    id: UUID


async def claim_address(
    work: Work, email_key: str, purpose: Purpose, owner: UUID, until: datetime | None
) -> Holder | None:
    """Holds an address back for a user or an invitation, until a moment or for ever; gives who has it instead, if anybody.

    A claim of the same owner is renewed. Of two who want one address at once, the second waits for the first. System-only.
    """
    row = await work.db.one(
        """
        select holder, holder_id
        from claim_address(%s, %s, %s, coalesce(%s::timestamptz, 'infinity'), %s)
        """,
        (email_key, purpose.value, owner, until, work.now),
    )
    return None if row is None else Holder(row[0], row[1])


async def release_addresses(work: Work, owner: UUID, purpose: Purpose) -> None:
    """Gives up what an owner holds back for a purpose. System-only."""
    await work.db.run(
        """
        delete from address_claims
        where owner = %s
          and purpose = %s
        """,
        (owner, purpose.value),
    )
