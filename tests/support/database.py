"""One PostgreSQL for a run, one migrated template, one clone for each worker, one transaction for each test."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from uuid import uuid4

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import tuple_row

from tenantry.app.storage import role_passwords
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.db import APP_ROLE, Conn, Database, role_conninfo
from tenantry.migrations import runner

TEMPLATE = os.environ.get("TENANTRY_TEST_TEMPLATE", "tenantry_template")
# Roles belong to the cluster, so whatever migrates during a run must derive the same passwords: every server that a test
# starts on the shared PostgreSQL gets this key.
SECRET_KEY = "only-for-tests-only-for-tests-only-for-tests"
SEALER = Sealer([SECRET_KEY])
PASSWORDS = role_passwords(SEALER)


def named(conninfo: str, database: str) -> str:
    """The same server, another database."""
    return psycopg.conninfo.make_conninfo(conninfo, dbname=database)


def login(owner_conninfo: str, role: str) -> str:
    """How to connect as one of the login roles."""
    return role_conninfo(owner_conninfo, role, PASSWORDS[role])


def run_as_owner(conninfo: str, statement: sql.Composed) -> None:
    with psycopg.connect(named(conninfo, "postgres"), autocommit=True) as conn:
        conn.execute(statement)


def make_template(conninfo: str) -> None:
    """Drops and makes the migrated database that all others are cloned from."""
    name = sql.Identifier(TEMPLATE)
    run_as_owner(conninfo, sql.SQL("drop database if exists {} with (force)").format(name))
    run_as_owner(conninfo, sql.SQL("create database {}").format(name))
    runner.migrate(named(conninfo, TEMPLATE), PASSWORDS)


@contextmanager
def clone(conninfo: str) -> Iterator[str]:
    """The owner's conninfo of a fresh clone of the template, which is gone afterwards."""
    name = f"tenantry_{uuid4().hex}"
    made, template = sql.Identifier(name), sql.Identifier(TEMPLATE)
    run_as_owner(conninfo, sql.SQL("create database {} template {}").format(made, template))
    try:
        yield named(conninfo, name)
    finally:
        run_as_owner(conninfo, sql.SQL("drop database {} with (force)").format(made))


class OneConnection:
    """Stands for a pool: every unit of work of a test runs on the test's own connection, inside its transaction."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def getconn(self) -> Conn:
        return self._conn

    async def putconn(self, conn: Conn) -> None:
        return None

    async def open(self, wait: bool = True, timeout: float = 0) -> None:
        return None

    async def close(self) -> None:
        return None


@asynccontextmanager
async def rolled_back(owner_conninfo: str) -> AsyncIterator[Database]:
    """A database whose writers share one connection of the application role; nothing of it stays."""
    conninfo = login(owner_conninfo, APP_ROLE)
    connected = await AsyncConnection.connect(conninfo, autocommit=True, row_factory=tuple_row)
    async with connected as conn, conn.transaction(force_rollback=True):
        pool = cast("Any", OneConnection(conn))
        yield Database(pool, pool, pool, pool)
