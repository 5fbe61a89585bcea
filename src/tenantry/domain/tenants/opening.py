"""Opening a unit of work for a tenant that is known by id or slug, without a key: for jobs, commands and public pages."""

from uuid import UUID

import msgspec

from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor
from tenantry.kernel.slugs import findable
from tenantry.kernel.work import Opening, TenantFacts


class OpenTenant:
    """Sets the tenant by id or by slug and acts as `actor`.

    Raises TenantNotFound, and TenantSuspended unless `even_suspended`, which is for activating it again.
    """

    def __init__(self, tenant: UUID | str, actor: Actor, *, even_suspended: bool = False) -> None:
        self._tenant = tenant
        self._actor = actor
        self._even_suspended = even_suspended

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        by_id = self._tenant if isinstance(self._tenant, UUID) else None
        by_slug = self._tenant if isinstance(self._tenant, str) else None
        row = await db.one(
            """
            select tenant_id, slug, name, status, settings::text
            from open_tenant(%s, %s, %s)
            """,
            (by_id, None if by_slug is None else findable(by_slug), for_transaction),
        )
        if row is None:
            raise TenantNotFound(str(self._tenant))
        tenant_id, slug, name, status, settings = row
        if status != "active" and not self._even_suspended:
            raise TenantSuspended
        return Opening(TenantFacts(tenant_id, slug, name, msgspec.Raw(settings.encode())), self._actor)


class FoundTenant:
    """Sets the tenant to an id that does not exist yet, so that `create_tenant` can make it there."""

    def __init__(self, tenant_id: UUID, slug: str, name: str, actor: Actor) -> None:
        self._facts = TenantFacts(tenant_id, slug, name, msgspec.Raw(b"{}"))
        self._actor = actor

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        await db.run("select set_config('app.tenant', %s, %s)", (str(self._facts.id), for_transaction))
        return Opening(self._facts, self._actor)
