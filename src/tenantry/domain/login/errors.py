"""What can be refused about signing in."""

from datetime import datetime

from tenantry.domain.login.model import Reason, Step
from tenantry.kernel.errors import DomainError, Kind

GENERIC = "The sign-in name or the password is wrong."


class WrongCredentials(DomainError):
    """The one answer to an unknown identifier, a wrong password, an account without one, and a locked-out account."""

    def __init__(self) -> None:
        super().__init__(Kind.UNAUTHENTICATED, "invalid_credentials", GENERIC)


RESET_FIRST = (
    "An administrator has asked for a new password, and the old one no longer signs you in. Choose a new one with the link that"
    " was sent to you, or by “Forgot password?”."
)
TEXTS = {
    Reason.SUSPENDED: ("account_suspended", "This account is suspended. Ask your administrator."),
    Reason.LOCKED: ("account_locked", "This account is locked. Ask your administrator."),
    Reason.DISABLED: ("account_disabled", "This account is disabled. Ask your administrator."),
    Reason.PAST_VALIDITY: ("account_expired", "This account is no longer valid. Ask your administrator."),
    Reason.PASSWORD_RESET_PENDING: ("password_reset_required", RESET_FIRST),
}


class AccountKeptOut(DomainError):
    """The password was right, and an administrator has put the account into a state that keeps it out. `reason` says which."""

    def __init__(self, reason: Reason, until: datetime | None = None) -> None:
        code, text = TEXTS[reason]
        if until is not None:
            text = f"This account is locked until {until:%Y-%m-%d %H:%M} UTC. Ask your administrator."
        super().__init__(Kind.FORBIDDEN, code, text)
        self.reason = reason


class AttemptEnded(DomainError):
    """The sign-in under way is unknown here, too old, overtaken by a change of the account, or another browser's."""

    def __init__(self) -> None:
        super().__init__(
            Kind.UNAUTHENTICATED,
            "sign_in_expired",
            "This sign-in has expired. Begin again with your password.",
        )


class OtherStep(DomainError):
    """The sign-in waits for another step than the one that was sent. `step` says which."""

    def __init__(self, step: Step) -> None:
        super().__init__(
            Kind.CONFLICT,
            "other_step",
            f"This sign-in waits for another step: {step.value}.",
            {"step": step.value},
        )
        self.step = step
