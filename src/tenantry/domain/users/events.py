"""Facts about users."""

from typing import ClassVar

from tenantry.kernel.events import Event


class UserEvent(Event, frozen=True, kw_only=True):
    """Anything that happened to one user; `personal` has `email`, `name` and, for changes, `changes`."""

    target_type: ClassVar[str] = "user"


class UserCreated(UserEvent, frozen=True, kw_only=True):
    """A user came into being. `data`: `via`, `passwordPending`, `sendSetup`, `sendWelcome`, and where `sendSetup` is true the
    `setupMethod`; without one it is a link by mail."""

    type: ClassVar[str] = "user.created"


class UserUpdated(UserEvent, frozen=True, kw_only=True):
    """Fields changed. `data.fields` names them; `personal.changes` has what was before and after."""

    type: ClassVar[str] = "user.updated"


class UserEmailVerified(UserEvent, frozen=True, kw_only=True):
    """The address counts as verified from now on."""

    type: ClassVar[str] = "user.email_verified"


class UserPhoneVerified(UserEvent, frozen=True, kw_only=True):
    """The number counts as verified from now on."""

    type: ClassVar[str] = "user.phone_verified"


class UserSuspended(UserEvent, frozen=True, kw_only=True):
    """A person suspended the user; every session and token ended with it. `data.reason`."""

    type: ClassVar[str] = "user.suspended"


class UserReactivated(UserEvent, frozen=True, kw_only=True):
    """The suspension was lifted."""

    type: ClassVar[str] = "user.activated"


class UserLocked(UserEvent, frozen=True, kw_only=True):
    """The account was locked for a while. `data`: `reason`, `until`."""

    type: ClassVar[str] = "user.locked"


class UserUnlocked(UserEvent, frozen=True, kw_only=True):
    """The lock was lifted."""

    type: ClassVar[str] = "user.unlocked"


class UserDisabled(UserEvent, frozen=True, kw_only=True):
    """The account was disabled for good. `data.reason`."""

    type: ClassVar[str] = "user.disabled"


class UserEnabled(UserEvent, frozen=True, kw_only=True):
    """A disabled account was enabled again."""

    type: ClassVar[str] = "user.enabled"


class UserDeleted(UserEvent, frozen=True, kw_only=True):
    """The user was deleted. `data.permanent` says whether it can still be restored."""

    type: ClassVar[str] = "user.deleted"


class UserRestored(UserEvent, frozen=True, kw_only=True):
    """A deleted user was brought back. `data.reason`."""

    type: ClassVar[str] = "user.restored"
