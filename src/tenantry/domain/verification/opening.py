"""Who stands before the pages of verification: nobody in particular, the holder of a link, or somebody who is signed in."""

import msgspec

from tenantry.domain.codes.opening import HOLDER, OpenByLink
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.throttles import permissions as throttles
from tenantry.domain.verification import permissions
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opener, Opening

VISITOR = HOLDER | {permissions.REQUEST.name, throttles.COUNT.name}
"""What the pages take. None lets its visitor choose a user: the link, the code or the session does."""


def open_for_visitor(slug: str, ip: str | None, user_agent: str | None) -> OpenTenant:
    """Sets the tenant and acts as a stranger. Raises TenantNotFound and TenantSuspended."""
    return OpenTenant(slug, Actor(ActorKind.ANONYMOUS, None, "", VISITOR, ip, user_agent))


class OpenByVerification:
    """Acts as the user whose link it is, and may ask for a new one; as nobody otherwise.

    Raises TenantNotFound and TenantSuspended.
    """

    def __init__(self, slug: str, token: str, ip: str | None, user_agent: str | None) -> None:
        self._inner = OpenByLink(slug, token, ip, user_agent)

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        return _allowed(await self._inner(db, for_transaction=for_transaction), VISITOR)


class OpenOwnAccount:
    """Acts as the user whose session it is, on their own account alone: whose account it is, the session says.

    `inner` opens by that session, and what it raises is raised.
    """

    def __init__(self, inner: Opener) -> None:
        self._inner = inner

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        return _allowed(await self._inner(db, for_transaction=for_transaction), HOLDER)


def _allowed(opening: Opening, more: frozenset[str]) -> Opening:
    actor = msgspec.structs.replace(opening.actor, permissions=opening.actor.permissions | more)
    return Opening(opening.tenant, actor)
