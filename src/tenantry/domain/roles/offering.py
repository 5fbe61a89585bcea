"""Roles that are promised to somebody who is no user yet. The action that calls these has authorised."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tenantry.domain.groups.rules import distinct, unknown_of
from tenantry.domain.users.finding import refuse_unknown
from tenantry.kernel.escalation import Grant, refuse_escalation
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import ReadWork, Work


class OfferedRole(msgspec.Struct, frozen=True):
    """A role by id and slug; `permissions` are those of the administration that come with it."""

    id: UUID
    slug: str
    permissions: frozenset[str]

    def grant(self) -> Grant:
        return Grant(f"the role {self.slug}", self.permissions)


async def offered_roles(work: ReadWork, refs: Sequence[str]) -> list[OfferedRole]:
    """The roles that are named by id or slug. System-only. Raises FieldError naming unknown ones, and Escalation."""
    refs = distinct("roles", refs)
    found = await known_roles(work, refs)
    refuse_unknown("roles", unknown_of(refs, [(role.id, role.slug) for role in found]))
    refuse_escalation(work.actor, "roles", [role.grant() for role in found])
    return found


async def known_roles(work: ReadWork, refs: Sequence[str]) -> list[OfferedRole]:
    """Those of the named roles that there are. System-only."""
    if not refs:
        return []
    named = [parse_named_ref(ref) for ref in refs]
    rows = await work.db.all(
        """
        select granted.role_id, granted.slug, granted.permissions
        from role_grants granted
        where granted.role_id = any (%s)
           or granted.slug = any (%s)
        order by granted.slug
        """,
        ([ref.id for ref in named if ref.id], [ref.slug for ref in named if ref.slug is not None]),
    )
    return [OfferedRole(row[0], row[1], frozenset(row[2])) for row in rows]


async def keep_roles(work: Work, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are roles still; they cannot be deleted until the end of this work. System-only."""
    if not ids:
        return set()
    rows = await work.db.all(
        """
        select r.id
        from roles r
        where r.id = any (%s)
        order by r.id
        for key share
        """,
        (list(ids),),
    )
    return {row[0] for row in rows}
