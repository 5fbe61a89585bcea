"""What can be refused about verification."""

from tenantry.kernel.errors import DomainError, Kind


class _Refused(DomainError):
    def __init__(self, field: str, problem: str) -> None:
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"{field}: {problem}.", {field: problem})


class NothingToVerify(_Refused):
    """The user has no address, or no number."""

    def __init__(self, field: str) -> None:
        what = "email address" if field == "email" else "phone number"
        super().__init__(field, f"the user has no {what} that could be verified")


class AlreadyVerified(_Refused):
    """The address or number is known to be the user's."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "is verified already")


class VerificationUseless(_Refused):
    """The account is in a state in which no link or code of it works."""

    def __init__(self) -> None:
        super().__init__(
            "status",
            "the user is suspended, locked, disabled or past their end; no link or code would work until that is lifted",
        )


class SameAddress(_Refused):
    """The wanted address is the one that the user has."""

    def __init__(self) -> None:
        super().__init__("email", "is your present address")
