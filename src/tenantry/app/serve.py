"""One server process: the web application and the job worker in one event loop, from the first connection to the last answer."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable

import msgspec
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from psycopg_pool import PoolTimeout

from tenantry.app.listening import resolve
from tenantry.app.refusals import StartRefused
from tenantry.app.web import build
from tenantry.app.wiring import make_services
from tenantry.app.worker import make_runner
from tenantry.domain.rollups.sizes import TenantSizes
from tenantry.kernel import heap
from tenantry.kernel.config import Settings
from tenantry.kernel.logs import logger
from tenantry.surfaces.kit.services import Services

BACKLOG = 1024
Ready = Callable[[Services], Awaitable[None]]
log = logger("serve")


class Part(msgspec.Struct, frozen=True):
    """What one process does: answer requests, run jobs, or both.

    `ready` is awaited once it does, `stopping` is called when it was asked to end.
    """

    web: bool = True
    jobs: bool = True
    ready: Ready | None = None
    stopping: Callable[[], None] | None = None


def run(settings: Settings, owner: str, part: Part) -> None:
    """Serves until SIGTERM or SIGINT, then finishes the requests and jobs in flight.

    `owner` is the owner's conninfo of a database that is up to date. What is not finished after `shutdown_seconds` is given
    up; jobs go back to the queue. Raises StartRefused when the address cannot be listened on.
    """
    # One heap for all threads, told before there is any thread: see kernel/heap.py.
    heap.keep_blocks_for_reuse(settings.hash_memory_kib * 1024, settings.threads)
    uvloop.run(_serve(settings, owner, part))


async def _serve(settings: Settings, owner: str, part: Part) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    services = make_services(settings, owner)
    try:
        await services.works.database.open()
    except PoolTimeout as error:
        raise StartRefused(
            "the database lets no more connections in; see its max_connections and TENANTRY_DB_POOL"
        ) from error
    runner = make_runner(services, owner) if part.jobs else None
    if runner is not None:
        await runner.start()
    await services.last_used.start()
    await services.last_seen.start()
    sizes = TenantSizes(services.works)
    await sizes.start()
    server = _WebServer(services) if part.web else None
    try:
        if server is not None:
            await server.start(stop)
        _settle()
        if part.ready is not None and not stop.is_set():
            await part.ready(services)
        await stop.wait()
        if part.stopping is not None:
            part.stopping()
    finally:
        await _finish(settings, [part.stop() for part in (server, runner) if part is not None])
        await services.last_used.stop()
        await services.last_seen.stop()
        await sizes.stop()
        await services.works.database.close()
    if server is not None:
        server.raise_if_broken()


async def _finish(settings: Settings, endings: list[Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(settings.shutdown_seconds):
            await asyncio.gather(*endings)
    except TimeoutError:
        log.warning("gave up what was still in flight", seconds=settings.shutdown_seconds)


def _settle() -> None:
    """What was loaded stays for good: the collector need not look at it again, and the rest of the start's memory goes back."""
    gc.collect()
    gc.freeze()
    gc.enable()
    heap.return_free_memory()


class _WebServer:
    """The HTTP server inside this event loop."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._address = resolve(settings)
        self._server = Server(
            build(services),
            address=self._address.ip,
            port=self._address.port,
            interface=Interfaces.ASGINL,
            websockets=False,
            backlog=BACKLOG,
            log_enabled=False,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, stop: asyncio.Event) -> None:
        """Listens; returns when a connection succeeds. Should the server ever end by itself, it sets `stop`."""
        self._task = asyncio.create_task(self._server.serve())
        self._task.add_done_callback(lambda _: stop.set())
        while not self._task.done() and not await self._address.answers():  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.002)
        self.raise_if_broken()

    async def stop(self) -> None:
        """Takes no more connections and waits for the answers that are under way."""
        self._server.stop()  # type: ignore[no-untyped-call]
        if self._task is not None:
            await asyncio.wait({self._task})

    def raise_if_broken(self) -> None:
        """Raises StartRefused when the server ended with an error."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            error = self._task.exception()
            if error is not None:
                raise StartRefused(f"cannot listen on {self._address.shown}: {error}")
