"""Counting tries."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tenantry.domain.throttles import permissions
from tenantry.domain.throttles.errors import TooOften
from tenantry.kernel.work import Work

MINUTE = timedelta(minutes=1)


class Throttle(msgspec.Struct, frozen=True):
    """At most `most` tries of one thing in a window. `key` is an address or identifier; only a hash of it is stored."""

    scope: str
    key: str
    most: int
    window: timedelta = MINUTE


async def count_tries(work: Work, throttles: Sequence[Throttle]) -> TooOften | None:
    """Counts one try against each throttle, in one statement; gives the refusal when one of them is used up.

    It is given and not raised, so that the caller commits the count first and raises it then.
    """
    work.require(permissions.COUNT)
    # In one order, so that two tries never wait for each other's rows.
    ordered = sorted(throttles, key=lambda throttle: (throttle.scope, throttle.key))
    allowed = {(throttle.scope, _hashed(throttle.key)): throttle.most for throttle in ordered}
    ends = [work.now + throttle.window for throttle in ordered]
    rows = await work.db.all(
        f"""
        insert into throttles as t (scope, key, hits, window_end)
        values {", ".join(["(%s, %s, 1, %s)"] * len(ordered))}
        on conflict (tenant_id, scope, key) do update
        set hits = case when t.window_end <= %s then 1 else least(t.hits, 1000000) + 1 end,
            window_end = case when t.window_end <= %s then excluded.window_end else t.window_end end
        returning scope, key, hits, window_end
        """,
        (
            *(value for (scope, key), end in zip(allowed, ends, strict=True) for value in (scope, key, end)),
            work.now,
            work.now,
        ),
    )
    waits = [
        window_end - work.now for scope, key, hits, window_end in rows if hits > allowed[scope, bytes(key)]
    ]
    return TooOften(max(1, int(max(waits).total_seconds()) + 1)) if waits else None


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
