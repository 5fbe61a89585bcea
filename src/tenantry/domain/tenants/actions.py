"""What can be done with tenants."""

from typing import Any

import msgspec

from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.errors import SettingsChanged, SlugTaken
from tenantry.domain.tenants.events import SettingsUpdated, TenantCreated
from tenantry.domain.tenants.model import Tenant
from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.domain.tenants.rules import checked_name, checked_slug, merged
from tenantry.kernel.db import ConstraintBroken
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
    work: Work, changes: dict[str, Any], sections: dict[str, type], expected_version: int | None = None
) -> Tenant:
    """Lays `changes` over the settings; only the supplied keys change, null takes a key back to its default.

    `sections` maps each section's name to the Struct that checks it. Raises DomainError naming `section.key`, and
    SettingsChanged when `expected_version` is not the present one.
    """
    work.require(permissions.SETTINGS_WRITE)
    await work.db.run("select 1 from tenants where id = %s for update", (work.tenant.id,))
    tenant = await get_own_tenant(work)
    if expected_version is not None and expected_version != tenant.version:
        raise SettingsChanged
    before: dict[str, Any] = msgspec.json.decode(tenant.settings)
    after = merged(before, changes, sections)
    if after == before:
        return tenant
    await work.db.run(
        """
        update tenants
        set settings = %s,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (as_json(after), work.now, work.tenant.id),
    )
    differing = {n: {"from": before.get(n), "to": after.get(n)} for n in changes if before.get(n) != after.get(n)}
    work.record(SettingsUpdated(target_id=work.tenant.id, data={"changes": differing}))
    return await get_own_tenant(work)
