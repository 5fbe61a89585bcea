"""Reading tenants."""

import msgspec

from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.errors import TenantNotFound
from tenantry.domain.tenants.model import Tenant, TenantStatus
from tenantry.kernel.work import ReadWork


async def get_own_tenant(work: ReadWork) -> Tenant:
    """The tenant of this unit of work."""
    work.require(permissions.SETTINGS_READ)
    row = await work.db.one(
        """
        select id, slug, name, status, settings, version, created_at, updated_at
        from tenants
        where id = %s
        """,
        (work.tenant.id,),
    )
    if row is None:
        raise TenantNotFound(work.tenant.slug)
    id_, slug, name, status, settings, version, created_at, updated_at = row
    raw = msgspec.Raw(msgspec.json.encode(settings))
    return Tenant(id_, slug, name, TenantStatus(status), raw, version, created_at, updated_at)
