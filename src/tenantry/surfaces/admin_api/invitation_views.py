"""How the API shows an invitation."""

from typing import Annotated
from uuid import UUID

import msgspec

from tenantry.domain.invitations.model import Invitation, SentLink
from tenantry.surfaces.admin_api.user_views import Named
from tenantry.surfaces.kit.invitation_query import STATES
from tenantry.surfaces.kit.search_query import one_of
from tenantry.surfaces.kit.wire import Moment


class LinkView(msgspec.Struct, frozen=True, rename="camel"):
    """A link that was made for the invitation. `channel` is `email`, or `offline` for one that was handed over."""

    channel: Annotated[str, one_of("email", "offline")]
    state: Annotated[str, one_of("valid", "used", "expired", "overtaken")]
    created_at: Moment
    expires_at: Moment | None
    opened_at: Moment | None


class InvitationView(msgspec.Struct, frozen=True, rename="camel"):
    """An invitation. The link itself is in no answer but that of `…/link`."""

    id: UUID
    email: str
    name: str | None
    message: str | None
    state: Annotated[str, one_of(*STATES)]
    roles: list[Named] | msgspec.Raw
    groups: list[Named] | msgspec.Raw
    invited_by: UUID | None
    created_at: Moment
    updated_at: Moment
    expires_at: Moment | None
    sent_at: Moment | None
    opened_at: Moment | None
    accepted_at: Moment | None
    revoked_at: Moment | None
    bounced_at: Moment | None
    bounce_reason: str | None
    links_made: int
    user_id: UUID | None
    links: (
        Annotated[list[LinkView], msgspec.Meta(description="Only for a single invitation.")]
        | msgspec.UnsetType
    ) = msgspec.UNSET


def invitation_view(invitation: Invitation, links: list[SentLink] | None = None) -> InvitationView:
    """The invitation, with its links where they were read."""
    return InvitationView(
        id=invitation.id,
        email=invitation.email,
        name=invitation.name,
        message=invitation.message,
        state=invitation.state.value,
        roles=invitation.roles,
        groups=invitation.groups,
        invited_by=invitation.invited_by,
        created_at=invitation.created_at,
        updated_at=invitation.updated_at,
        expires_at=invitation.expires_at,
        sent_at=invitation.sent_at,
        opened_at=invitation.opened_at,
        accepted_at=invitation.accepted_at,
        revoked_at=invitation.revoked_at,
        bounced_at=invitation.bounced_at,
        bounce_reason=invitation.bounce_reason,
        links_made=invitation.sends,
        user_id=invitation.user_id,
        links=msgspec.UNSET if links is None else [_link_view(link) for link in links],
    )


def _link_view(link: SentLink) -> LinkView:
    return LinkView(link.channel, link.state.value, link.created_at, link.expires_at, link.opened_at)
