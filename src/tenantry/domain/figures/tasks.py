"""What is counted by the clock. Times are UTC."""

from typing import Any

from tenantry.domain.figures.actions import fold_daily_figures, list_crowded_tenants, note_people
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.logs import logger
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import system_work

COUNTER = system_actor("figures")
log = logger("figures")


async def fold(env: TaskEnv, _args: dict[str, Any]) -> None:
    """Rolls up what has happened since the last time."""
    folded = await fold_daily_figures(env)
    if folded:
        log.info("events were rolled up", events=folded)


async def count_people(env: TaskEnv, _args: dict[str, Any]) -> None:
    """Counts the people of large tenants by state, each tenant in a transaction of its own."""
    async with system_work(env.works.database.system, env.clock) as system:
        tenants = await list_crowded_tenants(system)
    for tenant_id in tenants:
        try:
            async with env.works.write(OpenTenant(tenant_id, COUNTER)) as work:
                await note_people(work)
        except (TenantNotFound, TenantSuspended):
            continue


TASKS = (
    Task("figures.fold", fold, attempts=3, cron="* * * * *"),
    Task("figures.count_people", count_people, attempts=3, cron="*/10 * * * *"),
)
