"""Real commits: a database of one test's own with pools of the login roles, what tasks are given, and waiting for a condition."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tenantry.kernel.clock import Clock, SystemClock
from tenantry.kernel.config import load_settings
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE, make_database
from tenantry.kernel.jobs import JobRunner, Pace, Task, TaskEnv
from tenantry.kernel.mail import MailboxMailer, Mailer
from tenantry.kernel.sms import MailboxTexter, Texter
from tenantry.kernel.work import Reactions, Works
from tests.support.database import login

QUICK = Pace(poll=0.05, heartbeat=0.2, stalled_after=1.0, housekeeping=0.1, restart=0.05)


@asynccontextmanager
async def committing(owner: str, clock: Clock, reactions: Reactions | None = None) -> AsyncIterator[Works]:
    """Units of work whose commits are real, on the database that the owner reaches by `owner`."""
    database = make_database(login(owner, APP_ROLE), system_conninfo(owner), 8)
    await database.open()
    try:
        yield Works(database, clock) if reactions is None else Works(database, clock, reactions)
    finally:
        await database.close()


def system_conninfo(owner: str) -> str:
    return login(owner, SYSTEM_ROLE)


def task_env(
    works: Works, folder: Path, mailer: Mailer | None = None, texter: Texter | None = None, **settings: str
) -> TaskEnv:
    """What a task is given, with the development mailbox in `folder` unless a mailer or texter is named."""
    environ = {"TENANTRY_DATA_DIR": str(folder), **settings}
    mailbox = MailboxMailer(folder / "mailbox", works.clock)
    loaded = load_settings(environ)
    return TaskEnv(
        works,
        works.clock,
        Sealer(["k" * 40]),
        loaded,
        mailer or mailbox,
        texter or MailboxTexter(mailbox),
    )


@asynccontextmanager
async def running(
    owner: str, tasks: list[Task], env: TaskEnv, pace: Pace = QUICK
) -> AsyncIterator[JobRunner]:
    """A started runner."""
    runner = JobRunner(system_conninfo(owner), tasks, env, pace=pace)
    await runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


async def until(check: Callable[[], Awaitable[Any]], within: float = 15.0) -> Any:
    """The first answer of `check` that is true; fails after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            found = await check()
            if found:
                return found
            await asyncio.sleep(0.02)


async def as_owner(owner: str, query: LiteralString, *params: Any) -> list[tuple[Any, ...]]:
    """Runs a statement past every policy, and gives its rows if it has any."""
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as conn:
        cursor = await conn.execute(query, params)
        return await cursor.fetchall() if cursor.description else []


SYSTEM_CLOCK = SystemClock()
