"""Roles by name, as forms and pages need them: those to choose from, and the groups that pass one on."""

from uuid import UUID

import msgspec

from tenantry.domain.roles import permissions
from tenantry.kernel.work import ReadWork

MOST_NAMES = 500
"""So many names are given to choose from or to read; more than a person looks through."""


class RoleName(msgspec.Struct, frozen=True):
    """A role to choose; `permissions` are those of the management API that come with it."""

    id: UUID
    slug: str
    name: str
    permissions: frozenset[str]


class GroupWithRole(msgspec.Struct, frozen=True):
    """A group that passes a role on to its members."""

    id: UUID
    slug: str
    name: str


async def list_role_names(work: ReadWork) -> list[RoleName]:
    """The roles to choose from, by name; at most the first MOST_NAMES."""
    work.require(permissions.READ)
    rows = await work.db.all(
        """
        select granted.role_id, granted.slug, granted.name, granted.permissions
        from role_grants granted
        order by lower(granted.name), granted.role_id
        limit %s
        """,
        (MOST_NAMES,),
    )
    return [RoleName(row[0], row[1], row[2], frozenset(row[3])) for row in rows]


async def list_groups_with_role(work: ReadWork, role_id: UUID) -> list[GroupWithRole]:
    """The groups that pass a role on to their members, by name; at most the first MOST_NAMES."""
    work.require(permissions.READ)
    rows = await work.db.all(
        """
        select g.id, g.slug, g.name
        from group_roles gr
        join groups g on g.id = gr.group_id
        where gr.role_id = %s
        order by lower(g.name), g.id
        limit %s
        """,
        (role_id, MOST_NAMES),
    )
    return [GroupWithRole(*row) for row in rows]
