"""A session."""

from datetime import datetime
from uuid import UUID

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """What a browser or a program shows of itself: the hash of its session's token, its address and its name."""

    token_hash: bytes | None
    ip: str | None = None
    user_agent: str | None = None


class StartedSession(msgspec.Struct, frozen=True):
    """A session that was just started. `token` is stored nowhere. `ended` are the ids of those that it has pushed out."""

    id: UUID
    token: str
    expires_at: datetime
    ended: tuple[UUID, ...] = ()


class Session(msgspec.Struct, frozen=True):
    """A session that is alive. `ip` and `user_agent` are those of its start, `method` is how its user proved who they are;
    `user_label` is the address, username or number by which a person knows the user."""

    id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None
    method: str
    remember: bool
    user_label: str


class Sessions(msgspec.Struct, frozen=True):
    """One page of sessions, the newest first. `total` counts all that are alive, up to a bound."""

    sessions: list[Session]
    total: int
    next_cursor: str | None
    total_is_exact: bool = True


class SessionStats(msgspec.Struct, frozen=True):
    """How many sessions are alive: in all, of how many users, by the way of signing in, begun and seen in the last 24 hours."""

    total: int
    users: int
    started_in_24_hours: int
    seen_in_24_hours: int
    by_method: dict[str, int]
