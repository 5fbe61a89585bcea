"""Fixtures of all tests. TENANTRY_TEST_DATABASE_URL names a server of your own; without it an embedded one runs."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from litestar import Litestar

from tenantry.app.web import make_app, wired
from tenantry.domain.apikeys.last_used import LastUsed
from tenantry.domain.credentials.breached import breached_lists
from tenantry.domain.credentials.checks import PasswordDesk
from tenantry.domain.credentials.hashing import HashCost, PasswordHasher
from tenantry.domain.login.desk import SignInDesk
from tenantry.domain.sessions.last_seen import LastSeen
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.config import Settings, load_settings
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE, Database, make_database
from tenantry.kernel.embedded import EmbeddedServer
from tenantry.kernel.work import Works
from tenantry.surfaces.kit.limits import Limits
from tenantry.surfaces.kit.services import Services
from tests.support import database
from tests.support.makers import Home, make_home

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
OWN_SERVER = "TENANTRY_TEST_DATABASE_URL"
FOR_WORKERS = "TENANTRY_TEST_SERVER"
# No autovacuum: when it comes, statistics of tables whose rows are all rolled back say that they are empty, and plans change in
# the middle of a run.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}
CHEAP = HashCost(memory_kib=64, passes=1, lanes=1)
# How long an example takes tells of the machine, above all the first one, for which hypothesis makes a table of all characters.
hypothesis_settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the server before the workers, which find it in the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    own = os.environ.get(OWN_SERVER)
    if own is None:
        folder = Path(tempfile.mkdtemp(prefix="tenantry-tests-"))
        server = EmbeddedServer(folder, settings=FAST)
        own = server.start()
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(server.stop)
    os.environ[FOR_WORKERS] = own
    database.make_template(own)


@pytest.fixture(scope="session")
def server_conninfo() -> str:
    return os.environ[FOR_WORKERS]


@pytest.fixture(scope="session")
def worker_database(server_conninfo: str) -> Iterator[str]:
    """The owner's conninfo of this worker's own clone."""
    with database.clone(server_conninfo) as conninfo:
        yield conninfo


@pytest.fixture
def own_database(server_conninfo: str) -> Iterator[str]:
    """The owner's conninfo of a clone for one test, for what must really be committed."""
    with database.clone(server_conninfo) as conninfo:
        yield conninfo


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest_asyncio.fixture
async def db(worker_database: str) -> AsyncIterator[Database]:
    async with database.rolled_back(worker_database) as made:
        yield made


@pytest.fixture
def works(db: Database, clock: FrozenClock) -> Works:
    return Works(db, clock)


@pytest_asyncio.fixture
async def home(works: Works) -> Home:
    return await make_home(works)


@pytest_asyncio.fixture
async def neighbour(works: Works) -> Home:
    """Another tenant with the same names, whose rows must not move."""
    return await make_home(works, "other-corp", "Other")


@pytest_asyncio.fixture
async def busy_home(own_database: str) -> AsyncIterator[Home]:
    """A tenant in a database of its own, with as many connections as there are racers; what is written is committed."""
    app, system = (database.login(own_database, role) for role in (APP_ROLE, SYSTEM_ROLE))
    made = make_database(app, system, size=8)
    await made.open()
    try:
        yield await make_home(Works(made, FrozenClock(NOW)))
    finally:
        await made.close()


@pytest.fixture
def settings() -> Settings:
    return load_settings({})


@pytest.fixture
def services(works: Works, clock: FrozenClock, settings: Settings) -> Services:
    hasher = PasswordHasher(CHEAP, threads=1, queue=8)
    desk = PasswordDesk(hasher, breached_lists(None))
    return Services(
        settings,
        clock,
        works,
        database.SEALER,
        hasher,
        desk,
        Limits(),
        LastUsed(works.database.system, clock),
        LastSeen(works.database.system, clock),
        SignInDesk(works, hasher, desk, database.SEALER),
    )


@pytest.fixture
def app(services: Services) -> Any:
    return wired(_routes(services.settings), services)


@cache
def _routes(settings: Settings) -> Litestar:
    """Once for all tests, since making them takes longer than most tests."""
    return make_app(settings)


@pytest_asyncio.fixture
async def api(app: Any, home: Home) -> AsyncIterator[httpx.AsyncClient]:
    """The application without a network, called with the key of `home`; paths are relative to its admin API."""
    transport = httpx.ASGITransport(app=app)
    base = f"http://localhost/t/{home.slug}/api/v1/admin"
    headers = {"Authorization": f"Bearer {home.key}"}
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        yield client
