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


class OpenByKey:
    """Sets the tenant for the bearer of a key. After it ran, `key_id` and `rates` say which key it was.

    Raises TenantNotFound, TenantSuspended, and KeyRefused for a key that is missing, unknown, another tenant's, expired or
    revoked; the answer does not say which.
    """

    def __init__(self, slug: str, key_hash: bytes | None, ip: str | None, user_agent: str | None) -> None:
        self._slug = slug
        self._key_hash = key_hash
        self._ip = ip
        self._user_agent = user_agent
        self.key_id: UUID | None = None
        self.rates = KeyRates(None, None)

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        row = await db.one(OPEN, (findable(self._slug), self._key_hash, for_transaction))
        if row is None:
            raise TenantNotFound(self._slug)
        tenant_id, slug, name, status, settings, key_id, key_name, scopes, state, read_rate, write_rate = row
        if state != "good":
            raise KeyRefused
        if status != "active":
            raise TenantSuspended
        self.key_id = key_id
        self.rates = KeyRates(read_rate, write_rate)
        actor = Actor(
            ActorKind.API_KEY, key_id, key_name, permissions_of(tuple(scopes)), self._ip, self._user_agent
        )
        return Opening(TenantFacts(tenant_id, slug, name, msgspec.Raw(settings.encode())), actor)


@lru_cache(maxsize=256)
def permissions_of(scopes: tuple[str, ...]) -> frozenset[str]:
    """The names of the permissions that a set of scopes grants."""
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
