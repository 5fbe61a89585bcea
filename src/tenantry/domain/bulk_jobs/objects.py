"""The role or group that a bulk job gives or takes away: found once, and looked at again whenever the job goes on."""

from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.model import Action, BulkParams, StopReason
from tenantry.domain.groups.offering import OfferedGroup, known_groups
from tenantry.domain.roles.offering import OfferedRole, known_roles
from tenantry.kernel.escalation import refuse_escalation, refuse_taking_away
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork

OF_ROLES = (Action.ADD_ROLE, Action.REMOVE_ROLE)
OF_GROUPS = (Action.ADD_GROUP, Action.REMOVE_GROUP)
ADDING = (Action.ADD_ROLE, Action.ADD_GROUP)


class FoundObject(msgspec.Struct, frozen=True):
    """A role or group that was found."""

    id: UUID
    slug: str


async def find_object(work: ReadWork, action: Action, params: BulkParams) -> FoundObject | None:
    """The role or group that the action is about, None for an action about neither.

    Raises FieldError for one that is not there, and Escalation for one that grants what the actor lacks: of nobody could it be
    given or taken.
    """
    found: OfferedRole | OfferedGroup | None
    if action in OF_ROLES:
        field, found = "role", next(iter(await known_roles(work, [params.role or ""])), None)
    elif action in OF_GROUPS:
        field, found = "group", next(iter(await known_groups(work, [params.group or ""])), None)
    else:
        return None
    if found is None:
        raise FieldError(f"params.{field}", f"there is no such {field}")
    refuse = refuse_escalation if action in ADDING else refuse_taking_away
    refuse(work.actor, f"params.{field}", [found.grant()])
    return FoundObject(found.id, found.slug)


async def missing_object(work: ReadWork, action: Action, object_id: UUID | None) -> StopReason | None:
    """Why the job cannot go on, when its role or group is gone."""
    if action in OF_ROLES:
        there = await work.db.value("select exists (select from roles where id = %s)", (object_id,))
        return None if there else StopReason.ROLE_GONE
    if action in OF_GROUPS:
        there = await work.db.value("select exists (select from groups where id = %s)", (object_id,))
        return None if there else StopReason.GROUP_GONE
    return None
