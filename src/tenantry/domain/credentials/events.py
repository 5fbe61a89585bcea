"""Facts about credentials."""

from typing import ClassVar

from tenantry.kernel.events import Event


class PasswordSetByAdmin(Event, frozen=True, kw_only=True):
    """Somebody else than its owner set a password; every session and token ended. `data`: `temporary` (the owner must
    choose another one at the next sign-in), `notify` (the owner is told by mail)."""

    type: ClassVar[str] = "user.password_set_by_admin"
    target_type: ClassVar[str] = "user"


class PasswordResetCompleted(Event, frozen=True, kw_only=True):
    """The owner chose a new password with a link; every session and token ended."""

    type: ClassVar[str] = "user.password_reset_completed"
    target_type: ClassVar[str] = "user"
