"""A session."""

from datetime import datetime
from uuid import UUID

import msgspec


class Session(msgspec.Struct, frozen=True):
    """A session that is alive. `ip` and `user_agent` are those of its start."""

    id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None


class Sessions(msgspec.Struct, frozen=True):
    """One page of sessions, the newest first. `total` counts all that are alive."""

    sessions: list[Session]
    total: int
    next_cursor: str | None
