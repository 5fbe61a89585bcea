"""Founding a tenant: its row, its system permissions and its system roles, in one transaction."""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.roles.actions import create_system_roles
from tenantry.domain.tenants.actions import create_tenant
from tenantry.domain.tenants.opening import FoundTenant
from tenantry.domain.tenants.rules import checked_slug
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor, Permission, system_actor
from tenantry.kernel.work import Works

FOUNDER = system_actor("founding")


async def found_tenant(
    works: Works, slug: str, name: str, permissions: Sequence[Permission] = (), actor: Actor = FOUNDER
) -> UUID:
    """Makes a tenant with its system roles and gives its id. System-only: it opens the tenant's first unit of work itself.

    `permissions` are all that the program declares. Raises SlugTaken, or DomainError for a bad slug or name.
    """
    tenant_id = new_id()
    async with works.write(FoundTenant(tenant_id, checked_slug(slug), name, actor)) as work:
        await create_tenant(work, slug, name)
        await create_system_roles(work, permissions)
    return tenant_id
