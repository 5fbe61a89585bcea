"""What an invitation hands out: roles and groups by id, and whether the actor may hand them out or take them away."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tenantry.domain.groups import permissions as groups
from tenantry.domain.groups.offering import known_groups, offered_groups
from tenantry.domain.invitations.model import InvitationRow
from tenantry.domain.roles import permissions as roles
from tenantry.domain.roles.offering import known_roles, offered_roles
from tenantry.kernel.escalation import Grant, refuse_escalation, refuse_taking_away
from tenantry.kernel.work import ReadWork


class Offer(msgspec.Struct, frozen=True):
    """Roles and groups: their slugs, and their ids in the same order."""

    roles: list[str]
    role_ids: list[UUID]
    groups: list[str]
    group_ids: list[UUID]


async def offer_of(work: ReadWork, role_refs: Sequence[str], group_refs: Sequence[str]) -> Offer:
    """What the references name. System-only.

    Raises MissingPermission for whoever may give out no roles or groups, FieldError naming unknown ones, and Escalation.
    """
    if role_refs:
        work.require(roles.ASSIGN)
    if group_refs:
        work.require(groups.ASSIGN)
    found_roles = await offered_roles(work, role_refs)
    found_groups = await offered_groups(work, group_refs)
    return Offer(
        [role.slug for role in found_roles],
        [role.id for role in found_roles],
        [group.slug for group in found_groups],
        [group.id for group in found_groups],
    )


async def refuse_handing_out(work: ReadWork, invitation: InvitationRow) -> None:
    """Raises Escalation where accepting the invitation gives more than the actor holds. System-only."""
    refuse_escalation(work.actor, "id", await _grants(work, invitation))


async def refuse_withdrawing(work: ReadWork, invitation: InvitationRow) -> None:
    """The same for whoever would take it away. System-only."""
    refuse_taking_away(work.actor, "id", await _grants(work, invitation))


async def _grants(work: ReadWork, invitation: InvitationRow) -> list[Grant]:
    if work.actor.holds("*"):
        return []
    found_roles = await known_roles(work, [str(role_id) for role_id in invitation.role_ids])
    found_groups = await known_groups(work, [str(group_id) for group_id in invitation.group_ids])
    return [*(role.grant() for role in found_roles), *(group.grant() for group in found_groups)]
