"""What the invited person does: open the link, accept, ask for a new one."""

from uuid import UUID

from tenantry.domain.codes import permissions as codes
from tenantry.domain.codes.actions import note_opening, use_code
from tenantry.domain.codes.errors import CodeRefused, TooManyCodes
from tenantry.domain.codes.model import Channel, Code, CodeKind, CodeState
from tenantry.domain.codes.queries import check_token
from tenantry.domain.groups.offering import keep_groups
from tenantry.domain.invitations.events import InvitationAccepted, InvitationRequested
from tenantry.domain.invitations.links import ask_again
from tenantry.domain.invitations.model import OPEN, Acceptance, Guest, InvitationRow
from tenantry.domain.invitations.queries import find_open_invitation, get_invitation_for_change
from tenantry.domain.invitations.rules import seconds_to_wait
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson, PreparedPerson
from tenantry.domain.roles.offering import keep_roles
from tenantry.domain.tenants.model import OneTimeCodes
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.claims import Purpose, release_addresses
from tenantry.domain.users.model import NewUser, User
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import ReadWork, Work


async def note_opened(work: Work, link: Code) -> None:
    """Notes that a link that works was opened for the first time, by a person or a scanner; it stays as good as it was."""
    work.require(codes.USE)
    await note_opening(work, link)
    await work.db.run(
        """
        update invitations
        set opened_at = %s
        where id = %s
          and opened_at is null
        """,
        (work.now, link.invitation_id),
    )


async def prepare_acceptance(work: ReadWork, guest: Guest, name: str | None) -> PreparedPerson:
    """Checks the name that the invited person typed. Raises DomainError naming the field."""
    work.require(users.CREATE)
    return await prepare_person(work, NewPerson(user=NewUser(email=guest.email, name=name)))


async def accept_invitation(work: Work, token: str, accepted: Acceptance) -> User:
    """Makes the invited person a user with the roles and groups that there are still, and uses the link up.

    Their address counts as verified where the link came to it. However many press at once, one of them succeeds. Raises
    CodeRefused, IdentifierTaken where somebody was given the address meanwhile, and DomainError for a bad name; then nothing
    is written.
    """
    work.require(codes.USE)
    link = await check_token(work, token, CodeKind.INVITATION)
    if link.state is not CodeState.VALID or link.invitation_id is None:
        raise CodeRefused(link.state)
    # The invitation is locked before its link; whoever comes second finds the link used.
    invitation = await get_invitation_for_change(work, link.invitation_id)
    await use_code(work, link)
    role_ids = await keep_roles(work, invitation.role_ids)
    group_ids = await keep_groups(work, invitation.group_ids)
    by_mail = link.channel is Channel.EMAIL
    new = NewPerson(
        user=NewUser(email=invitation.email, name=accepted.name, email_verified=by_mail),
        roles=[str(role_id) for role_id in role_ids],
        groups=[str(group_id) for group_id in group_ids],
        via="invitation",
        claim=invitation.id,
    )
    prepared = await prepare_person(work, new)
    user = (await create_person(work, prepared, accepted.password_hash)).user
    await _close(work, invitation, user)
    data = {
        "invitationId": str(invitation.id),
        "offline": not by_mail,
        "missingRoles": _missing(invitation.roles, invitation.role_ids, role_ids),
        "missingGroups": _missing(invitation.groups, invitation.group_ids, group_ids),
    }
    personal = {"email": user.email, "name": user.name}
    themselves = Actor(ActorKind.USER, user.id, user.email or "", frozenset())
    work.record(InvitationAccepted(target_id=user.id, data=data, personal=personal), by=themselves)
    return user


async def request_new_link(work: Work, token: str) -> bool:
    """Has a new link mailed to the invited person, who holds an expired one; says whether anything is to be mailed.

    Nothing is where the link works still, the invitation was accepted or revoked, or the address has become somebody's. Raises
    CodeRefused for a link that is neither good nor expired, and TooManyCodes.
    """
    work.require(codes.USE)
    link = await check_token(work, token, CodeKind.INVITATION)
    if link.state is CodeState.VALID:
        return False
    if link.state is not CodeState.EXPIRED or link.invitation_id is None:
        raise CodeRefused(link.state)
    invitation = await get_invitation_for_change(work, link.invitation_id)
    wait = _wait(work, invitation)
    if wait:
        raise TooManyCodes(wait)
    return await _request(work, invitation)


async def remind_invited(work: Work, key: str) -> bool:
    """Has a new link mailed to an invited person who tries to register, unless one was just sent; False where nobody was invited
    with this address. `key` is its normalised form."""
    work.require(users.CREATE)
    invitation_id = await find_open_invitation(work, key)
    if invitation_id is None:
        return False
    invitation = await get_invitation_for_change(work, invitation_id)
    if _wait(work, invitation):
        return True
    return await _request(work, invitation)


async def _close(work: Work, invitation: InvitationRow, user: User) -> None:
    await work.db.run(
        """
        update invitations
        set accepted_at = %s,
            updated_at = %s,
            user_id = %s
        where id = %s
        """,
        (work.now, work.now, user.id, invitation.id),
    )
    await release_addresses(work, invitation.id, Purpose.INVITATION)


async def _request(work: Work, invitation: InvitationRow) -> bool:
    if invitation.state not in OPEN or await ask_again(work, invitation) is not None:
        return False
    personal = {"email": invitation.email, "name": invitation.name}
    work.record(InvitationRequested(target_id=invitation.id, personal=personal))
    return True


def _wait(work: Work, invitation: InvitationRow) -> int:
    return seconds_to_wait(invitation.asks, work.now, section(work.tenant, "oneTimeCodes", OneTimeCodes))


def _missing(slugs: list[str], ids: list[UUID], kept: set[UUID]) -> list[str]:
    return [slug for slug, one in zip(slugs, ids, strict=True) if one not in kept]
