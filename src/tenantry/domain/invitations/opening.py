"""Opening a unit of work for whoever holds the link of an invitation."""

from tenantry.domain.codes import permissions as codes
from tenantry.domain.codes.model import LONGEST_TOKEN
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.throttles import permissions as throttles
from tenantry.domain.users import permissions as users
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opening

STRANGER = frozenset({codes.USE.name, throttles.COUNT.name})
GUEST = STRANGER | {users.READ.name, users.CREATE.name, roles.ASSIGN.name, groups.ASSIGN.name}
"""What accepting takes, besides what the invitation hands out. No page lets its visitor choose whom to make: the link does."""


class OpenByInvitation:
    """Sets the tenant and acts as the invited person, who is no user yet; with an unknown link as nobody.

    Raises TenantNotFound and TenantSuspended.
    """

    def __init__(self, slug: str, token: str, ip: str | None, user_agent: str | None) -> None:
        self._slug = slug
        self._token = token
        self._ip = ip
        self._user_agent = user_agent

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        nobody = Actor(ActorKind.ANONYMOUS, None, "", STRANGER, self._ip, self._user_agent)
        opening = await OpenTenant(self._slug, nobody)(db, for_transaction=for_transaction)
        if not self._token or len(self._token) > LONGEST_TOKEN:
            return opening
        row = await db.one(
            """
            select i.email,
                array(
                    select distinct unnest(granted.permissions)
                    from role_grants granted
                    where i.accepted_at is null
                      and i.revoked_at is null
                      and (granted.role_id = any (i.role_ids)
                        or granted.role_id in (
                            select gr.role_id
                            from group_roles gr
                            where gr.group_id = any (i.group_ids))))
            from codes c
            join invitations i on i.id = c.invitation_id
            where c.secret_hash = %s
              and c.form = 'link'
            """,
            (token_hash(self._token),),
        )
        if row is None:
            return opening
        # Whoever made the invitation was allowed to hand this out; now it is handed out.
        held = GUEST | frozenset(row[1])
        guest = Actor(ActorKind.ANONYMOUS, None, row[0], held, self._ip, self._user_agent)
        return Opening(opening.tenant, guest)
