"""Facts about verification. That an address or number is verified is told by `user.email_verified` and `user.phone_verified`."""

from typing import ClassVar

from tenantry.kernel.events import Event


class VerificationEvent(Event, frozen=True, kw_only=True):
    """Anything about the verification of a user's address or number; `personal` has `email` and `name`."""

    target_type: ClassVar[str] = "user"


class EmailVerificationRequested(VerificationEvent, frozen=True, kw_only=True):
    """The user is to be sent a link or code that verifies their address. `data`: `kind`, `form`, `scenario` where one asked."""

    type: ClassVar[str] = "user.email_verification_requested"


class PhoneVerificationRequested(VerificationEvent, frozen=True, kw_only=True):
    """The user is to be sent a code that verifies their number. `data`: `kind`, and `scenario` where one asked."""

    type: ClassVar[str] = "user.phone_verification_requested"


class EmailChangeRequested(VerificationEvent, frozen=True, kw_only=True):
    """The user wants another address, `personal.newEmail`. `data`: `kind`, `repeated` when only the link is sent anew, and
    `reason` `taken` with outcome `denied` when the address is not free; the user is not told so."""

    type: ClassVar[str] = "user.email_change_requested"


class EmailChangeCancelled(VerificationEvent, frozen=True, kw_only=True):
    """The user keeps their address after all."""

    type: ClassVar[str] = "user.email_change_cancelled"


class EmailChangeCompleted(VerificationEvent, frozen=True, kw_only=True):
    """The new address is verified and the user's. `personal`: `email` and `oldEmail`."""

    type: ClassVar[str] = "user.email_change_completed"


class EmailChangeReverted(VerificationEvent, frozen=True, kw_only=True):
    """Somebody at the old address took a change back; every session ended. `data.completed`: whether the new one was theirs
    already; `data.passwordDropped`: a password was chosen since, and is dead. `personal`: `email`, the address that holds again,
    and `otherEmail`, the one that was given up."""

    type: ClassVar[str] = "user.email_change_reverted"


class VerificationFailed(VerificationEvent, frozen=True, kw_only=True):
    """Somebody typed a code that is wrong or no longer good; the try was counted. No target where there is no such code."""

    type: ClassVar[str] = "user.verification.failed"


class CodeResendIgnored(VerificationEvent, frozen=True, kw_only=True):
    """The identity API was asked to send anew what the user does not wait for; nothing was sent. `data.scenario`."""

    type: ClassVar[str] = "user.code_resend_ignored"
