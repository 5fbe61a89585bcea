"""What can be refused about recovery."""

from tenantry.kernel.errors import DomainError, Kind


class NoAddress(DomainError):
    """The user has no address to which a link or code could be mailed."""

    def __init__(self) -> None:
        problem = "the user has no email address, so no link or code can be mailed"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"email: {problem}.", {"email": problem})


class NoNumber(DomainError):
    """The user has no number to which a code could be sent."""

    def __init__(self) -> None:
        problem = "the user has no phone number, so no code can be sent by text message"
        fields = {"phoneNumber": problem}
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"phoneNumber: {problem}.", fields)


class AccountInactive(DomainError):
    """The account is suspended, locked or disabled, so a link would not work."""

    def __init__(self) -> None:
        problem = "the user is suspended, locked or disabled; a link would not work until that is lifted"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"status: {problem}.", {"status": problem})


class NothingToReset(DomainError):
    """The user has no password yet, so there is none to demand a new one for."""

    def __init__(self) -> None:
        problem = "the user has not chosen a first password yet; send them a link to set one up instead"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"status: {problem}.", {"status": problem})


class NothingAwaited(DomainError):
    """The user waits for no password any more, so there is nothing to send again."""

    def __init__(self) -> None:
        problem = "the user does not wait for a new password any more"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"status: {problem}.", {"status": problem})


class OldPasswordIsDead(DomainError):
    """A reset at the next sign-in needs the old password, which this tenant does not let live so long."""

    def __init__(self) -> None:
        problem = (
            "at_sign_in needs the setting recovery.oldPasswordWorksUntilReset; without it the old password is dead at once,"
            " so choose email_link, email_otp or sms_otp"
        )
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"method: {problem}.", {"method": problem})


class RecoveryOff(DomainError):
    """The tenant lets nobody recover a password themselves, or not in this way."""

    def __init__(self) -> None:
        super().__init__(
            Kind.NOT_FOUND,
            "resource_not_found",
            "A forgotten password cannot be recovered here in this way. Ask your administrator for a new one.",
        )
