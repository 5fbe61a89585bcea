"""Jobs: what runs after a commit, and what runs by the clock. This file alone knows the library that keeps the queue.

A job is inserted by `Work.defer` in the transaction of the rows it belongs to, so both are there or neither is. A runner
takes jobs from the queue as the system role, and hears of new ones by NOTIFY. A job that fails is tried again after a
growing pause; one that used up its attempts stays in the queue as `failed`, where an operator sees it. A job whose worker
was killed is found by the worker's missing heartbeat and tried again, so every task must be safe to run twice.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import procrastinate
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.worker import Worker
from prometheus_client import Counter, Gauge
from psycopg_pool import AsyncConnectionPool

from tenantry.kernel.clock import Clock
from tenantry.kernel.config import Settings
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.logs import logger
from tenantry.kernel.mail import Mailer
from tenantry.kernel.sms import Texter
from tenantry.kernel.work import Works

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
FAILED_KEPT = timedelta(days=30)
# The share of the shutdown that jobs in flight are given; the rest is for putting the unfinished ones back.
GRACE = 0.9
# Any number will do as long as it stays the same: of several runners only one looks for stalled jobs at a time.
STALLED_LOCK = 7_204_118_337

ENDED = Counter(
    "tenantry_jobs",
    "Runs of jobs by task and outcome: succeeded, retried, failed, stalled.",
    ["task", "outcome"],
)
QUEUE = Gauge("tenantry_job_queue", "Jobs in the queue by state: todo, doing, failed.", ["state"])
log = logger("jobs")


class TaskEnv(msgspec.Struct, frozen=True):
    """What every task is given."""

    works: Works
    clock: Clock
    sealer: Sealer
    settings: Settings
    mailer: Mailer
    texter: Texter


class Task(msgspec.Struct, frozen=True):
    """A kind of job. `run` gets the arguments that were deferred with it and must be safe to run twice.

    `attempts` counts all runs, the first one included. `cron` has five fields, in UTC; such a task gets no arguments, and never
    runs twice at a time.
    """

    name: str
    run: Callable[[TaskEnv, dict[str, Any]], Awaitable[None]]
    attempts: int = 8
    cron: str | None = None


class Pace(msgspec.Struct, frozen=True):
    """How often a runner looks, in seconds. New jobs are announced; `poll` is for those that wait for their moment."""

    poll: float = 5.0
    heartbeat: float = 10.0
    stalled_after: float = 30.0
    housekeeping: float = 15.0
    restart: float = 2.0


class BackOff(procrastinate.BaseRetryStrategy):
    """Pauses that double from `FIRST_PAUSE` to `LONGEST_PAUSE`, each between half and one and a half times as long.

    The spread keeps jobs that failed together, because one thing was down, from coming back together.
    """

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        now = datetime.now(UTC)
        if isinstance(exception, asyncio.CancelledError):
            # Cut off by a shutdown: the next worker takes it up at once, and the attempts do not matter.
            return procrastinate.RetryDecision(retry_at=now)
        if job.attempts + 1 >= self._attempts:
            return None
        return procrastinate.RetryDecision(retry_at=now + pause_after(job.attempts))


def pause_after(failures: int) -> timedelta:
    """How long a job waits that failed `failures` times before its latest failure."""
    # Past 2**16 the longest pause holds anyway; the bound keeps the number small.
    pause = min(FIRST_PAUSE * (1 << min(failures, 16)), LONGEST_PAUSE)
    return pause * random.uniform(0.5, 1.5)  # noqa: S311 - nothing depends on nobody guessing it


class JobRunner:
    """Runs jobs inside the event loop of whoever starts it. `conninfo` is that of the system role."""

    def __init__(
        self,
        conninfo: str,
        tasks: Iterable[Task],
        env: TaskEnv,
        concurrency: int = 4,
        pace: Pace | None = None,
    ) -> None:
        self._tasks = {task.name: task for task in tasks}
        self._env = env
        self._concurrency = concurrency
        self._pace = pace or Pace()
        self._pool = _pool(conninfo)
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector())
        self._stopping = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        # The library types neither run() nor stop().
        self._worker: Any = None
        self._forget_at = datetime.min.replace(tzinfo=UTC)
        for task in self._tasks.values():
            _register(self._app, task, env)

    async def start(self) -> None:
        """Begins to take jobs. Raises psycopg_pool.PoolTimeout when the database can't be reached within 15 seconds."""
        logging.getLogger("procrastinate.worker").addFilter(_told_by_us)
        await self._pool.open(wait=True, timeout=15)
        await self._app.connector.open_async(pool=self._pool)
        self._running = [asyncio.create_task(self._work()), asyncio.create_task(self._keep_house())]

    async def stop(self) -> None:
        """Takes no more jobs, and finishes those in flight; what is not done within `shutdown_seconds` goes back to the queue."""
        self._stopping.set()
        if self._worker is not None:
            self._worker.stop()
        try:
            await asyncio.gather(*self._running)
        finally:
            await self._pool.close()

    async def _work(self) -> None:
        """Keeps a worker running: the library's own ends for good when the database is away for a moment."""
        while not self._stopping.is_set():
            self._worker = self._new_worker()
            try:
                await self._worker.run()
            except Exception as error:
                log.warning("the worker broke off", exc_info=error)
            if not await self._stopped_within(self._pace.restart):
                log.warning("starting the worker again")

    def _new_worker(self) -> Worker:
        return Worker(
            self._app,
            name="tenantry",
            concurrency=self._concurrency,
            fetch_job_polling_interval=self._pace.poll,
            shutdown_graceful_timeout=GRACE * self._env.settings.shutdown_seconds,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=False,
            update_heartbeat_interval=self._pace.heartbeat,
            stalled_worker_timeout=self._pace.stalled_after,
        )

    async def _keep_house(self) -> None:
        while True:
            try:
                await self._pick_up_stalled()
                await self._measure()
                await self._forget_failed()
            except Exception as error:
                log.warning("looking after the queue failed", exc_info=error)
            if await self._stopped_within(self._pace.housekeeping):
                return

    async def _pick_up_stalled(self) -> None:
        """Puts the jobs of workers that went silent back into the queue, unless they used up their attempts.

        A job that kills its worker each time would otherwise come back for ever.
        """
        async with self._pool.connection() as conn, conn.transaction():
            locked = await conn.execute("select pg_try_advisory_xact_lock(%s)", (STALLED_LOCK,))
            if (await locked.fetchone()) != (True,):
                return
            manager = self._app.job_manager
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._pace.stalled_after):
                task = self._tasks.get(job.task_name)
                ENDED.labels(job.task_name, "stalled").inc()
                if task is not None and job.attempts + 1 >= task.attempts:
                    await manager.finish_job(job, Status.FAILED, delete_job=False)
                    _note_end(job, None)
                else:
                    log.warning("a job lost its worker and is tried again", task=job.task_name, job=job.id)
                    await manager.retry_job(job, retry_at=datetime.now(UTC))

    async def _measure(self) -> None:
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                """
                select status::text, count(*)
                from procrastinate_jobs
                where status in ('todo', 'doing', 'failed')
                group by status
                """
            )
            counts: dict[str, int] = dict(await cursor.fetchall())
        for state in ("todo", "doing", "failed"):
            QUEUE.labels(state).set(counts.get(state, 0))

    async def _forget_failed(self) -> None:
        """Once a day, lets go of jobs that failed long ago."""
        now = datetime.now(UTC)
        if now < self._forget_at:
            return
        async with self._pool.connection() as conn:
            await conn.execute(
                """
                delete from procrastinate_jobs j
                where j.status in ('failed', 'cancelled', 'aborted')
                  and not exists (
                    select from procrastinate_events e
                    where e.job_id = j.id
                      and e.at > %s)
                """,
                (now - FAILED_KEPT,),
            )
        self._forget_at = now + timedelta(days=1)

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()


def _register(app: procrastinate.App, task: Task, env: TaskEnv) -> None:
    async def run(context: procrastinate.JobContext, /, **args: Any) -> None:
        if task.cron is not None:
            # The library hands the moment of the schedule over; a task asks the clock.
            args.pop("timestamp", None)
        try:
            await task.run(env, args)
        except Exception as error:
            _note_error(task, context.job, error)
            raise
        ENDED.labels(task.name, "succeeded").inc()

    lock = task.name if task.cron else None
    made: Any = app.task(name=task.name, retry=BackOff(task.attempts), pass_context=True, lock=lock)(run)
    if task.cron is not None:
        app.periodic(cron=task.cron)(made)


def _note_error(task: Task, job: Job, error: Exception) -> None:
    if job.attempts + 1 >= task.attempts:
        _note_end(job, error)
    else:
        ENDED.labels(task.name, "retried").inc()
        log.warning(
            "a job failed and is tried again",
            task=task.name,
            job=job.id,
            attempt=job.attempts + 1,
            error=str(error),
        )


def _note_end(job: Job, error: Exception | None) -> None:
    ENDED.labels(job.task_name, "failed").inc()
    log.error(
        "a job failed for good", task=job.task_name, job=job.id, attempts=job.attempts + 1, exc_info=error
    )


def _told_by_us(record: logging.LogRecord) -> bool:
    """Drops the library's own line about a failed job, which stands in our log already."""
    return getattr(record, "action", None) != "job_error"


def _pool(conninfo: str) -> AsyncConnectionPool[Any]:
    async def configure(conn: Any) -> None:
        await conn.set_autocommit(True)

    # Autocommit is set on each connection and not in `kwargs`, which the library adds its own to when it listens.
    return AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=1,
        max_size=3,
        timeout=30,
        max_idle=300,
        name="jobs",
        configure=configure,
        check=AsyncConnectionPool.check_connection,
        kwargs={
            "options": "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s -c lock_timeout=10s",
            "application_name": "tenantry jobs",
        },
    )
