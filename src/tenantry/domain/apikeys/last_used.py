"""When each API key was last used: gathered in the process, and written together now and then.

A write for every request would cost more than many a request, so the moment of the last use may be some seconds behind, and a
process that is killed loses those seconds.
"""

import asyncio
import contextlib
from datetime import datetime
from uuid import UUID

from tenantry.kernel.clock import Clock
from tenantry.kernel.db import Pool
from tenantry.kernel.logs import logger
from tenantry.kernel.work import system_work

EVERY = 15.0
log = logger("last used")


class LastUsed:
    """Remembers uses and writes them every `every` seconds and when it is stopped. System-only; `pool` is the system role's."""

    def __init__(self, pool: Pool, clock: Clock, every: float = EVERY) -> None:
        self._pool = pool
        self._clock = clock
        self._every = every
        self._seen: dict[tuple[UUID, UUID], datetime] = {}
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def seen(self, tenant_id: UUID, key_id: UUID, at: datetime) -> None:
        """Notes a use; costs next to nothing."""
        self._seen[tenant_id, key_id] = at

    async def start(self) -> None:
        """Begins to write now and then, in the running event loop."""
        self._stopping.clear()
        self._running = asyncio.create_task(self._write_now_and_then())

    async def stop(self) -> None:
        """Writes what is left and ends."""
        self._stopping.set()
        if self._running is not None:
            await self._running

    async def flush(self) -> int:
        """Writes what was noted since the last time, in one statement; gives the number of keys.

        A later use that another process wrote already stays.
        """
        if not self._seen:
            return 0
        noted, self._seen = self._seen, {}
        try:
            async with system_work(self._pool, self._clock) as work:
                return await work.db.run(
                    """
                    update api_keys k
                    set last_used_at = s.at
                    from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as s(tenant_id, id, at)
                    where k.tenant_id = s.tenant_id
                      and k.id = s.id
                      and (k.last_used_at is null or k.last_used_at < s.at)
                    """,
                    ([key[0] for key in noted], [key[1] for key in noted], list(noted.values())),
                )
        except BaseException:
            self._seen = noted | self._seen
            raise

    async def _write_now_and_then(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001 - the database may be away; the uses stay for the next time
                log.warning("the last uses of keys could not be written yet", error=str(error))
