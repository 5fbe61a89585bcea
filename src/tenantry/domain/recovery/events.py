"""Facts about recovery. That a new password was chosen is told by `user.password_reset_completed`."""

from typing import ClassVar

from tenantry.kernel.events import Event


class PasswordResetRequested(Event, frozen=True, kw_only=True):
    """Somebody asked that the user be sent a link or a code for a password.

    `data`: `kind` (password_reset or password_setup), `by` (self, administrator or forced), `method`, `scenario` where the
    identity API has a name for it, and `reason` where nothing is sent: `unknown` and `throttled` (then there is no target),
    `inactive`, `no_address`.
    """

    type: ClassVar[str] = "user.password_reset_requested"
    target_type: ClassVar[str] = "user"


class ForcedPasswordReset(Event, frozen=True, kw_only=True):
    """An administrator demands a new password. `data`: as above, or `method` `at_sign_in`; `oldPasswordWorks` until then."""

    type: ClassVar[str] = "user.force_password_reset_set"
    target_type: ClassVar[str] = "user"


class PasswordResetFailed(Event, frozen=True, kw_only=True):
    """Somebody typed a code that is wrong or no longer good; the try was counted. Without a target where there is no such code.
    `data.reason` is `wrong_code`."""

    type: ClassVar[str] = "user.password_reset.failed"
    target_type: ClassVar[str] = "user"
