"""Who asked for a bulk job, with what they may do at this moment: looked at for every person anew."""

from uuid import UUID

import msgspec

from tenantry.domain.apikeys.opening import permissions_of
from tenantry.domain.bulk_jobs.model import Action, StopReason
from tenantry.domain.bulk_jobs.rules import NEEDED
from tenantry.domain.roles.queries import EFFECTIVE_ROLE_IDS
from tenantry.domain.users import permissions as users
from tenantry.kernel.permissions import Actor, ActorKind, system_actor
from tenantry.kernel.work import ReadWork

# Whom a session would not let act, a job does not let act either (open_by_session).
FIND_USER = f"""
    select coalesce(u.email, u.username, u.phone),
           u.credential_epoch,
           array(
               select distinct unnest(granted.permissions)
               from role_grants granted
               where granted.role_id in ({EFFECTIVE_ROLE_IDS}))
    from users u
    where u.id = %s
      and u.deleted_at is null
      and not u.blocked
      and not u.disabled
      and not (u.locked and (u.locked_until is null or u.locked_until > %s))
      and (u.valid_until is null or u.valid_until > %s)
"""
FIND_KEY = """
    select k.name, k.scopes
    from api_keys k
    where k.id = %s
      and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > %s)
"""


class CannotGoOn(Exception):
    """The job has to stop. No refusal to a caller: nobody waits for it."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Asker(msgspec.Struct, frozen=True):
    """Who asked for a job, as the job remembers them; of a user also the epoch of the sessions that they had then."""

    kind: ActorKind
    id: UUID | None
    epoch: int | None


async def actor_now(work: ReadWork, asker: Asker, action: Action) -> Actor:
    """The asker with their present rights. Raises CannotGoOn when they are gone, were signed out everywhere since, or lack what
    the action needs."""
    actor = await _found(work, asker)
    if actor is None:
        raise CannotGoOn(StopReason.ACTOR_GONE)
    if not (actor.may(users.READ) and actor.may(NEEDED[action])):
        raise CannotGoOn(StopReason.PERMISSION_LOST)
    return actor


async def rights_now(work: ReadWork, asker: Asker) -> frozenset[str]:
    """The permissions that the asker holds at this moment; none when the job would stop anyway."""
    try:
        actor = await _found(work, asker)
    except CannotGoOn:
        return frozenset()
    return frozenset() if actor is None else actor.permissions


async def _found(work: ReadWork, asker: Asker) -> Actor | None:
    if asker.kind is ActorKind.SYSTEM:
        return system_actor("bulk job")
    if asker.kind is ActorKind.USER:
        params = (asker.id, asker.id, asker.id, work.now, work.now)
        row = await work.db.one(FIND_USER, params)
        if row is None:
            return None
        name, epoch, permissions = row
        if epoch != asker.epoch:
            raise CannotGoOn(StopReason.SIGNED_OUT)
        return Actor(asker.kind, asker.id, name or "", frozenset(permissions))
    row = await work.db.one(FIND_KEY, (asker.id, work.now))
    return None if row is None else Actor(asker.kind, asker.id, row[0], permissions_of(tuple(row[1])))
