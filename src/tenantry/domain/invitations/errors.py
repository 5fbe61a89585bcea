"""What can be refused about invitations."""

from uuid import UUID

from tenantry.domain.invitations.model import InvitationState
from tenantry.kernel.errors import DomainError, Kind

EXISTS = "a user with this email already exists"
OPEN = "there is an open invitation for this email"
HELD = "this email is reserved: somebody is changing to it, or had it until they were deleted"


class AlreadyUser(DomainError):
    """The address is a user's. `user_id` is for those who may see users."""

    def __init__(self, user_id: UUID | None) -> None:
        fields = {"email": EXISTS} if user_id is None else {"email": EXISTS, "userId": str(user_id)}
        super().__init__(Kind.CONFLICT, "duplicate_resource", f"{EXISTS[0].upper()}{EXISTS[1:]}.", fields)


class AlreadyInvited(DomainError):
    """The address was invited before, and that invitation is open still."""

    def __init__(self, invitation_id: UUID) -> None:
        message = f"{OPEN[0].upper()}{OPEN[1:]}. Send that one again, or revoke it first."
        fields = {"email": OPEN, "invitationId": str(invitation_id)}
        super().__init__(Kind.CONFLICT, "duplicate_resource", message, fields)


class AddressHeld(DomainError):
    """The address is held back for a user who is changing to it, or who was deleted."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT, "duplicate_resource", f"{HELD[0].upper()}{HELD[1:]}.", {"email": HELD}
        )


class InvitationNotFound(DomainError):
    """No invitation of this tenant has this id."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "resource_not_found", "There is no such invitation.", {"id": ref[:64]}
        )


class InvitationClosed(DomainError):
    """The invitation was accepted or revoked, so nothing can be done with it any more."""

    def __init__(self, state: InvitationState) -> None:
        problem = f"the invitation was {state.value}"
        super().__init__(Kind.CONFLICT, "conflict", f"{problem[0].upper()}{problem[1:]}.", {"state": problem})
