"""Making the links of an invitation. What calls these has authorised and holds the lock of the invitation's row."""

from datetime import datetime, timedelta

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.model import Channel, CodeKind, NewCode
from tenantry.domain.invitations.model import InvitationRow, MadeLink
from tenantry.domain.invitations.rules import recent_asks
from tenantry.domain.tenants.model import Links
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.claims import Holder, Purpose, claim_address
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.work import ReadWork, Work


async def ask_again(work: Work, invitation: InvitationRow) -> Holder | None:
    """Notes that a further mail is wanted and gives the invitation its whole time again; System-only.

    Gives who has the address by now, if anybody, and then nothing is written.
    """
    until = end_of_links(work)
    holder = await claim_address(work, invitation.email_key, Purpose.INVITATION, invitation.id, until)
    if holder is not None:
        return holder
    await work.db.run(
        """
        update invitations
        set expires_at = coalesce(%s::timestamptz, 'infinity'),
            asks = %s,
            sent_at = null,
            opened_at = null,
            bounced_at = null,
            bounce_reason = null,
            updated_at = %s
        where id = %s
        """,
        (until, [*recent_asks(invitation.asks, work.now), work.now], work.now, invitation.id),
    )
    return None


async def make_link(
    work: Work, invitation: InvitationRow, channel: Channel, sealer: Sealer
) -> MadeLink | Holder:
    """Makes a link, which kills the one before it, and lets the invitation end when the link does. System-only.

    Gives who has the address by now instead, if anybody.
    """
    holder = await claim_address(
        work, invitation.email_key, Purpose.INVITATION, invitation.id, end_of_links(work)
    )
    if holder is not None:
        return holder
    new = NewCode(
        kind=CodeKind.INVITATION, channel=channel, invitation_id=invitation.id, sent_to=invitation.email_key
    )
    issued = await issue_code(work, new, sealer)
    await work.db.run(
        """
        update invitations
        set expires_at = coalesce(%s::timestamptz, 'infinity'),
            sends = sends + 1,
            opened_at = null,
            updated_at = %s
        where id = %s
        """,
        (issued.expires_at, work.now, invitation.id),
    )
    return MadeLink(issued.secret, issued.expires_at)


def end_of_links(work: ReadWork) -> datetime | None:
    """Until when a link works that is made now; None is for ever."""
    minutes = section(work.tenant, "links", Links).invitation_minutes
    return None if minutes < 0 else work.now + timedelta(minutes=minutes)
