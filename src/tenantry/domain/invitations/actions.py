"""What administrators do with invitations: make one, or many at once; send one again; hand a link over; revoke one.

Nobody invites to what they could not hand out themselves, nor takes hold of an invitation to such: whoever holds a link can
accept it.
"""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.codes.model import Channel
from tenantry.domain.invitations.errors import AddressHeld, AlreadyInvited, AlreadyUser, InvitationClosed
from tenantry.domain.invitations.events import (
    InvitationLinkCreated,
    InvitationResent,
    InvitationRevoked,
    UserInvited,
)
from tenantry.domain.invitations.links import ask_again, end_of_links, make_link
from tenantry.domain.invitations.model import (
    MOST_AT_ONCE,
    OPEN,
    CleanInvitation,
    InvitationRow,
    InvitationState,
    MadeLink,
    NewInvitation,
)
from tenantry.domain.invitations.offers import Offer, offer_of, refuse_handing_out, refuse_withdrawing
from tenantry.domain.invitations.queries import get_invitation_for_change
from tenantry.domain.invitations.rules import clean_invitation, seconds_to_wait
from tenantry.domain.tenants.model import OneTimeCodes
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.claims import Holder, Purpose, release_addresses
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.db import Params, Query
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.ids import new_id
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import Work, attempt

# What stops the work as a whole, also where several people are invited in it.
FATAL = (Kind.BUSY, Kind.UNAUTHENTICATED)
# The address is claimed first: of two who invite one person at once, the second sees the first's claim and stores nothing.
INSERT: Query = """
    with held as materialized (
        select holder, holder_id
        from claim_address(%(key)s, 'invitation', %(id)s, coalesce(%(until)s::timestamptz, 'infinity'), %(now)s)
    ), replaced as (
        update invitations i
        set revoked_at = %(now)s,
            updated_at = %(now)s
        where i.email_key = %(key)s
          and i.accepted_at is null
          and i.revoked_at is null
          and i.expires_at <= %(now)s
          and not exists (select from held)
        returning i.id
    ), stored as (
        insert into invitations (
            id, email, email_key, name, message, roles, role_ids, groups, group_ids, invited_by, invited_label,
            created_at, updated_at, expires_at, asks)
        select
            %(id)s, %(email)s, %(key)s, %(name)s, %(message)s,
            %(roles)s, %(role_ids)s::uuid[], %(groups)s, %(group_ids)s::uuid[], %(by)s, %(label)s,
            %(now)s, %(now)s, coalesce(%(until)s::timestamptz, 'infinity'), %(asks)s::timestamptz[]
        where not exists (select from held)
          and (select count(*) from replaced) >= 0
    )
    select holder, holder_id
    from held
    union all
    select null, id
    from replaced
"""


async def invite(work: Work, new: NewInvitation) -> UUID:
    """Asks somebody to join and gives the invitation's id; their address is held back from now on. The mail follows the event.

    Raises DomainError naming every faulty field, AlreadyUser, AlreadyInvited, AddressHeld, FieldError naming unknown roles or
    groups, and Escalation for those that grant what the actor lacks.
    """
    work.require(users.CREATE)
    clean = clean_invitation(new)
    offer = await offer_of(work, new.roles, new.groups)
    invitation_id = new_id()
    for holder, owner in await work.db.all(INSERT, _row(work, invitation_id, clean, offer, send=new.send)):
        if holder is not None:
            _refuse(work, Holder(holder, owner))
        work.record(InvitationRevoked(target_id=owner, data={"replaced": True}, personal=_personal(clean)))
    data = {"roles": offer.roles, "groups": offer.groups, "mail": new.send}
    work.record(UserInvited(target_id=invitation_id, data=data, personal=_personal(clean)))
    return invitation_id


async def invite_many(work: Work, wanted: Sequence[NewInvitation | DomainError]) -> list[UUID | DomainError]:
    """Invites each person by themselves: for each the invitation's id, or why there is none; a refusal comes back as it is.

    Raises FieldError for nobody at all or for more than MOST_AT_ONCE.
    """
    work.require(users.CREATE)
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise FieldError("invitations", f"must have 1 to {MOST_AT_ONCE} entries, but has {len(wanted)}")
    answers: dict[int, UUID | DomainError] = {}
    # In one order, so that two who invite the same people at once never wait for each other.
    for place in sorted(range(len(wanted)), key=lambda place: _order(wanted[place])):
        answers[place] = await _one_of_many(work, wanted[place])
    return [answers[place] for place in range(len(wanted))]


async def resend_invitation(work: Work, invitation_id: UUID) -> None:
    """Has a new link mailed, with the whole time before it; the old one is dead then.

    Raises InvitationNotFound, InvitationClosed, TooManyCodes, AlreadyUser where the address has become a user's meanwhile, and
    Escalation.
    """
    work.require(users.CREATE)
    invitation = await _open_for_change(work, invitation_id)
    wait = seconds_to_wait(invitation.asks, work.now, section(work.tenant, "oneTimeCodes", OneTimeCodes))
    if wait:
        raise TooManyCodes(wait)
    holder = await ask_again(work, invitation)
    if holder is not None:
        _refuse(work, holder)
    work.record(InvitationResent(target_id=invitation.id, personal=_personal(invitation)))


async def create_offline_link(work: Work, invitation_id: UUID, sealer: Sealer) -> MadeLink:
    """A link for the administrator to hand over, shown this once; the mailed one is dead, and a mail that was asked for before
    and has not been written does not go. It proves no address.

    Raises InvitationNotFound, InvitationClosed, AlreadyUser and Escalation.
    """
    work.require(users.CREATE)
    invitation = await _open_for_change(work, invitation_id)
    made = await make_link(work, invitation, Channel.OFFLINE, sealer)
    if isinstance(made, Holder):
        _refuse(work, made)
    assert isinstance(made, MadeLink)
    work.record(InvitationLinkCreated(target_id=invitation.id, personal=_personal(invitation)))
    return made


async def revoke_invitation(work: Work, invitation_id: UUID) -> bool:
    """Withdraws the invitation: its links are dead and its address is free. False when it was revoked before.

    Raises InvitationNotFound, InvitationClosed for one that was accepted, and Escalation.
    """
    work.require(users.CREATE)
    invitation = await get_invitation_for_change(work, invitation_id)
    if invitation.state is InvitationState.REVOKED:
        return False
    if invitation.state is InvitationState.ACCEPTED:
        raise InvitationClosed(invitation.state)
    await refuse_withdrawing(work, invitation)
    await work.db.run(
        """
        update invitations
        set revoked_at = %s,
            updated_at = %s
        where id = %s
        """,
        (work.now, work.now, invitation.id),
    )
    await release_addresses(work, invitation.id, Purpose.INVITATION)
    work.record(
        InvitationRevoked(target_id=invitation.id, data={"replaced": False}, personal=_personal(invitation))
    )
    return True


async def _open_for_change(work: Work, invitation_id: UUID) -> InvitationRow:
    invitation = await get_invitation_for_change(work, invitation_id)
    if invitation.state not in OPEN:
        raise InvitationClosed(invitation.state)
    await refuse_handing_out(work, invitation)
    return invitation


def _row(work: Work, invitation_id: UUID, clean: CleanInvitation, offer: Offer, *, send: bool) -> Params:
    return {
        "id": invitation_id,
        "email": clean.email,
        "key": clean.email_key,
        "name": clean.name,
        "message": clean.message,
        "roles": offer.roles,
        "role_ids": offer.role_ids,
        "groups": offer.groups,
        "group_ids": offer.group_ids,
        "by": work.actor.id,
        "label": work.actor.label or None,
        "now": work.now,
        "until": end_of_links(work),
        "asks": [work.now] if send else [],
    }


async def _one_of_many(work: Work, wanted: NewInvitation | DomainError) -> UUID | DomainError:
    if isinstance(wanted, DomainError):
        return wanted
    try:
        async with attempt(work):
            return await invite(work, wanted)
    except DomainError as refusal:
        if refusal.kind in FATAL:
            raise
        return refusal


def _order(wanted: NewInvitation | DomainError) -> str:
    return "" if isinstance(wanted, DomainError) else wanted.email.strip().casefold()


def _refuse(work: Work, holder: Holder) -> None:
    """Raises what it means that somebody has the address."""
    if holder.kind == "user":
        raise AlreadyUser(holder.id if work.actor.may(users.READ) else None)
    if holder.kind == Purpose.INVITATION:
        raise AlreadyInvited(holder.id)
    raise AddressHeld


def _personal(about: CleanInvitation | InvitationRow) -> dict[str, str | None]:
    return {"email": about.email, "name": about.name}
