"""Founding the system roles, and giving roles to users and groups and taking them away.

Nobody hands out a role that grants more of the management API than they hold themselves, and nobody takes such a role away.
However many roles a call names, it runs the same few statements.
"""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.groups.model import Added, Change
from tenantry.domain.roles import permissions as own
from tenantry.domain.roles.assignments import (
    GROUP,
    USER,
    add_links,
    joinable_role,
    remove_link,
    replace_links,
)
from tenantry.domain.roles.events import UserRoleAssigned
from tenantry.domain.roles.rules import SYSTEM_ROLES, system_grants
from tenantry.domain.users.finding import find_user_ids
from tenantry.domain.users.versions import move_versions
from tenantry.kernel.escalation import refuse_escalation
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Permission
from tenantry.kernel.work import Work


async def create_system_roles(work: Work, permissions: Sequence[Permission]) -> None:
    """Stores the system permissions and the system roles of a tenant; what is there already stays, so it may run again.

    `permissions` are all that the program declares.
    """
    work.require(own.WRITE)
    await work.db.run(
        """
        insert into permissions (id, slug, name, description, category, is_system, created_at, updated_at)
        select p.id, p.slug, p.slug, p.description, split_part(p.slug, ':', 1), true, %s, %s
        from unnest(%s::uuid[], %s::text[], %s::text[]) as p(id, slug, description)
        on conflict (tenant_id, slug) do nothing
        """,
        (
            work.now,
            work.now,
            [new_id() for _ in permissions],
            [permission.name for permission in permissions],
            [permission.description for permission in permissions],
        ),
    )
    await work.db.run(
        """
        insert into roles (id, slug, name, description, is_system, created_at, updated_at)
        select r.id, r.slug, r.name, r.description, true, %s, %s
        from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) as r(id, slug, name, description)
        on conflict (tenant_id, slug) do nothing
        """,
        (
            work.now,
            work.now,
            [new_id() for _ in SYSTEM_ROLES],
            [role.slug for role in SYSTEM_ROLES],
            [role.name for role in SYSTEM_ROLES],
            [role.description for role in SYSTEM_ROLES],
        ),
    )
    pairs = system_grants(permission.name for permission in permissions)
    await work.db.run(
        """
        insert into role_permissions (role_id, permission_id)
        select r.id, p.id
        from unnest(%s::text[], %s::text[]) as wanted(role, permission)
        join roles r on r.slug = wanted.role and r.is_system
        join permissions p on p.slug = wanted.permission and p.is_system
        on conflict do nothing
        """,
        ([role for role, _ in pairs], [permission for _, permission in pairs]),
    )


async def assign_roles(work: Work, user_id: UUID, slugs: Sequence[str]) -> bool:
    """Gives roles to a user that this very work created; says whether there were any. It does not move the version.

    Raises FieldError naming unknown roles, and Escalation for a role that grants more than the actor has.
    """
    work.require(own.ASSIGN)
    return bool(await add_links(work, USER, user_id, slugs))


async def add_user_roles(work: Work, user_id: UUID, roles: Sequence[str]) -> Change:
    """Gives one or more roles to a user. Raises FieldError naming unknown roles, Escalation, and UserNotFound."""
    work.require(own.ASSIGN)
    added = await add_links(work, USER, user_id, roles)
    if added:
        await move_versions(work, [user_id])
    return Change(added, [])


async def add_user_role(work: Work, user_id: UUID, role: str) -> bool:
    """Gives a user the role with this slug or id; says whether it is new to them. Raises as `add_user_roles` does."""
    work.require(own.ASSIGN)
    return bool(await add_user_roles(work, user_id, [role]))


async def remove_user_role(work: Work, user_id: UUID, role: str) -> bool:
    """Takes a role from a user; says whether they held it directly. Raises RoleNotFound, Escalation, OwnAccount."""
    work.require(own.ASSIGN)
    gone = await remove_link(work, USER, user_id, role)
    if gone:
        await move_versions(work, [user_id])
    return gone


async def replace_user_roles(work: Work, user_id: UUID, slugs: Sequence[str]) -> Change:
    """Makes these the direct roles of a user; an empty list takes all away. Roles that they keep are not guarded.

    Raises FieldError naming unknown roles, Escalation for one that comes or goes, OwnAccount, and UserNotFound.
    """
    work.require(own.ASSIGN)
    change = await replace_links(work, USER, user_id, slugs)
    if change:
        await move_versions(work, [user_id])
    return change


async def give_role_to_users(work: Work, role: str, users: Sequence[str]) -> Added:
    """Gives one role to users, named by id or email, and says to how many it is new.

    Raises RoleNotFound, FieldError naming unknown users, and Escalation.
    """
    work.require(own.ASSIGN)
    role_id, slug, grant = await joinable_role(work, role)
    refuse_escalation(work.actor, "role", [grant])
    user_ids = await find_user_ids(work, users)
    rows = await work.db.all(
        """
        insert into user_roles (role_id, user_id, added_at)
        select %s, wanted, %s
        from unnest(%s::uuid[]) as wanted
        on conflict do nothing
        returning user_id
        """,
        (role_id, work.now, user_ids),
    )
    given = [row[0] for row in rows]
    await move_versions(work, given)
    for user_id in given:
        work.record(UserRoleAssigned(target_id=user_id, data={"roles": [slug]}))
    return Added(len(given), len(user_ids) - len(given))


async def add_group_roles(work: Work, group_id: UUID, roles: Sequence[str]) -> Change:
    """Gives roles to a group and so to all its members. Raises FieldError naming unknown roles, and Escalation."""
    work.require(own.ASSIGN)
    return Change(await add_links(work, GROUP, group_id, roles), [])


async def remove_group_role(work: Work, group_id: UUID, role: str) -> bool:
    """Takes a role from a group; says whether it had it. Raises RoleNotFound, Escalation and OwnAccount."""
    work.require(own.ASSIGN)
    return await remove_link(work, GROUP, group_id, role)


async def replace_group_roles(work: Work, group_id: UUID, slugs: Sequence[str]) -> Change:
    """Makes these the roles of a group.

    Raises FieldError naming unknown roles, Escalation for one that comes or goes, and OwnAccount.
    """
    work.require(own.ASSIGN)
    return await replace_links(work, GROUP, group_id, slugs)
