"""The database as the domain sees it: a handle that runs SQL, and pools that give connections of the right role.

A handle exists only inside a unit of work (`work.py`), which sets the tenant before anything else runs. A broken constraint
becomes a `ConstraintBroken` with its name, which the action that ran the statement turns into an error of its module.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar, cast

import msgspec
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from tenantry.kernel.errors import DomainError, Kind

Conn = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Conn]
Query = LiteralString | sql.Composed | sql.SQL
Params = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]
T = TypeVar("T")

APP_ROLE = "tenantry_app"
SYSTEM_ROLE = "tenantry_system"

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)


class ConstraintBroken(DomainError):
    """A unique, foreign-key or check constraint said no. `constraint` is its name."""

    def __init__(self, constraint: str) -> None:
        super().__init__(Kind.CONFLICT, "conflict", "This clashes with something that is stored already.")
        self.constraint = constraint


class DatabaseBusy(DomainError):
    """The database did not answer in time; the same request may succeed in a moment."""

    def __init__(self) -> None:
        super().__init__(
            Kind.BUSY, "server_busy", "The server is busy. Try again in a moment.", retry_after=1
        )


class Handle:
    """Runs SQL on one connection and counts the statements, which tests and benchmarks read."""

    __slots__ = ("_conn", "statements")

    def __init__(self, conn: Conn) -> None:
        self._conn = conn
        self.statements = 0

    async def one(self, query: Query, params: Params = ()) -> Row | None:
        """The first row, or None."""
        cursor = await self._run(query, params)
        return await cursor.fetchone()

    async def value(self, query: Query, params: Params = ()) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(query, params)
        return None if row is None else row[0]

    async def all(self, query: Query, params: Params = ()) -> list[Row]:
        cursor = await self._run(query, params)
        return await cursor.fetchall()

    async def run(self, query: Query, params: Params = ()) -> int:
        """Runs a write and gives the number of rows it touched."""
        cursor = await self._run(query, params)
        return cursor.rowcount

    async def stream(self, query: Query, params: Params = (), size: int = 500) -> AsyncGenerator[Row, None]:
        """Rows one by one through a server-side cursor, `size` at a time, so that memory stays flat."""
        self.statements += 1
        async with self._conn.transaction(), self._conn.cursor(name="stream") as cursor:
            cursor.itersize = size
            await cursor.execute(cast("Any", query), params)
            async for row in cursor:
                yield row

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What runs inside is undone alone if it raises; the unit of work goes on."""
        async with self._conn.transaction():
            yield

    async def _run(self, query: Query, params: Params) -> psycopg.AsyncCursor[TupleRow]:
        self.statements += 1
        try:
            return await self._conn.execute(cast("Any", query), params)
        except psycopg.IntegrityError as error:
            raise ConstraintBroken(error.diag.constraint_name or "") from error
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
            raise DatabaseBusy from error
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
            raise DatabaseBusy from error
        except psycopg.DataError as error:
            raise DomainError(
                Kind.UNPROCESSABLE, "validation_error", "A value cannot be stored as it is."
            ) from error


class Database:
    """The pools of one process: `reader` and `writer` as the application role, `system` for cross-tenant work."""

    def __init__(self, reader: Pool, writer: Pool, system: Pool) -> None:
        self.reader = reader
        self.writer = writer
        self.system = system

    async def open(self) -> None:
        for pool in (self.reader, self.writer, self.system):
            await pool.open(wait=True, timeout=15)

    async def close(self) -> None:
        for pool in (self.reader, self.writer, self.system):
            await pool.close()


def role_conninfo(owner_conninfo: str, role: str, password: str) -> str:
    """The owner's conninfo with another role's name and password."""
    return psycopg.conninfo.make_conninfo(owner_conninfo, user=role, password=password)


def make_database(app: str, system: str, size: int) -> Database:
    """Pools that open lazily and grow up to `size` connections; the reader's connections refuse every write."""
    # Solid-state disks are taken for granted: with PostgreSQL's default for spinning ones, a filter that a partial index
    # answers at once would read the whole table instead.
    limits = (
        "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s -c lock_timeout=10s"
        " -c random_page_cost=1.1 -c jit=off"
    )
    return Database(
        reader=_pool(app, f"{limits} -c default_transaction_read_only=on", size, "reader"),
        writer=_pool(app, limits, size, "writer"),
        system=_pool(system, limits, 2, "system"),
    )


def _pool(conninfo: str, options: str, size: int, name: str) -> Pool:
    async def configure(conn: Conn) -> None:
        await conn.set_autocommit(True)

    return AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=1,
        max_size=size,
        max_waiting=1024,
        timeout=10,
        max_idle=300,
        name=name,
        configure=configure,
        connection_class=cast("type[Conn]", AsyncConnection),
        kwargs={
            "autocommit": True,
            "row_factory": tuple_row,
            "options": options,
            "application_name": f"tenantry {name}",
            "prepare_threshold": 1,
        },
    )


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Conn]:
    """A connection of the pool; DatabaseBusy when none is free in time."""
    try:
        conn = await pool.getconn()
    except (PoolTimeout, TooManyRequests) as error:
        raise DatabaseBusy from error
    try:
        yield conn
    finally:
        await pool.putconn(conn)
