"""What can be done with tenants."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.errors import SettingsChanged, SlugTaken
from tenantry.domain.tenants.events import SettingsUpdated, TenantActivated, TenantCreated, TenantSuspended
from tenantry.domain.tenants.model import Tenant, TenantStatus
from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.domain.tenants.rules import GENERAL, changed_name, checked_name, checked_slug, merged
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import Work, as_json


async def create_tenant(work: Work, slug: str, name: str) -> None:
    """Founds the tenant in which this unit of work runs. Raises SlugTaken, or DomainError for a bad slug or name."""
    work.require(permissions.TENANT_CREATE)
    try:
        await work.db.run(
            """
            insert into tenants (id, slug, name, created_at, updated_at)
            values (%s, %s, %s, %s, %s)
            """,
            (work.tenant.id, checked_slug(slug), checked_name(name), work.now, work.now),
        )
    except ConstraintBroken as broken:
        raise SlugTaken(slug) from broken
    work.record(TenantCreated(target_id=work.tenant.id, data={"slug": slug}))


async def change_settings(
    work: Work, changes: dict[str, Any], sections: Mapping[str, type], expected_version: int | None = None
) -> Tenant:
    """Lays `changes` over the settings; only the supplied keys change, null takes a key back to its default.

    `sections` maps each section's name to the Struct that checks it; the section `general` is the tenant's own row. Raises
    DomainError naming `section.key`, and SettingsChanged when `expected_version` is not the present one.
    """
    work.require(permissions.SETTINGS_WRITE)
    await work.db.run("select 1 from tenants where id = %s for update", (work.tenant.id,))
    tenant = await get_own_tenant(work)
    if expected_version is not None and expected_version != tenant.version:
        raise SettingsChanged
    before: dict[str, Any] = msgspec.json.decode(tenant.settings)
    problems = Problems()
    name = problems.attempt(changed_name, tenant.name, changes.get(GENERAL, {}))
    own = {key: value for key, value in changes.items() if key != GENERAL}
    after = problems.attempt(merged, before, own, sections)
    problems.raise_if_any()
    assert name is not None
    assert after is not None
    if after == before and name == tenant.name:
        return tenant
    await work.db.run(
        """
        update tenants
        set settings = %s,
            name = %s,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (as_json(after), name, work.now, work.tenant.id),
    )
    differing = {
        n: {"from": before.get(n), "to": after.get(n)} for n in changes if before.get(n) != after.get(n)
    }
    if name != tenant.name:
        differing[GENERAL] = {"from": {"name": tenant.name}, "to": {"name": name}}
    work.record(SettingsUpdated(target_id=work.tenant.id, data={"changes": differing}))
    return await get_own_tenant(work)


async def note_in_settings(work: Work, name: str, facts: Mapping[str, Any] | None) -> Tenant:
    """Keeps beside the settings what every unit of work of the tenant is to know; None forgets it. Gives the tenant as it was.

    `name` is no section, so that nobody can set it there. It is locked until the end of this unit of work.
    """
    work.require(permissions.SETTINGS_WRITE)
    await work.db.run("select 1 from tenants where id = %s for update", (work.tenant.id,))
    before = await get_own_tenant(work)
    stored: dict[str, Any] = msgspec.json.decode(before.settings)
    if stored.get(name) != facts:
        await work.db.run(
            """
            update tenants
            set settings = (settings - %s) || %s,
                version = version + 1,
                updated_at = %s
            where id = %s
            """,
            (name, as_json({} if facts is None else {name: facts}), work.now, work.tenant.id),
        )
    return before


async def suspend_tenant(work: Work) -> bool:
    """Has the tenant refuse every call from the next one on; says whether it did not do so already."""
    work.require(permissions.TENANT_SUSPEND)
    changed = await _change_status(work, TenantStatus.SUSPENDED)
    if changed:
        work.record(TenantSuspended(target_id=work.tenant.id))
    return changed


async def activate_tenant(work: Work) -> bool:
    """Ends a suspension; says whether there was one. The work is opened by `OpenTenant(..., even_suspended=True)`."""
    work.require(permissions.TENANT_SUSPEND)
    changed = await _change_status(work, TenantStatus.ACTIVE)
    if changed:
        work.record(TenantActivated(target_id=work.tenant.id))
    return changed


async def _change_status(work: Work, status: TenantStatus) -> bool:
    changed = await work.db.run(
        """
        update tenants
        set status = %s,
            version = version + 1,
            updated_at = %s
        where id = %s
          and status <> %s
        """,
        (status.value, work.now, work.tenant.id, status.value),
    )
    return changed == 1
