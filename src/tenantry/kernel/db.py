"""The database as the domain sees it: a handle that runs SQL, and pools that give connections of the right role.

A handle exists only inside a unit of work (`work.py`), which sets the tenant before anything else runs. A broken constraint
becomes a `ConstraintBroken` with its name, which the action that ran the statement turns into an error of its module. A
database that is away, or goes away, becomes a `DatabaseBusy`, wherever that is noticed.
"""

import select
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString, TypeVar, cast

import msgspec
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.logs import logger

Conn = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Conn]
Query = LiteralString | sql.Composed | sql.SQL
Params = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]
T = TypeVar("T")

APP_ROLE = "tenantry_app"
SYSTEM_ROLE = "tenantry_system"
# PostgreSQL's documentation, "PostgreSQL Error Codes": by their class, or in full.
CONTENTION = ("40", "55P03", "57014")
AWAY = ("08", "25P03", "25P04", "53", "57")
log = logger("database")

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)


class ConstraintBroken(DomainError):
    """A unique, foreign-key or check constraint said no. `constraint` is its name."""

    def __init__(self, constraint: str) -> None:
        super().__init__(Kind.CONFLICT, "conflict", "This clashes with something that is stored already.")
        self.constraint = constraint


class DatabaseBusy(DomainError):
    """The database did not answer in time or went away; the same request may succeed in a moment.

    Where the connection broke while a commit was under way, nobody knows whether it was stored.
    """

    def __init__(self) -> None:
        super().__init__(
            Kind.BUSY, "server_busy", "The server is busy. Try again in a moment.", retry_after=1
        )


class Handle:
    """Runs SQL on one connection and counts the statements, which tests and benchmarks read.

    A connection keeps one plan of a statement for all who run it, and a plan that is good for ten people reads all of a million.
    So every statement begins with `mark`, a comment that tells how large the tenant is: those of another size get another plan.
    """

    __slots__ = ("_conn", "_cursor", "mark", "statements")

    def __init__(self, conn: Conn) -> None:
        self._conn = conn
        # One for all statements, whose rows are fetched before the next one runs.
        self._cursor = conn.cursor()
        self.mark: LiteralString = ""
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
        with _translated():
            async with self._conn.transaction(), self._conn.cursor(name="stream") as cursor:
                cursor.itersize = size
                await cursor.execute(self._marked(query), params)
                async for row in cursor:
                    yield row

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What runs inside is undone alone if it raises; the unit of work goes on."""
        async with self._conn.transaction():
            yield

    async def _run(self, query: Query, params: Params) -> psycopg.AsyncCursor[TupleRow]:
        self.statements += 1
        # The one hot path, so not by `_translated`.
        try:
            return await self._cursor.execute(self._marked(query), params)
        except psycopg.Error as error:
            refusal = _refusal(error)
            if refusal is None:
                raise
            raise refusal from error

    def _marked(self, query: Query) -> Any:
        if not self.mark:
            return query
        return self.mark + query if isinstance(query, str) else sql.SQL(self.mark) + query


@contextmanager
def _translated() -> Iterator[None]:
    """What the database refuses inside leaves as an error of the domain."""
    try:
        yield
    except psycopg.Error as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: psycopg.Error) -> DomainError | None:
    """What the caller is told, or None where the error is a fault of the program."""
    if isinstance(error, psycopg.IntegrityError):
        return ConstraintBroken(error.diag.constraint_name or "")
    if isinstance(error, psycopg.DataError):
        return DomainError(Kind.UNPROCESSABLE, "validation_error", "A value cannot be stored as it is.")
    state = error.sqlstate
    if state is not None and state.startswith(CONTENTION):
        return DatabaseBusy()
    # Without a code it is the library that noticed: the server closed the connection, or no connection came in time.
    lost = state is None and isinstance(error, psycopg.OperationalError)
    if lost or (state is not None and state.startswith(AWAY)):
        log.warning("database unavailable", problem=_first_line(error), code=state)
        return DatabaseBusy()
    return None


def _first_line(error: psycopg.Error) -> str:
    # Only the first: the others may hold values.
    return (error.diag.message_primary or str(error)).partition("\n")[0]


class Database:
    """The pools of one process: `reader` and `writer` as the application role, `system` for cross-tenant work.

    `probe` holds at most one connection, for those who ask whether the database answers; so that is not for the readers, when
    there are many of them, to decide.
    """

    def __init__(self, reader: Pool, writer: Pool, system: Pool, probe: Pool) -> None:
        self.reader = reader
        self.writer = writer
        self.system = system
        self.probe = probe

    async def open(self) -> None:
        for pool in (self.reader, self.writer, self.system, self.probe):
            await pool.open(wait=True, timeout=15)

    async def close(self) -> None:
        for pool in (self.reader, self.writer, self.system, self.probe):
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
    reading = f"{limits} -c default_transaction_read_only=on"
    return Database(
        reader=_pool(app, reading, "reader", (1, size)),
        writer=_pool(app, limits, "writer", (1, size)),
        system=_pool(system, limits, "system", (1, 2)),
        probe=_pool(app, reading, "probe", (0, 1)),
    )


def _pool(conninfo: str, options: str, name: str, sizes: tuple[int, int]) -> Pool:
    async def configure(conn: Conn) -> None:
        await conn.set_autocommit(True)

    async def check(conn: Conn) -> None:
        if _has_hung_up(conn):
            await conn.close()
            # Where one was ended, the others were as well.
            await pool.check()
            raise psycopg.OperationalError("the server ended the connection while it was idle")

    pool: Pool = AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=sizes[0],
        max_size=sizes[1],
        max_waiting=1024,
        timeout=10,
        max_idle=300,
        # The pauses between attempts double. When they are given up, the next who asks for a connection tries anew at once,
        # so a database that was away for long is found again in a moment.
        reconnect_timeout=5,
        name=name,
        configure=configure,
        check=check,
        connection_class=cast("type[Conn]", AsyncConnection),
        kwargs={
            "autocommit": True,
            "row_factory": tuple_row,
            "options": options,
            "application_name": f"tenantry {name}",
            "prepare_threshold": 1,
        },
    )
    return pool


def _has_hung_up(conn: Conn) -> bool:
    """Whether the server has said anything since the last answer, which is that it ends the connection. Takes no round trip."""
    if conn.closed:
        return True
    waiting = select.poll()
    waiting.register(conn.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Conn]:
    """A connection of the pool; DatabaseBusy when none is free in time, or when it breaks, also at BEGIN and COMMIT."""
    with _translated():
        conn = await pool.getconn()
        try:
            yield conn
        finally:
            await pool.putconn(conn)
