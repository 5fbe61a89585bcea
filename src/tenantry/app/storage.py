"""Which database this installation uses, and whether its tables are those of this program.

Nothing here loads the web framework or Alembic: the embedded server starts while those are still being imported, and
migrations run in a process that ends.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tenantry.app.refusals import StartRefused
from tenantry.kernel.config import Settings, secret_keys
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE, role_conninfo
from tenantry.kernel.embedded import EmbeddedServer, url_for
from tenantry.migrations import heads

CONNECT_SECONDS = 10


def sealer_of(settings: Settings) -> Sealer:
    """The sealer with this installation's keys, which are made on the first call."""
    return Sealer(secret_keys(settings))


def role_passwords(sealer: Sealer) -> dict[str, str]:
    """The passwords of the login roles; they follow from the secret key, so no file holds them."""
    return {role: sealer.derived(f"role {role}") for role in (APP_ROLE, SYSTEM_ROLE)}


def conninfo_of(role: str, owner: str, sealer: Sealer) -> str:
    """How to connect as one of the login roles, given how the owner connects."""
    return role_conninfo(owner, role, role_passwords(sealer)[role])


def owner_conninfo(settings: Settings, server: EmbeddedServer | None) -> str:
    """The owner's conninfo once the database accepts connections."""
    if server is not None:
        return server.wait()
    found = settings.database_url or url_for(settings.data_path)
    if found is None:
        raise StartRefused(
            f"no server runs on the data directory {settings.data_path}; start it with `tenantry serve`"
        )
    _check_url(found)
    return found


@contextmanager
def any_database(settings: Settings) -> Iterator[str]:
    """The owner's conninfo for one command: the operator's database, a running embedded one, or one for the while."""
    running = settings.database_url or url_for(settings.data_path)
    if running is not None:
        _check_url(running)
        yield running
        return
    with EmbeddedServer(settings.data_path) as server:
        yield server.wait()


def bring_up_to_date(owner: str, sealer: Sealer) -> None:
    """Migrates in a process of its own unless the database has the newest revision and knows our password."""
    if is_current(conninfo_of(APP_ROLE, owner, sealer)):
        return
    command = [sys.executable, "-m", "tenantry.app.cli", "migrate", "--quiet"]
    result = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    if result.returncode:
        said = result.stderr.strip().removeprefix("tenantry: ").splitlines()
        raise StartRefused(said[-1] if said else f"the migration ended with code {result.returncode}")


def is_current(app: str) -> bool:
    """Whether the application role can connect and finds the newest revision.

    Raises StartRefused when the database is ahead of this program.
    """
    try:
        with psycopg.connect(app, autocommit=True, connect_timeout=CONNECT_SECONDS) as conn:
            row = conn.execute("select version_num from alembic_version").fetchone()
    except psycopg.Error:
        return False
    newest = heads.head()
    if row is not None and row[0] > newest:
        raise StartRefused(
            f"the database is at revision {row[0]} and this program knows {newest} at most; install the newer program"
        )
    return row is not None and row[0] == newest


def _check_url(url: str) -> None:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # What was given may hold a password, so it is not repeated.
        raise StartRefused(
            "TENANTRY_DATABASE_URL is no PostgreSQL URL such as postgresql://owner:pw@host/db"
        ) from error
