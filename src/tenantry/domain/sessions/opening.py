"""Opening a unit of work for somebody who is signed in: one statement checks the session and sets the tenant."""

from datetime import datetime
from uuid import UUID

import msgspec

from tenantry.domain.sessions.errors import SessionEnded
from tenantry.domain.sessions.model import Caller
from tenantry.domain.sessions.permissions import OWN
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.slugs import findable
from tenantry.kernel.work import Opening, TenantFacts

OPEN = """
    select tenant_id, slug, name, status, settings::text, session_id, user_id, user_label, held
    from open_by_session(%s, %s, %s, %s)
"""


class OpenBySession:
    """Sets the tenant for the holder of a session and acts as that user, with the permissions of their roles and groups, and that
    of everybody to see and end their own sessions.

    After it ran, `session_id` says which session it was. `now` decides about expiry. Raises TenantNotFound, TenantSuspended, and
    SessionEnded for a session that is missing, unknown, another tenant's, expired or ended.
    """

    def __init__(self, slug: str, caller: Caller, now: datetime) -> None:
        self._slug = slug
        self._caller = caller
        self._now = now
        self.session_id: UUID | None = None

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        row = await db.one(OPEN, (findable(self._slug), self._caller.token_hash, self._now, for_transaction))
        if row is None:
            raise TenantNotFound(self._slug)
        tenant_id, slug, name, status, settings, session_id, user_id, label, held = row
        if session_id is None:
            raise SessionEnded
        if status != "active":
            raise TenantSuspended
        self.session_id = session_id
        actor = Actor(
            ActorKind.USER,
            user_id,
            label or "",
            frozenset((*held, OWN.name)),
            self._caller.ip,
            self._caller.user_agent,
        )
        return Opening(TenantFacts(tenant_id, slug, name, msgspec.Raw(settings.encode())), actor)
