"""Facts about sessions."""

from typing import ClassVar

from tenantry.kernel.events import Event


class SessionRevoked(Event, frozen=True, kw_only=True):
    """Somebody ended one session, or all of them. `data`: `all`, and `sessionId` when it was one."""

    type: ClassVar[str] = "user.session_revoked"
    target_type: ClassVar[str] = "user"
