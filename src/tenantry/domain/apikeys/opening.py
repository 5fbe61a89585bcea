"""Opening a unit of work with an API key: one statement finds tenant and key and sets the tenant, so revocation is immediate."""

from functools import lru_cache
from uuid import UUID

import msgspec

from tenantry.domain.apikeys.errors import KeyRefused
from tenantry.domain.apikeys.model import SCOPES
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.slugs import findable
from tenantry.kernel.work import Opening, TenantFacts

OPEN = """
    select tenant_id, slug, name, status, settings::text,
           key_id, key_name, scopes, key_state, read_rate, write_rate
    from open_by_key(%s, %s, %s)
"""


class KeyRates(msgspec.Struct, frozen=True):
    """The key's own limits in requests a minute; None means the default."""

    read: int | None
    write: int | None


class Found(msgspec.Struct, frozen=True):
    """The tenant and the key that were asked for, both in order."""

    tenant: TenantFacts
    key_id: UUID
    key_name: str
    scopes: tuple[str, ...]
    rates: KeyRates


class OpenByKey:
    """Sets the tenant for the bearer of a key. After it ran, `found` says which key of which tenant it was.

    Raises TenantNotFound, TenantSuspended, and KeyRefused for a key that is missing, unknown, another tenant's, expired or
    revoked; the answer does not say which.
    """

    def __init__(self, slug: str, key_hash: bytes | None, ip: str | None, user_agent: str | None) -> None:
        self.asked = (slug, key_hash)
        self._ip = ip
        self._user_agent = user_agent
        self.found: Found | None = None

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        asked_slug, key_hash = self.asked
        row = await db.one(OPEN, (findable(asked_slug), key_hash, for_transaction))
        if row is None:
            raise TenantNotFound(asked_slug)
        tenant_id, slug, name, status, settings, key_id, key_name, scopes, state, read_rate, write_rate = row
        if state != "good":
            raise KeyRefused
        if status != "active":
            raise TenantSuspended
        tenant = TenantFacts(tenant_id, slug, name, msgspec.Raw(settings.encode()))
        return self.opening(Found(tenant, key_id, key_name, tuple(scopes), KeyRates(read_rate, write_rate)))

    def opening(self, found: Found) -> Opening:
        """What is opened for this caller."""
        self.found = found
        may = permissions_of(found.scopes)
        actor = Actor(ActorKind.API_KEY, found.key_id, found.key_name, may, self._ip, self._user_agent)
        return Opening(found.tenant, actor)


@lru_cache(maxsize=256)
def permissions_of(scopes: tuple[str, ...]) -> frozenset[str]:
    """The names of the permissions that a set of scopes grants."""
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
