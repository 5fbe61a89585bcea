"""Making and revoking API keys."""

from uuid import UUID

from tenantry.domain.apikeys import permissions
from tenantry.domain.apikeys.errors import KeyNotFound, KeyRefused
from tenantry.domain.apikeys.events import ApiKeyCreated, ApiKeyRevoked
from tenantry.domain.apikeys.model import ApiKey, KeyLimits, MadeKey, NewApiKey
from tenantry.domain.apikeys.opening import permissions_of
from tenantry.domain.apikeys.rules import check_usual, check_within, checked_end, checked_rate, checked_scopes
from tenantry.domain.tenants.permissions import SETTINGS_WRITE
from tenantry.kernel.crypto import new_token, token_hash
from tenantry.kernel.escalation import Grant, refuse_escalation, refuse_taking_away
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.problems import Problems
from tenantry.kernel.slugs import checked_name
from tenantry.kernel.work import Work

PREFIX = "sk_live_"
_HINT = len(PREFIX) + 4


async def create_api_key(work: Work, new: NewApiKey) -> MadeKey:
    """Makes a key of 256 random bits; it is shown this once.

    A key makes no key that outlives it or has a higher rate than it has itself, and a person who may not change settings none
    with a higher rate than is usual. What the maker loses later stays with the key until that is revoked. Raises DomainError
    naming every faulty field, and Escalation for a scope that grants what the actor does not hold itself.
    """
    work.require(permissions.WRITE)
    problems = Problems()
    name = problems.attempt(checked_name, new.name) or ""
    scopes = problems.attempt(checked_scopes, new.scopes) or []
    expires_at = problems.attempt(checked_end, new.expires_at, work.now)
    read_rate = problems.attempt(checked_rate, new.read_rate, "readRate")
    write_rate = problems.attempt(checked_rate, new.write_rate, "writeRate")
    problems.raise_if_any()
    await _check_limits(work, KeyLimits(expires_at, read_rate, write_rate), problems)
    problems.raise_if_any()
    refuse_escalation(work.actor, "scopes", [Grant(f"the scope {s}", permissions_of((s,))) for s in scopes])
    secret = PREFIX + new_token()
    key = ApiKey(
        id=new_id(),
        name=name,
        hint=secret[:_HINT],
        scopes=scopes,
        read_rate=read_rate,
        write_rate=write_rate,
        created_at=work.now,
        created_by=work.actor.id,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    await work.db.run(
        """
        insert into api_keys (
            id, name, key_hash, hint, scopes, read_rate, write_rate, created_at, created_by, expires_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            key.id, key.name, token_hash(secret), key.hint, key.scopes, key.read_rate, key.write_rate, key.created_at,
            key.created_by, key.expires_at,
        ),
    )  # fmt: skip
    end = expires_at.isoformat() if expires_at else None
    work.record(
        ApiKeyCreated(
            target_id=key.id, data={"name": name, "hint": key.hint, "scopes": scopes, "expiresAt": end}
        )
    )
    return MadeKey(key, secret)


async def _check_limits(work: Work, made: KeyLimits, problems: Problems) -> None:
    """Notes where the limits of a new key are wider than the actor may give."""
    if work.actor.kind is ActorKind.API_KEY:
        check_within(await _own_limits(work), made, problems)
    elif not work.actor.may(SETTINGS_WRITE):
        check_usual(made, problems)


async def _own_limits(work: Work) -> KeyLimits:
    """The limits of the key that acts. Raises KeyRefused when it is there no longer."""
    row = await work.db.one(
        """
        select k.expires_at, k.read_rate, k.write_rate
        from api_keys k
        where k.id = %s
        """,
        (work.actor.id,),
    )
    if row is None:
        raise KeyRefused
    return KeyLimits(*row)


async def revoke_api_key(work: Work, key_id: UUID) -> bool:
    """Ends a key at once; says whether it was not revoked before. Raises KeyNotFound, and Escalation for a key that may do more
    than the actor."""
    work.require(permissions.WRITE)
    row = await work.db.one(
        """
        select k.name, k.hint, k.revoked_at, k.scopes
        from api_keys k
        where k.id = %s
        for update
        """,
        (key_id,),
    )
    if row is None:
        raise KeyNotFound(str(key_id))
    name, hint, revoked_at, scopes = row
    if revoked_at is not None:
        return False
    refuse_taking_away(work.actor, "key", [Grant(f"the key {name}", permissions_of(tuple(scopes)))])
    await work.db.run(
        """
        update api_keys
        set revoked_at = %s
        where id = %s
        """,
        (work.now, key_id),
    )
    work.record(ApiKeyRevoked(target_id=key_id, data={"name": name, "hint": hint}))
    return True
