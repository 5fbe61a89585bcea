"""Groups that are promised to somebody who is no user yet. The action that calls these has authorised."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tenantry.domain.groups.rules import distinct, unknown_of
from tenantry.domain.users.finding import refuse_unknown
from tenantry.kernel.escalation import Grant, refuse_escalation
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import ReadWork, Work


class OfferedGroup(msgspec.Struct, frozen=True):
    """A group by id and slug; `permissions` are those of the administration that membership brings."""

    id: UUID
    slug: str
    permissions: frozenset[str]

    def grant(self) -> Grant:
        return Grant(f"membership of the group {self.slug}", self.permissions)


async def offered_groups(work: ReadWork, refs: Sequence[str]) -> list[OfferedGroup]:
    """The groups that are named by id or slug. System-only. Raises FieldError naming unknown ones, and Escalation."""
    refs = distinct("groups", refs)
    found = await known_groups(work, refs)
    refuse_unknown("groups", unknown_of(refs, [(group.id, group.slug) for group in found]))
    refuse_escalation(work.actor, "groups", [group.grant() for group in found])
    return found


async def known_groups(work: ReadWork, refs: Sequence[str]) -> list[OfferedGroup]:
    """Those of the named groups that there are. System-only."""
    if not refs:
        return []
    named = [parse_named_ref(ref) for ref in refs]
    rows = await work.db.all(
        """
        select g.id, g.slug,
               array(
                   select distinct unnest(granted.permissions)
                   from group_grants granted
                   where granted.group_id = g.id)
        from groups g
        where g.id = any (%s)
           or g.slug = any (%s)
        order by g.slug
        """,
        ([ref.id for ref in named if ref.id], [ref.slug for ref in named if ref.slug is not None]),
    )
    return [OfferedGroup(row[0], row[1], frozenset(row[2])) for row in rows]


async def keep_groups(work: Work, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are groups still; they cannot be deleted until the end of this work. System-only."""
    if not ids:
        return set()
    rows = await work.db.all(
        """
        select g.id
        from groups g
        where g.id = any (%s)
        order by g.id
        for key share
        """,
        (list(ids),),
    )
    return {row[0] for row in rows}
