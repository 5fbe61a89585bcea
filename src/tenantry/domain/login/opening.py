"""Opening a unit of work for somebody who signs in, so that the audit log names them as soon as it is known who they are."""

from tenantry.domain.codes import permissions as codes
from tenantry.domain.login import permissions
from tenantry.domain.login.model import Attempt, Visitor
from tenantry.domain.login.rules import same_place
from tenantry.domain.sessions import permissions as sessions
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.throttles import permissions as throttles
from tenantry.domain.users import permissions as users
from tenantry.domain.users.model import User
from tenantry.kernel.clock import Clock
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.db import Handle
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opening

LONGEST_TOKEN = 128
STRANGER = frozenset({permissions.SIGN_IN.name, throttles.COUNT.name, users.UPDATE.name})
"""What trying to sign in takes: tries are counted, wrong passwords as well. No page lets its visitor choose the user."""
HOLDER = STRANGER | {users.READ.name, sessions.START.name, codes.USE.name}
"""What somebody may who has shown the right password: go on with a sign-in of their own."""


def opening_for(visitor: Visitor, user: User | None = None) -> OpenTenant:
    """Sets the tenant; acts as nobody, or as the user whose password was right."""
    if user is None:
        actor = Actor(ActorKind.ANONYMOUS, None, "", STRANGER, visitor.ip, visitor.user_agent)
    else:
        label = user.email or user.username or user.phone or ""
        actor = Actor(ActorKind.USER, user.id, label, HOLDER, visitor.ip, visitor.user_agent)
    return OpenTenant(visitor.slug, actor)


class OpenByAttempt:
    """Sets the tenant for the holder of an attempt's token and acts as its user. After it ran, `attempt` says which one it is.

    It is None, and the actor nobody, for a token that is unknown or another tenant's, an attempt that is over or too old, one
    whose account has changed since, and one that began in another browser or at another address: a token alone, stolen, is
    worth nothing elsewhere.
    """

    def __init__(self, visitor: Visitor, token: str, clock: Clock) -> None:
        self._visitor = visitor
        self._token = token
        self._clock = clock
        self.attempt: Attempt | None = None

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        opening = await opening_for(self._visitor)(db, for_transaction=for_transaction)
        self.attempt = None
        if not self._token or len(self._token) > LONGEST_TOKEN:
            return opening
        row = await db.one(
            """
            select a.id, a.user_id, a.remember, a.next_path, a.method, a.expires_at,
                host(a.ip), a.user_agent, coalesce(u.email, u.username, u.phone)
            from sign_in_attempts a
            join users u
                on u.id = a.user_id
                and u.credential_epoch = a.epoch
            where a.token_hash = %s
              and a.ended_at is null
              and a.expires_at > %s
            """,
            (token_hash(self._token), self._clock.now()),
        )
        if row is None:
            return opening
        *attempt, ip, user_agent, label = row
        if not same_place(ip, self._visitor.ip) or user_agent != self._visitor.user_agent:
            return opening
        self.attempt = Attempt(*attempt)
        holder = Actor(
            ActorKind.USER,
            self.attempt.user_id,
            label or "",
            HOLDER,
            self._visitor.ip,
            self._visitor.user_agent,
        )
        return Opening(opening.tenant, holder)
