"""Answers to writes that carried an Idempotency-Key, stored in the same transaction as what they wrote.

The key's row is inserted first, so a second request with the same key waits until the first has committed and then finds its
answer; if the first failed, nothing of it is left and the second runs as if it were the first.
"""

import hashlib
import hmac
from uuid import UUID

import msgspec

from tenantry.kernel.crypto import Sealer, same
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import Work

PURPOSE = "idempotency"
HOURS_KEPT = 24


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer as it went over the wire; `body` is without any once-only secret."""

    status: int
    body: bytes
    headers: dict[str, str]
    secret_left_out: bool = False


class KeyReused(DomainError):
    """The key came before with another request."""

    def __init__(self) -> None:
        problem = "was used before with another request"
        super().__init__(
            Kind.UNPROCESSABLE,
            "validation_error",
            f"This Idempotency-Key {problem}.",
            {"Idempotency-Key": problem},
        )


def request_hash(sealer: Sealer, method: str, target: str, body: bytes) -> bytes:
    """What makes two requests the same. Keyed, because a body may hold a password, and a plain hash of it could be guessed at."""
    key = sealer.derived("idempotency digest").encode()
    return hmac.new(key, b"\n".join((method.encode(), target.encode(), body)), hashlib.sha256).digest()


async def claim(work: Work, owner: UUID, key: str, digest: bytes, sealer: Sealer) -> KeptAnswer | None:
    """Takes the key for this work, or gives the answer that it had before. Raises KeyReused.

    A key that is older than a day may be taken again.
    """
    taken = await work.db.run(
        """
        insert into idempotency_keys as k (owner, key, request_hash, created_at)
        values (%s, %s, %s, %s)
        on conflict (tenant_id, owner, key) do update
        set request_hash = excluded.request_hash,
            answer = null,
            created_at = excluded.created_at
        where k.created_at < excluded.created_at - make_interval(hours => %s)
        """,
        (owner, key, digest, work.now, HOURS_KEPT),
    )
    if taken:
        return None
    row = await work.db.one(
        """
        select request_hash, answer
        from idempotency_keys
        where owner = %s
          and key = %s
        """,
        (owner, key),
    )
    if row is None or not same(row[0], digest):
        raise KeyReused
    return msgspec.msgpack.decode(sealer.open(PURPOSE, row[1]), type=KeptAnswer)


async def keep(work: Work, owner: UUID, key: str, answer: KeptAnswer, sealer: Sealer) -> None:
    """Stores the answer beside the key, sealed."""
    await work.db.run(
        """
        update idempotency_keys
        set answer = %s
        where owner = %s
          and key = %s
        """,
        (sealer.seal(PURPOSE, msgspec.msgpack.encode(answer)), owner, key),
    )
