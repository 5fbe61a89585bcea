"""Facts about recovery. That a link was used is told by `user.password_reset_completed`."""

from typing import ClassVar

from tenantry.kernel.events import Event


class PasswordResetRequested(Event, frozen=True, kw_only=True):
    """Somebody asked that a link for a new password be mailed to the user."""

    type: ClassVar[str] = "user.password_reset_requested"
    target_type: ClassVar[str] = "user"
