"""The role or group that a bulk job gives or takes away: found once, and looked at again whenever the job goes on."""

from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.model import Action, BulkParams, StopReason
from tenantry.kernel.escalation import Grant, refuse_escalation, refuse_taking_away
from tenantry.kernel.problems import FieldError
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import ReadWork

FIND_ROLE = """
    select granted.role_id, granted.slug, granted.permissions
    from role_grants granted
    where granted.role_id = %s
       or granted.slug = %s
"""
FIND_GROUP = """
    select g.id, g.slug,
           array(
               select distinct unnest(granted.permissions)
               from group_grants granted
               where granted.group_id = g.id)
    from groups g
    where g.id = %s
       or g.slug = %s
"""
OF_ROLES = (Action.ADD_ROLE, Action.REMOVE_ROLE)
OF_GROUPS = (Action.ADD_GROUP, Action.REMOVE_GROUP)
ADDING = (Action.ADD_ROLE, Action.ADD_GROUP)


class FoundObject(msgspec.Struct, frozen=True):
    """A role or group that was found, and what comes with it."""

    id: UUID
    slug: str
    grant: Grant


async def find_object(work: ReadWork, action: Action, params: BulkParams) -> FoundObject | None:
    """The role or group that the action is about, None for an action about neither.

    Raises FieldError for one that is not there, and Escalation for one that grants what the actor lacks: of nobody could it be
    given or taken.
    """
    if action in OF_ROLES:
        field, ref, what = "role", params.role, "the role"
        query = FIND_ROLE
    elif action in OF_GROUPS:
        field, ref, what = "group", params.group, "membership of the group"
        query = FIND_GROUP
    else:
        return None
    named = parse_named_ref(ref or "")
    row = await work.db.one(query, (named.id, named.slug))
    if row is None:
        raise FieldError(f"params.{field}", f"there is no such {field}")
    found = FoundObject(row[0], row[1], Grant(f"{what} {row[1]}", frozenset(row[2])))
    refuse = refuse_escalation if action in ADDING else refuse_taking_away
    refuse(work.actor, f"params.{field}", [found.grant])
    return found


async def missing_object(work: ReadWork, action: Action, object_id: UUID | None) -> StopReason | None:
    """Why the job cannot go on, when its role or group is gone."""
    if action in OF_ROLES:
        there = await work.db.value("select exists (select from roles where id = %s)", (object_id,))
        return None if there else StopReason.ROLE_GONE
    if action in OF_GROUPS:
        there = await work.db.value("select exists (select from groups where id = %s)", (object_id,))
        return None if there else StopReason.GROUP_GONE
    return None
