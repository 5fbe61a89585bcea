"""Opening a unit of work for whoever holds a link, so that the audit log names the user who acts."""

from tenantry.domain.codes import permissions
from tenantry.domain.codes.model import LONGEST_TOKEN
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users import permissions as users
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opening

STRANGER = frozenset({permissions.USE.name})
HOLDER = STRANGER | {users.READ.name, users.UPDATE.name}
"""What using a link takes. No page lets its visitor choose the user: the link does."""


class OpenByLink:
    """Sets the tenant and acts as the user whose link it is; with an unknown one, or one of an invitation, as nobody. Raises
    TenantNotFound and TenantSuspended."""

    def __init__(self, slug: str, token: str, ip: str | None, user_agent: str | None) -> None:
        self._slug = slug
        self._token = token
        self._ip = ip
        self._user_agent = user_agent

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        nobody = Actor(ActorKind.ANONYMOUS, None, "", STRANGER, self._ip, self._user_agent)
        opening = await OpenTenant(self._slug, nobody)(db, for_transaction=for_transaction)
        if len(self._token) > LONGEST_TOKEN:
            return opening
        row = await db.one(
            """
            select u.id, coalesce(u.email, u.username, u.phone)
            from codes c
            join users u on u.id = c.user_id
            where c.secret_hash = %s
              and c.form = 'link'
            """,
            (token_hash(self._token),),
        )
        if row is None:
            return opening
        holder = Actor(ActorKind.USER, row[0], row[1] or "", HOLDER, self._ip, self._user_agent)
        return Opening(opening.tenant, holder)
