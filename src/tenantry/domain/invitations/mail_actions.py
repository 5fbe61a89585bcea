"""What the mails of invitations need: a link at the moment of writing, and a place for what became of them."""

from datetime import datetime
from uuid import UUID

from tenantry.domain.codes.model import Channel
from tenantry.domain.invitations.errors import InvitationNotFound
from tenantry.domain.invitations.links import make_link
from tenantry.domain.invitations.model import OPEN, InvitationRow, MadeLink
from tenantry.domain.invitations.queries import get_invitation_for_change
from tenantry.domain.users import permissions as users
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.work import Work


async def find_invitation_to_mail(work: Work, invitation_id: UUID) -> InvitationRow | None:
    """The invitation, locked; None when it is closed or gone."""
    work.require(users.CREATE)
    try:
        invitation = await get_invitation_for_change(work, invitation_id)
    except InvitationNotFound:
        return None
    return invitation if invitation.state in OPEN else None


async def make_mailed_link(
    work: Work, invitation: InvitationRow, asked_by: UUID, sealer: Sealer
) -> MadeLink | None:
    """The link for the mail that the event `asked_by` wants, of a locked invitation.

    None where a link was made since that event, so that the one asked for last is the one that works, and where the address
    has become somebody's.
    """
    work.require(users.CREATE)
    overtaken = await work.db.value(
        """
        select exists (
            select from codes c
            where c.invitation_id = %s
              and c.id > %s)
        """,
        (invitation.id, asked_by),
    )
    if overtaken:
        return None
    made = await make_link(work, invitation, Channel.EMAIL, sealer)
    return made if isinstance(made, MadeLink) else None


async def note_delivery(work: Work, invitation_id: UUID, written: datetime, refusal: str | None) -> None:
    """Notes that the mail written at `written` left, or why it was refused for good; one of an earlier asking tells nothing."""
    work.require(users.CREATE)
    await work.db.run(
        """
        update invitations
        set sent_at = case when %(refusal)s::text is null then %(now)s end,
            bounced_at = case when %(refusal)s::text is not null then %(now)s end,
            bounce_reason = %(refusal)s
        where id = %(id)s
          and accepted_at is null
          and revoked_at is null
          and (asks = '{}' or asks[cardinality(asks)] <= %(written)s)
        """,
        {"id": invitation_id, "now": work.now, "written": written, "refusal": refusal},
    )
