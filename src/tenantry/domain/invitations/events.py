"""Facts about invitations. That somebody accepted is a fact about the user that came of it."""

from typing import ClassVar

from tenantry.kernel.events import Event


class InvitationEvent(Event, frozen=True, kw_only=True):
    """Anything that happened to one invitation; `personal` has `email` and `name`."""

    target_type: ClassVar[str] = "invitation"


class UserInvited(InvitationEvent, frozen=True, kw_only=True):
    """Somebody was asked to join. `data`: `roles`, `groups`, `mail` (whether one is to go)."""

    type: ClassVar[str] = "user.invited"


class InvitationResent(InvitationEvent, frozen=True, kw_only=True):
    """An administrator had a new link mailed; the old one is dead."""

    type: ClassVar[str] = "user.invitation_resent"


class InvitationRequested(InvitationEvent, frozen=True, kw_only=True):
    """The invited person asked for a new link, on the page of an expired one or by trying to register."""

    type: ClassVar[str] = "user.invitation_requested"


class InvitationLinkCreated(InvitationEvent, frozen=True, kw_only=True):
    """An administrator was shown a link to hand over; the mailed one is dead."""

    type: ClassVar[str] = "user.invitation_link_created"


class InvitationRevoked(InvitationEvent, frozen=True, kw_only=True):
    """The invitation was withdrawn. `data.replaced` says that it had expired and a new one took its place."""

    type: ClassVar[str] = "user.invitation_revoked"


class InvitationAccepted(Event, frozen=True, kw_only=True):
    """An invited person became a user. `data`: `invitationId`, `offline` (the link was handed over, so it proves no address),
    `missingRoles` and `missingGroups` (slugs of what was deleted meanwhile)."""

    type: ClassVar[str] = "user.invitation_accepted"
    target_type: ClassVar[str] = "user"
