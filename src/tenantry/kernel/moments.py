"""The latest moment of each of many things: gathered in the process, and written together now and then.

A write for every request would cost more than many a request, so what is stored may be some seconds behind, and a process that is
killed loses those seconds.
"""

import asyncio
import contextlib
from datetime import datetime
from typing import ClassVar, LiteralString
from uuid import UUID

from tenantry.kernel.clock import Clock
from tenantry.kernel.db import Pool
from tenantry.kernel.logs import logger
from tenantry.kernel.work import system_work

EVERY = 15.0
log = logger("moments")


class Moments:
    """Remembers moments and writes them every `every` seconds and when it is stopped. System-only; `pool` is the system role's.

    `WRITE` is the one statement: its parameters are three lists, of tenants, ids and moments, and it leaves a later moment that
    another process has written already.
    """

    WHAT: ClassVar[str]
    WRITE: ClassVar[LiteralString]

    def __init__(self, pool: Pool, clock: Clock, every: float = EVERY) -> None:
        self._pool = pool
        self._clock = clock
        self._every = every
        self._seen: dict[tuple[UUID, UUID], datetime] = {}
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def seen(self, tenant_id: UUID, thing_id: UUID, at: datetime) -> None:
        """Notes a moment; costs next to nothing."""
        self._seen[tenant_id, thing_id] = at

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
        """Writes what was noted since the last time, in one statement; gives the number of rows."""
        if not self._seen:
            return 0
        noted, self._seen = self._seen, {}
        try:
            async with system_work(self._pool, self._clock) as work:
                values = ([key[0] for key in noted], [key[1] for key in noted], list(noted.values()))
                return await work.db.run(self.WRITE, values)
        except BaseException:
            self._seen = noted | self._seen
            raise

    async def _write_now_and_then(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001 - the database may be away; the moments stay for the next time
                log.warning("moments could not be written yet", what=self.WHAT, error=str(error))
