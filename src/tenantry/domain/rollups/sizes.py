"""How large each tenant is, for the plans of its statements: see `kernel.db.Handle`."""

import asyncio
import contextlib
from typing import LiteralString

from tenantry.kernel.logs import logger
from tenantry.kernel.work import Works, system_work

EVERY = 60.0
log = logger("sizes")


class TenantSizes:
    """Marks the statements of tenants of a thousand people or more by their power of ten, looked up every `every` seconds.

    Below that any plan will do. System-only.
    """

    def __init__(self, works: Works, every: float = EVERY) -> None:
        self._works = works
        self._every = every
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Looks once, and from now on every now and then."""
        await self.look()
        self._stopping.clear()
        self._running = asyncio.create_task(self._look_now_and_then())

    async def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        if self._running is not None:
            await self._running

    async def look(self) -> None:
        """Looks how large the tenants are, in one statement."""
        async with system_work(self._works.database.system, self._works.clock) as work:
            rows = await work.db.all(
                """
                select tenant_id, floor(log(total))::integer
                from user_counts
                where total >= 1000
                """
            )
        self._works.marks = {tenant_id: _mark(power) for tenant_id, power in rows}

    async def _look_now_and_then(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)
                return
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the database may be away; the marks stay until the next time
                log.warning("the sizes of the tenants could not be read", error=str(error))


def _mark(power: int) -> LiteralString:
    # One of a few fixed texts, so that nothing that is stored becomes part of a statement.
    marks: tuple[LiteralString, ...] = (
        "/* 10^3 people */ ",
        "/* 10^4 people */ ",
        "/* 10^5 people */ ",
        "/* 10^6 people */ ",
        "/* 10^7 people */ ",
    )
    return marks[min(power - 3, len(marks) - 1)]
