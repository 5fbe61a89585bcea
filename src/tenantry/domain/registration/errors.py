"""What can be refused about registration."""

from tenantry.kernel.errors import DomainError, Kind


class RegistrationClosed(DomainError):
    """Nobody signs up here by themselves. `by_invitation` says that invited people can still join."""

    def __init__(self, *, by_invitation: bool) -> None:
        text = (
            "New accounts are made by invitation only."
            if by_invitation
            else "This organisation takes no sign-ups."
        )
        super().__init__(Kind.FORBIDDEN, "registration_closed", text)
        self.by_invitation = by_invitation
