"""Upkeep by the clock. Times are UTC; the hours are apart, so that two sweeps seldom meet."""

from collections.abc import Awaitable, Callable
from typing import Any

from tenantry.domain.rollups import actions
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.logs import logger

log = logger("rollups")


def _task(name: str, action: Callable[[TaskEnv], Awaitable[int]], cron: str) -> Task:
    async def run(env: TaskEnv, _args: dict[str, Any]) -> None:
        done = await action(env)
        if done:
            log.info(name, rows=done)

    return Task(name, run, attempts=3, cron=cron)


TASKS = (
    _task("rollups.fold_user_counts", actions.fold_user_counts, "* * * * *"),
    _task("rollups.remove_idempotency_keys", actions.remove_idempotency_keys, "11 * * * *"),
    _task("rollups.remove_dead_sessions", actions.remove_dead_sessions, "26 * * * *"),
    _task("rollups.remove_dead_codes", actions.remove_dead_codes, "41 3 * * *"),
    _task("rollups.remove_old_attempts", actions.remove_old_attempts, "31 * * * *"),
    _task("rollups.remove_old_throttles", actions.remove_old_throttles, "*/10 * * * *"),
    _task("rollups.remove_old_messages", actions.remove_old_messages, "26 3 * * *"),
    _task("rollups.remove_old_bulk_results", actions.remove_old_bulk_results, "46 3 * * *"),
    _task("rollups.remove_old_bulk_jobs", actions.remove_old_bulk_jobs, "51 4 * * *"),
    _task("rollups.make_event_partitions", actions.make_event_partitions, "56 2 * * *"),
    _task("rollups.age_audit_log", actions.age_audit_log, "6 4 * * *"),
)
