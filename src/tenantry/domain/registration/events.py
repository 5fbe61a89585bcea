"""Facts about registration. That somebody did sign up is told by `user.created`, whose `data.via` is `registration`."""

from typing import ClassVar

from tenantry.kernel.events import Event


class RegistrationAttempted(Event, frozen=True, kw_only=True):
    """Somebody tried to sign up with an address that is taken. The target is its user, if it is one's; `data.reason` is `taken`,
    `reserved` or `invited`."""

    type: ClassVar[str] = "user.registration_attempted"
    target_type: ClassVar[str] = "user"
