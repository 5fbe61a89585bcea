"""Reading one recorded event back, for those who react to it. The audit log as a whole is read in the domain."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenantry.kernel.db import Handle


class RecordedEvent(msgspec.Struct, frozen=True):
    """An event as it is stored. `personal` is empty once it has been erased."""

    id: UUID
    type: str
    occurred_at: datetime
    target_type: str | None
    target_id: UUID | None
    data: dict[str, Any]
    personal: dict[str, Any]


async def load_event(db: Handle, event_id: UUID) -> RecordedEvent | None:
    """The event of the present tenant with this id, or None."""
    row = await db.one(
        """
        select id, type, occurred_at, target_type, target_id, data, coalesce(personal, '{}')
        from events
        where id = %s
        """,
        (event_id,),
    )
    return None if row is None else RecordedEvent(*row)
