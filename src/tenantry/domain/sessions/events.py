"""Facts about sessions."""

from typing import ClassVar

from tenantry.kernel.events import Event


class SessionRevoked(Event, frozen=True, kw_only=True):
    """One session was ended, or all of a user's. `data`: `all`, `sessionId` when it was one, `keptOne` when all others were, and
    `reason` `session_limit` when a newer one pushed it out."""

    type: ClassVar[str] = "user.session_revoked"
    target_type: ClassVar[str] = "user"


class AllSessionsRevoked(Event, frozen=True, kw_only=True):
    """Every session of everybody in the tenant was ended. `data.users`: of how many people."""

    type: ClassVar[str] = "tenant.sessions_revoked"
    target_type: ClassVar[str] = "tenant"


class UserSignedOut(Event, frozen=True, kw_only=True):
    """The owner ended the session in which they were. `data.sessionId`."""

    type: ClassVar[str] = "user.signed_out"
    target_type: ClassVar[str] = "user"
