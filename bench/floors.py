"""The floors: the server's own statements, without the server. Each runs in a process of its own, `python -m bench.floors`.

A floor opens as many connections as wrk does, in the server's role and with the server's settings, prepares what the server
prepares, and on each connection runs one transaction after the other.
"""

import asyncio
import hashlib
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import msgspec
import uvloop
from argon2 import PasswordHasher
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from bench.figures import percentile
from bench.stage import Stage, Tenant
from bench.wrk import Load
from tenantry.domain.apikeys.opening import OPEN
from tenantry.domain.credentials.hashing import HashCost
from tenantry.domain.directory.queries import BY_EMAIL, BY_ID, NEWEST_FIRST, list_statement
from tenantry.domain.users.actions import INSERT_USER
from tenantry.kernel import heap
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page
from tenantry.kernel.db import Query
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import DEFER_JOBS, INSERT_EVENT

PAGE = 20


class Caller(msgspec.Struct, frozen=True):
    """Where the statements run, and whose key opens the tenant."""

    conninfo: str
    slug: str
    key_hash: bytes
    connections: int


class ReadFloor(msgspec.Struct, frozen=True, tag=True):
    """Opens and asks once: `kind` is `list`, `id`, `email`, `search` or `cursor`; the values are asked for in turn."""

    caller: Caller
    seconds: float
    kind: str
    values: list[str]


class CreateFloor(msgspec.Struct, frozen=True, tag=True):
    """Opens, stores user, activity, event and job, commits. It reads nothing back."""

    caller: Caller
    seconds: float


class HashFloor(msgspec.Struct, frozen=True, tag=True):
    """Nothing but hashes, on so many threads."""

    cost: HashCost
    threads: int
    seconds: float


Floor = ReadFloor | CreateFloor | HashFloor


def caller(stage: Stage, tenant: Tenant) -> Caller:
    """The bearer of the tenant's key, as the application role."""
    return Caller(
        stage.app, tenant.slug, hashlib.sha256(tenant.key.encode()).digest(), stage.options.connections
    )


def run_floor(floor: Floor) -> Load:
    """Runs one floor in a process of its own."""
    command = [sys.executable, "-m", "bench.floors"]
    result = subprocess.run(command, input=msgspec.json.encode(floor), capture_output=True, check=False)
    if result.returncode:
        raise RuntimeError(f"a floor failed: {result.stderr.decode(errors='replace')}")
    return msgspec.json.decode(result.stdout, type=Load)


def statement_of(kind: str, value: str) -> tuple[Query, list[object]]:
    """The second statement of a read, as the server has it."""
    if kind == "id":
        return BY_ID, [UUID(value)]
    if kind == "email":
        return BY_EMAIL, [value]
    page = Page(PAGE, cursor=value if kind == "cursor" else None)
    return list_statement(Criteria(EVERYTHING, NEWEST_FIRST, page, value if kind == "search" else None))


async def _reads(floor: ReadFloor) -> Load:
    who = floor.caller
    statements = [statement_of(floor.kind, value) for value in floor.values]
    turns = count()

    async def one(conn: AsyncConnection) -> None:
        cursor = await conn.execute(OPEN, (who.slug, who.key_hash, False))
        await cursor.fetchone()
        query, params = statements[next(turns) % len(statements)]
        cursor = await conn.execute(query, params)
        await cursor.fetchall()

    return await _side_by_side(who, floor.seconds, one, read_only=True)


async def _creates(floor: CreateFloor) -> Load:
    who = floor.caller
    numbers, mark = count(), new_id().hex[-8:]

    async def one(conn: AsyncConnection) -> None:
        now, user_id, event_id = datetime.now(UTC), new_id(), new_id()
        email = f"floor.{mark}.{next(numbers)}@example.com"
        cursor = await conn.execute(OPEN, (who.slug, who.key_hash, True))
        opened = await cursor.fetchone()
        assert opened is not None
        await conn.execute(INSERT_USER, _user(user_id, email, now))
        await conn.execute(INSERT_EVENT, _event(event_id, user_id, email, now, opened[5]))
        args = {"tenant": str(opened[0]), "event": str(event_id)}
        await conn.execute(DEFER_JOBS, (["notices.password_setup"], [0], [Jsonb(args)], [None]))
        await conn.commit()

    return await _side_by_side(who, floor.seconds, one, read_only=False)


def _user(user_id: UUID, email: str, now: datetime) -> tuple[object, ...]:
    nothing = Jsonb({})
    return (
        user_id, "person", email, email, None, now, False, None, False, None, None,
        "Nova Newman", "Nova", "Newman", None, None, None, nothing, nothing,
        False, nothing, "initial_setup", False, False,
        None, None, now, now,
    )  # fmt: skip


def _event(event_id: UUID, user_id: UUID, email: str, now: datetime, key_id: UUID) -> tuple[object, ...]:
    data = {"via": "admin_api", "passwordPending": True, "sendSetup": True}
    personal = {"email": email, "name": "Nova Newman", "actor": "benchmark"}
    about = ("user.created", "success", "user", user_id, Jsonb(data), Jsonb(personal))
    return now, "127.0.0.1", None, "A2xJ0v5cQe8rLw1z", event_id, *about, "api_key", key_id


async def _side_by_side(
    who: Caller, seconds: float, one: Callable[[AsyncConnection], Awaitable[None]], *, read_only: bool
) -> Load:
    limits = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s -c lock_timeout=10s"
    options = f"{limits} -c default_transaction_read_only=on" if read_only else limits
    connections = [
        await AsyncConnection.connect(
            who.conninfo, autocommit=read_only, prepare_threshold=1, options=options
        )
        for _ in range(who.connections)
    ]
    took: list[float] = []
    started = time.perf_counter()
    end = started + seconds

    async def loop(conn: AsyncConnection) -> None:
        before = time.perf_counter()
        while before < end:
            await one(conn)
            after = time.perf_counter()
            took.append((after - before) * 1000)
            before = after

    await asyncio.gather(*map(loop, connections))
    measured = time.perf_counter() - started
    for conn in connections:
        await conn.close()
    return Load(len(took), measured, percentile(took, 0.5), percentile(took, 0.99))


def _hashes(floor: HashFloor) -> Load:
    heap.keep_blocks_for_reuse(floor.cost.memory_kib * 1024, floor.threads)
    hasher = PasswordHasher(floor.cost.passes, floor.cost.memory_kib, floor.cost.lanes)
    started = time.perf_counter()

    def loop(_: int) -> list[float]:
        took: list[float] = []
        while time.perf_counter() - started < floor.seconds:
            before = time.perf_counter()
            hasher.hash("correct horse battery staple")
            took.append((time.perf_counter() - before) * 1000)
        return took

    with ThreadPoolExecutor(floor.threads) as pool:
        took = [ms for each in pool.map(loop, range(floor.threads)) for ms in each]
    return Load(len(took), time.perf_counter() - started, percentile(took, 0.5), percentile(took, 0.99))


def main() -> None:
    """Reads one Floor from the standard input and prints its Load."""
    floor = msgspec.json.decode(sys.stdin.buffer.read(), type=Floor)
    if isinstance(floor, HashFloor):
        load = _hashes(floor)
    elif isinstance(floor, CreateFloor):
        load = uvloop.run(_creates(floor))
    else:
        load = uvloop.run(_reads(floor))
    sys.stdout.buffer.write(msgspec.json.encode(load))


if __name__ == "__main__":
    main()
