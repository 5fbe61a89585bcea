"""What can be refused about recovery."""

from tenantry.kernel.errors import DomainError, Kind


class NoAddress(DomainError):
    """The user has no address to which a link could be mailed."""

    def __init__(self) -> None:
        problem = "the user has no email address, so no link can be mailed"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"email: {problem}.", {"email": problem})


class AccountInactive(DomainError):
    """The account is suspended, locked or disabled, so a link would not work."""

    def __init__(self) -> None:
        problem = "the user is suspended, locked or disabled; a link would not work until that is lifted"
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"status: {problem}.", {"status": problem})
