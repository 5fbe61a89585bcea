"""Creating, changing and deleting roles. What goes into a role is guarded as what is handed out,
and what leaves it as what is taken away."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from tenantry.domain.groups.guards import refuse_giving_up
from tenantry.domain.groups.model import NOTHING, Change
from tenantry.domain.groups.rules import distinct, unknown_of
from tenantry.domain.roles import permissions
from tenantry.domain.roles.errors import RoleChanged, RoleSlugTaken, SystemRoleFixed
from tenantry.domain.roles.events import RoleCreated, RoleDeleted, RoleUpdated
from tenantry.domain.roles.model import NewRole, RoleChanges, RoleRow
from tenantry.domain.roles.queries import get_role_for_change
from tenantry.domain.roles.rules import MOST_PERMISSIONS
from tenantry.domain.users.finding import refuse_unknown
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.escalation import Grant, refuse_escalation, refuse_taking_away
from tenantry.kernel.events import changes as differences
from tenantry.kernel.ids import new_id
from tenantry.kernel.slugs import (
    checked_description,
    checked_name,
    checked_slug,
    parse_named_ref,
    slug_attempts,
    slug_candidates,
)
from tenantry.kernel.work import Work


async def create_role(work: Work, new: NewRole) -> UUID:
    """Stores a role with its permissions and gives its id.

    Raises RoleSlugTaken for a given slug that is taken, FieldError for bad fields and unknown permissions, and Escalation.
    """
    work.require(permissions.WRITE)
    name, description = checked_name(new.name), checked_description(new.description)
    candidates = slug_candidates(name, "role") if new.slug is None else [checked_slug(new.slug)]
    role_id = new_id()
    slug = await _stored(work, role_id, name, description, candidates)
    change = await _replace_permissions(work, role_id, new.permissions) if new.permissions else NOTHING
    work.record(
        RoleCreated(target_id=role_id, data={"slug": slug, "name": name, "permissions": change.added})
    )
    return role_id


async def change_role(work: Work, ref: str, changes: RoleChanges, seen: datetime | None = None) -> UUID:
    """Lays the changes over a role and gives its id. `seen` is the `updated_at` of the role that the caller looked at.

    A system role takes only what it says already. Raises RoleNotFound, RoleChanged where `seen` is no longer the present one,
    SystemRoleFixed, RoleSlugTaken, FieldError, Escalation for a permission that comes or goes, and OwnAccount.
    """
    work.require(permissions.WRITE)
    before = await get_role_for_change(work, ref)
    if seen is not None and seen != before.updated_at:
        raise RoleChanged
    after = _changed(before, changes)
    found = differences(before, after, ("name", "slug", "description"))
    if before.is_system:
        if found or not await _keeps_permissions(work, before.id, changes):
            raise SystemRoleFixed(before.slug)
        return before.id
    granted = NOTHING
    if changes.permissions is not msgspec.UNSET:
        granted = await _replace_permissions(work, before.id, changes.permissions)
    if granted:
        found["permissions"] = {"added": granted.added, "removed": granted.removed}
    if not found:
        return before.id
    try:
        await work.db.run(
            """
            update roles
            set name = %s,
                slug = %s,
                description = %s,
                updated_at = %s
            where id = %s
            """,
            (after.name, after.slug, after.description, work.now, before.id),
        )
    except ConstraintBroken as broken:
        raise RoleSlugTaken from broken
    work.record(RoleUpdated(target_id=before.id, data={"slug": before.slug, "changes": found}))
    return before.id


async def remove_role(work: Work, ref: str) -> None:
    """Deletes a role; whoever held it holds it no longer. Raises RoleNotFound, SystemRoleFixed, Escalation, OwnAccount."""
    work.require(permissions.WRITE)
    role = await _changeable(work, ref)
    granted = await work.db.value(
        """
        select granted.permissions
        from role_grants granted
        where granted.role_id = %s
        """,
        (role.id,),
    )
    grants = [Grant(f"the role {role.slug}", frozenset(granted))]
    refuse_taking_away(work.actor, "role", grants)
    await work.db.run("delete from roles where id = %s", (role.id,))
    await refuse_giving_up(work, grants)
    work.record(RoleDeleted(target_id=role.id, data={"slug": role.slug, "name": role.name}))


async def _stored(
    work: Work, role_id: UUID, name: str, description: str | None, candidates: list[str]
) -> str:
    """Inserts the role under the first slug that is free, and gives it. Raises RoleSlugTaken."""
    for attempt in slug_attempts(candidates):
        slug: str | None = await work.db.value(
            """
            insert into roles (id, slug, name, description, created_at, updated_at)
            select %s, wanted.slug, %s, %s, %s, %s
            from unnest(%s::text[]) with ordinality as wanted(slug, place)
            where not exists (select from roles r where r.slug = wanted.slug)
            order by wanted.place
            limit 1
            on conflict (tenant_id, slug) do nothing
            returning slug
            """,
            (role_id, name, description, work.now, work.now, attempt),
        )
        # Nothing comes back when the slug is taken, or when another work took it in this very moment.
        if slug is not None:
            return slug
    raise RoleSlugTaken


async def _replace_permissions(work: Work, role_id: UUID, wanted: Sequence[str]) -> Change:
    """Makes these the permissions of a role. Those of the management API that come or go must be the actor's own."""
    refs = distinct("permissions", wanted, MOST_PERMISSIONS)
    named = [parse_named_ref(ref) for ref in refs]
    rows = await work.db.all(
        """
        select p.id, p.slug,
               p.is_system and not exists (
                   select from role_permissions rp
                   where rp.permission_id = p.id
                     and rp.role_id = %s)
        from permissions p
        where p.id = any (%s)
           or p.slug = any (%s)
        """,
        (role_id, [ref.id for ref in named if ref.id], [ref.slug for ref in named if ref.slug is not None]),
    )
    refuse_unknown("permissions", unknown_of(refs, [(row[0], row[1]) for row in rows]))
    grants = [Grant(f"the permission {slug}", frozenset({slug})) for _, slug, guarded in rows if guarded]
    refuse_escalation(work.actor, "permissions", grants)
    written = await work.db.all(
        """
        with gone as (
            delete from role_permissions rp
            using permissions p
            where rp.role_id = %(role)s
              and rp.permission_id <> all (%(wanted)s)
              and p.id = rp.permission_id
            returning p.slug, p.is_system
        ), fresh as (
            insert into role_permissions (role_id, permission_id)
            select %(role)s, p.id
            from permissions p
            where p.id = any (%(wanted)s)
            on conflict do nothing
            returning permission_id
        )
        select false, gone.slug, gone.is_system
        from gone
        union all
        select true, p.slug, false
        from fresh
        join permissions p on p.id = fresh.permission_id
        order by 2
        """,
        {"role": role_id, "wanted": [row[0] for row in rows]},
    )
    lost = [Grant(f"the permission {slug}", frozenset({slug})) for _, slug, guarded in written if guarded]
    refuse_taking_away(work.actor, "permissions", lost)
    await refuse_giving_up(work, lost)
    return Change([slug for new, slug, _ in written if new], [slug for new, slug, _ in written if not new])


async def _keeps_permissions(work: Work, role_id: UUID, changes: RoleChanges) -> bool:
    """Whether the permissions that are wanted, if any are, are those that the role has."""
    if changes.permissions is msgspec.UNSET:
        return True
    rows = await work.db.all(
        """
        select p.id, p.slug
        from role_permissions rp
        join permissions p on p.id = rp.permission_id
        where rp.role_id = %s
        """,
        (role_id,),
    )
    wanted = distinct("permissions", changes.permissions, MOST_PERMISSIONS)
    return len(wanted) == len(rows) and not unknown_of(wanted, [(row[0], row[1]) for row in rows])


async def _changeable(work: Work, ref: str) -> RoleRow:
    role = await get_role_for_change(work, ref)
    if role.is_system:
        raise SystemRoleFixed(role.slug)
    return role


def _changed(role: RoleRow, changes: RoleChanges) -> RoleRow:
    name, slug, description = role.name, role.slug, role.description
    if changes.name is not msgspec.UNSET:
        name = checked_name(changes.name)
    if changes.slug is not msgspec.UNSET:
        slug = checked_slug(changes.slug or "")
    if changes.description is not msgspec.UNSET:
        description = checked_description(changes.description)
    return RoleRow(role.id, slug, name, description, role.is_system, role.updated_at)
