"""Creating, changing and deleting the permissions that a tenant defines for its own applications."""

from datetime import datetime
from uuid import UUID

import msgspec

from tenantry.domain.roles import permissions
from tenantry.domain.roles.errors import PermissionChanged, PermissionSlugTaken, SystemPermissionFixed
from tenantry.domain.roles.events import PermissionCreated, PermissionDeleted, PermissionUpdated
from tenantry.domain.roles.model import NewPermission, PermissionChanges, PermissionRow
from tenantry.domain.roles.queries import get_permission_for_change
from tenantry.domain.roles.rules import checked_permission
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.events import changes as differences
from tenantry.kernel.ids import new_id
from tenantry.kernel.problems import clean_text
from tenantry.kernel.slugs import MAX_NAME, checked_description, checked_name
from tenantry.kernel.work import Work


async def create_permission(work: Work, new: NewPermission) -> UUID:
    """Stores a permission and gives its id. Raises FieldError for bad fields, PermissionSlugTaken."""
    work.require(permissions.WRITE)
    slug = checked_permission(new.slug)
    name = slug if new.name is None else checked_name(new.name)
    category = clean_text("category", new.category, MAX_NAME) or slug.partition(":")[0]
    permission_id = new_id()
    try:
        await work.db.run(
            """
            insert into permissions (id, slug, name, description, category, created_at, updated_at)
            values (%s, %s, %s, %s, %s, %s, %s)
            """,
            (permission_id, slug, name, checked_description(new.description), category, work.now, work.now),
        )
    except ConstraintBroken as broken:
        raise PermissionSlugTaken from broken
    work.record(PermissionCreated(target_id=permission_id, data={"slug": slug, "name": name}))
    return permission_id


async def change_permission(
    work: Work, ref: str, changes: PermissionChanges, seen: datetime | None = None
) -> UUID:
    """Lays the changes over a permission and gives its id. `seen` is the `updated_at` of the one that the caller looked at.

    A system permission takes only what it says already. Raises PermissionNotFound, PermissionChanged where `seen` is no longer
    the present one, SystemPermissionFixed, PermissionSlugTaken, FieldError.
    """
    work.require(permissions.WRITE)
    before = await get_permission_for_change(work, ref)
    if seen is not None and seen != before.updated_at:
        raise PermissionChanged
    after = _changed(before, changes)
    found = differences(before, after, ("slug", "name", "description", "category"))
    if not found:
        return before.id
    if before.is_system:
        raise SystemPermissionFixed(before.slug)
    try:
        await work.db.run(
            """
            update permissions
            set slug = %s,
                name = %s,
                description = %s,
                category = %s,
                updated_at = %s
            where id = %s
            """,
            (after.slug, after.name, after.description, after.category, work.now, before.id),
        )
    except ConstraintBroken as broken:
        raise PermissionSlugTaken from broken
    work.record(PermissionUpdated(target_id=before.id, data={"slug": before.slug, "changes": found}))
    return before.id


async def remove_permission(work: Work, ref: str) -> None:
    """Deletes a permission, also from every role that has it. Raises PermissionNotFound and SystemPermissionFixed."""
    work.require(permissions.WRITE)
    permission = await _changeable(work, ref)
    await work.db.run("delete from permissions where id = %s", (permission.id,))
    work.record(
        PermissionDeleted(target_id=permission.id, data={"slug": permission.slug, "name": permission.name})
    )


async def _changeable(work: Work, ref: str) -> PermissionRow:
    permission = await get_permission_for_change(work, ref)
    if permission.is_system:
        raise SystemPermissionFixed(permission.slug)
    return permission


def _changed(before: PermissionRow, changes: PermissionChanges) -> PermissionRow:
    slug, name, description, category = before.slug, before.name, before.description, before.category
    if changes.slug is not msgspec.UNSET:
        slug = checked_permission(changes.slug)
    if changes.name is not msgspec.UNSET:
        name = checked_name(changes.name)
    if changes.description is not msgspec.UNSET:
        description = checked_description(changes.description)
    if changes.category is not msgspec.UNSET:
        category = clean_text("category", changes.category, MAX_NAME)
    return PermissionRow(before.id, slug, name, description, category, before.is_system, before.updated_at)
