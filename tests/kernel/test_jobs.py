"""Jobs run after the commit, are tried again, outlive their worker, and are seen when they fail for good."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from tenantry.kernel.db import APP_ROLE
from tenantry.kernel.jobs import FIRST_PAUSE, LONGEST_PAUSE, JobRunner, Task, TaskEnv, pause_after
from tenantry.kernel.work import Job, Works
from tests.support.database import login
from tests.support.makers import Home, make_home
from tests.support.running import (
    QUICK,
    SYSTEM_CLOCK,
    as_owner,
    committing,
    running,
    system_conninfo,
    task_env,
    until,
)

pytestmark = pytest.mark.asyncio


class Diary:
    """A task that writes down what it was given; `failures` is how often it fails first."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[dict[str, Any]] = []
        self.failures = failures

    async def run(self, env: TaskEnv, args: dict[str, Any]) -> None:
        self.seen.append(args)
        if len(self.seen) <= self.failures:
            raise RuntimeError("not this time")

    async def has(self, count: int) -> bool:
        return len(self.seen) >= count


@pytest_asyncio.fixture
async def home(own_database: str) -> AsyncIterator[Home]:
    async with committing(own_database, SYSTEM_CLOCK) as works:
        yield await make_home(works)


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path, TENANTRY_SHUTDOWN_SECONDS="1")


async def defer(works: Works, home: Home, task: str, **args: Any) -> None:
    async with works.write(home.opener()) as work:
        work.defer(Job(task, args))


async def queue(owner: str) -> list[tuple[str, int]]:
    """State and attempts of every job."""
    return [
        (s, n)
        for s, n in await as_owner(owner, "select status::text, attempts from procrastinate_jobs order by id")
    ]


async def make_due(owner: str) -> None:
    """Ends the pause of the jobs that wait to be tried again."""
    await as_owner(owner, "update procrastinate_jobs set scheduled_at = null where status = 'todo'")


def counted(task: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("tenantry_jobs_total", {"task": task, "outcome": outcome}) or 0.0


async def test_a_job_runs_after_the_commit_and_leaves_no_row(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary()
    before = counted("test.note", "succeeded")
    async with running(own_database, [Task("test.note", diary.run)], env):
        await defer(home.works, home, "test.note", tenant="acme", n=1)

        async def empty() -> bool:
            return len(diary.seen) == 1 and not await queue(own_database)

        await until(empty)
    assert diary.seen == [{"tenant": "acme", "n": 1}]
    assert counted("test.note", "succeeded") == before + 1


async def test_what_nobody_waits_for_runs_behind_everything_else(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary()
    async with home.works.write(home.opener()) as work:
        for number in range(3):
            work.defer(Job("test.note", {"long": number}, behind=True))
    async with home.works.write(home.opener()) as work:
        work.defer(Job("test.note", {"mail": 0}))
    runner = JobRunner(system_conninfo(own_database), [Task("test.note", diary.run)], env, 1, QUICK)
    await runner.start()
    await until(lambda: diary.has(4))
    await runner.stop()
    assert diary.seen == [{"mail": 0}, {"long": 0}, {"long": 1}, {"long": 2}]


async def test_a_job_is_heard_of_long_before_the_next_poll(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary()
    rare = type(QUICK)(poll=3600, heartbeat=10, stalled_after=30, housekeeping=15)
    async with running(own_database, [Task("test.note", diary.run)], env, rare):
        await defer(home.works, home, "test.note")
        await until(lambda: diary.has(1))
        # The worker listens by now, whatever its first look found.
        await defer(home.works, home, "test.note")
        await until(lambda: diary.has(2), within=5)


async def test_a_job_of_a_work_that_is_rolled_back_is_never_there(own_database: str, home: Home) -> None:
    async def break_off() -> None:
        async with home.works.write(home.opener()) as work:
            work.defer(Job("test.note", {}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    assert await queue(own_database) == []


async def test_a_job_that_failed_waits_and_is_tried_again(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary(failures=1)
    async with running(own_database, [Task("test.shaky", diary.run)], env):
        await defer(home.works, home, "test.shaky")

        async def waiting() -> list[Any]:
            return await as_owner(
                own_database,
                """
                select extract(epoch from scheduled_at - now())
                from procrastinate_jobs
                where status = 'todo' and attempts = 1
                """,
            )

        [(seconds,)] = await until(waiting)
        assert FIRST_PAUSE.total_seconds() * 0.5 - 1 < seconds < FIRST_PAUSE.total_seconds() * 1.5
        await make_due(own_database)
        await until(lambda: diary.has(2))


async def test_a_job_that_used_up_its_attempts_stays_as_failed_and_is_counted(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary(failures=99)
    retried, failed = counted("test.broken", "retried"), counted("test.broken", "failed")
    async with running(own_database, [Task("test.broken", diary.run, attempts=3)], env):
        await defer(home.works, home, "test.broken")

        async def done() -> bool:
            await make_due(own_database)
            return await queue(own_database) == [("failed", 3)]

        await until(done)

        async def shown() -> bool:
            return REGISTRY.get_sample_value("tenantry_job_queue", {"state": "failed"}) == 1

        await until(shown)
    assert len(diary.seen) == 3
    assert counted("test.broken", "retried") == retried + 2
    assert counted("test.broken", "failed") == failed + 1


async def test_stopping_finishes_the_job_in_flight(own_database: str, home: Home, env: TaskEnv) -> None:
    entered, leave, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(env: TaskEnv, args: dict[str, Any]) -> None:
        entered.set()
        await leave.wait()
        finished.set()

    runner = JobRunner(system_conninfo(own_database), [Task("test.slow", slow)], env, pace=QUICK)
    await runner.start()
    await defer(home.works, home, "test.slow")
    await entered.wait()
    stopping = asyncio.create_task(runner.stop())
    await asyncio.sleep(0)
    leave.set()
    await stopping
    assert finished.is_set()
    assert await queue(own_database) == []


async def test_a_job_that_outlasts_the_shutdown_goes_back_to_the_queue(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    entered = asyncio.Event()

    async def endless(env: TaskEnv, args: dict[str, Any]) -> None:
        entered.set()
        await asyncio.Event().wait()

    async with running(own_database, [Task("test.endless", endless, attempts=1)], env):
        await defer(home.works, home, "test.endless")
        await entered.wait()
    assert await queue(own_database) == [("todo", 1)]


async def test_the_job_of_a_killed_worker_is_taken_up_by_another(
    own_database: str, home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    await defer(home.works, home, "test.linger", n=7)
    await until_killed(own_database, tmp_path)
    assert await queue(own_database) == [("doing", 0)]
    diary = Diary()
    async with running(own_database, [Task("test.linger", diary.run)], env):
        await until(lambda: diary.has(1))
    assert diary.seen == [{"n": 7}]


async def test_a_job_that_kills_its_worker_each_time_comes_to_an_end(
    own_database: str, home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    await defer(home.works, home, "test.linger")
    await until_killed(own_database, tmp_path)
    diary = Diary()
    async with running(own_database, [Task("test.linger", diary.run, attempts=1)], env):

        async def failed() -> bool:
            return await queue(own_database) == [("failed", 1)]

        await until(failed)
    assert diary.seen == []


async def test_a_task_by_the_clock_runs_without_arguments(own_database: str, env: TaskEnv) -> None:
    diary = Diary()
    async with running(own_database, [Task("test.tick", diary.run, cron="* * * * *")], env):
        await until(lambda: diary.has(1))
    assert diary.seen[0] == {}


async def test_two_runners_run_one_tick_once(own_database: str, env: TaskEnv) -> None:
    diary = Diary()
    tasks = [
        Task("test.tick", diary.run, cron="0 0 1 1 *"),
        Task("test.each_minute", diary.run, cron="* * * * *"),
    ]
    async with running(own_database, tasks, env), running(own_database, tasks, env):
        await until(lambda: diary.has(1))

        async def both_looked() -> bool:
            rows = await as_owner(own_database, "select count(*) from procrastinate_workers")
            return rows == [(2,)]

        await until(both_looked)
    ticks = await as_owner(own_database, "select count(*) from procrastinate_periodic_defers")
    assert ticks == [(1,)]


async def test_a_runner_outlives_the_loss_of_all_its_connections(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary()
    async with running(own_database, [Task("test.note", diary.run)], env):
        await defer(home.works, home, "test.note")
        await until(lambda: diary.has(1))
        await as_owner(
            own_database,
            """
            select pg_terminate_backend(pid)
            from pg_stat_activity
            where datname = current_database()
              and application_name = 'tenantry jobs'
            """,
        )
        await defer(home.works, home, "test.note")
        await until(lambda: diary.has(2))


async def test_a_worker_that_was_taken_for_dead_while_it_lived_begins_anew(
    own_database: str, home: Home, env: TaskEnv
) -> None:
    diary = Diary()
    async with running(own_database, [Task("test.note", diary.run)], env):
        await defer(home.works, home, "test.note")
        await until(lambda: diary.has(1))
        await as_owner(own_database, "delete from procrastinate_workers")
        await defer(home.works, home, "test.note")
        await until(lambda: diary.has(2))


async def test_the_application_role_may_defer_but_neither_see_nor_change_jobs(
    own_database: str, home: Home
) -> None:
    await defer(home.works, home, "test.note")
    app = login(own_database, APP_ROLE)
    async with await psycopg.AsyncConnection.connect(app, autocommit=True) as conn:
        for statement in (
            "select * from procrastinate_jobs",
            "update procrastinate_jobs set task_name = 'x'",
            "delete from procrastinate_jobs",
            "select procrastinate_fetch_job_v2(null, 1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await conn.execute(statement.encode())


async def test_pauses_double_up_to_an_hour_and_are_spread() -> None:
    for failures, middle in (
        (0, FIRST_PAUSE),
        (1, FIRST_PAUSE * 2),
        (4, FIRST_PAUSE * 16),
        (500, LONGEST_PAUSE),
    ):
        pauses = {pause_after(failures) for _ in range(50)}
        assert len(pauses) > 1
        assert all(0.5 * middle <= pause <= 1.5 * middle for pause in pauses)


async def until_killed(owner: str, folder: Path) -> None:
    """Has a worker in a process of its own begin the waiting job, and kills it."""
    command = [sys.executable, "-m", "tests.kernel.doomed_worker", owner, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        process.kill()
    assert line == b"started\n"
