"""Everything that stands before the first request: a database, two tenants full of people, and keys that are never refused."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString, TypeVar
from uuid import UUID

import msgspec
import psycopg

from bench.options import Options
from tenantry.app.storage import bring_up_to_date, conninfo_of, sealer_of
from tenantry.app.wiring import make_works
from tenantry.domain.apikeys.actions import create_api_key
from tenantry.domain.apikeys.model import NewApiKey
from tenantry.domain.apikeys.rules import MOST_RATE
from tenantry.domain.rollups.actions import fold_user_counts
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.config import Settings, load_settings
from tenantry.kernel.db import APP_ROLE
from tenantry.kernel.embedded import EmbeddedServer
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import make_mailer
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.sms import make_texter
from tenantry.kernel.work import Works
from tenantry.migrations import sql_files

T = TypeVar("T")
BENCH = system_actor("benchmark")
NEWCOMERS = "bench-new"


class Tenant(msgspec.Struct, frozen=True):
    """A tenant under load: how many people it was filled with, and the key that the load shows."""

    slug: str
    id: UUID
    size: int
    key: str


class Stage(msgspec.Struct, frozen=True):
    """A running database with its tenants. `owner` and `app` are conninfos; people are created in `newcomers`."""

    options: Options
    data_dir: Path
    owner: str
    app: str
    small: Tenant
    large: Tenant
    newcomers: Tenant

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a server or a command on this database."""
        return environ_of(self.data_dir, self.owner)

    def ask(self, query: LiteralString, *params: object) -> list[tuple[object, ...]]:
        """Runs a statement as the owner, past every policy."""
        with psycopg.connect(self.owner, autocommit=True) as conn:
            cursor = conn.execute(query, params)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def data_directory(options: Options) -> Iterator[Path]:
    """The data directory of this run: a kept one when its tables are those of this program, else a new one.

    What is kept lies below a name made from the migrations, so that a change of the tables starts anew.
    """
    if options.keep is not None:
        found = options.keep / _fingerprint()
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield found
        return
    made = Path(tempfile.mkdtemp(prefix="tenantry-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def stage(options: Options, data_dir: Path) -> Iterator[Stage]:
    """The filled database, running. The server has the settings of `tenantry serve`, so every commit is on disk."""
    with EmbeddedServer(data_dir) as server:
        owner = server.wait()
        settings = load_settings({"TENANTRY_DATA_DIR": str(data_dir), "TENANTRY_DATABASE_URL": owner})
        sealer = sealer_of(settings)
        os.environ.update(environ_of(data_dir, owner))
        bring_up_to_date(owner, sealer)
        small = _filled(settings, owner, "bench-small", options.small)
        large = _filled(settings, owner, "bench-large", options.large)
        newcomers = _emptied(settings, owner)
        _settle(settings, owner)
        yield Stage(
            options=options,
            data_dir=data_dir,
            owner=owner,
            app=conninfo_of(APP_ROLE, owner, sealer),
            small=small,
            large=large,
            newcomers=newcomers,
        )


def environ_of(data_dir: Path, owner: str | None) -> dict[str, str]:
    """The environment without settings of the caller's own, but with ours."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    environ["TENANTRY_DATA_DIR"] = str(data_dir)
    if owner is not None:
        environ["TENANTRY_DATABASE_URL"] = owner
    return environ


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(sql_files.__file__).parent.glob("sql/*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _filled(settings: Settings, owner: str, slug: str, size: int) -> Tenant:
    tenant_id = _tenant(owner, slug)
    with psycopg.connect(owner) as conn:
        row = conn.execute("select count(*) from users where tenant_id = %s", (tenant_id,)).fetchone()
    present = row[0] if row else 0
    if present < size:
        _tenantry("users", "generate", "--tenant", slug, "--count", str(size - present))
    return Tenant(slug, tenant_id, size, _new_key(settings, owner, tenant_id))


def _emptied(settings: Settings, owner: str) -> Tenant:
    """A tenant for creates, without what an earlier run has left in it."""
    tenant_id = _tenant(owner, NEWCOMERS)
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("delete from users where tenant_id = %s", (tenant_id,))
        conn.execute("delete from events where tenant_id = %s", (tenant_id,))
        conn.execute("delete from procrastinate_jobs where args->>'tenant' = %s", (str(tenant_id),))
    return Tenant(NEWCOMERS, tenant_id, 0, _new_key(settings, owner, tenant_id))


def _tenant(owner: str, slug: str) -> UUID:
    with psycopg.connect(owner, autocommit=True) as conn:
        query = "select id from tenants where slug = %s"
        row = conn.execute(query, (slug,)).fetchone()
        if row is None:
            _tenantry("tenant", "create", slug, "--name", "Benchmark", "--admin-email", "admin@example.com")
            row = conn.execute(query, (slug,)).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def _new_key(settings: Settings, owner: str, tenant_id: UUID) -> str:
    async def make(works: Works) -> str:
        new = NewApiKey(name="benchmark", scopes=["admin:write"], read_rate=MOST_RATE, write_rate=MOST_RATE)
        async with works.write(OpenTenant(tenant_id, BENCH)) as work:
            return (await create_api_key(work, new)).secret

    return with_works(settings, owner, make)


def _settle(settings: Settings, owner: str) -> None:
    """What the jobs and the database would do by themselves within a minute: totals folded, dead rows gone, statistics fresh."""

    async def fold(works: Works) -> int:
        env = TaskEnv(
            works, works.clock, sealer_of(settings), settings, make_mailer(settings), make_texter(settings)
        )
        return await fold_user_counts(env)

    with_works(settings, owner, fold)
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("vacuum analyze")
        conn.execute("checkpoint")


def with_works(settings: Settings, owner: str, use: Callable[[Works], Awaitable[T]]) -> T:
    """Runs `use` with units of work on open pools."""

    async def opened() -> T:
        works = make_works(settings, owner, sealer_of(settings))
        await works.database.open()
        try:
            return await use(works)
        finally:
            await works.database.close()

    return asyncio.run(opened())


def _tenantry(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "tenantry.app.cli", *arguments], check=True)
