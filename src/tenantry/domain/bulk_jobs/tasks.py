"""The job that goes on with a bulk job, a batch at a time, so that what comes meanwhile goes before the rest of it."""

from typing import Any
from uuid import UUID

from tenantry.domain.bulk_jobs.actions import RUN
from tenantry.domain.bulk_jobs.model import StopReason
from tenantry.domain.bulk_jobs.running_actions import do_next_people, stop_bulk_job
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.permissions import system_actor

# A run holds one of the few places of the runner for about a second, and a mail that comes meanwhile goes before the next one.
BATCH = 200
PROGRAM = system_actor("bulk job")
# Beyond the first hours it is tried once an hour, so a database that is away for days ends no job.
ATTEMPTS = 200


async def run(env: TaskEnv, args: dict[str, Any], size: int = BATCH) -> None:
    """Goes on with one bulk job by one batch; a run that was overtaken, or whose job is over, does nothing."""
    tenant_id, job_id = UUID(args["tenant"]), UUID(args["job"])
    try:
        # Whoever reads the audit log finds everybody whom the job has changed by its id.
        async with env.works.write(OpenTenant(tenant_id, PROGRAM), str(job_id)) as work:
            await do_next_people(work, job_id, args["round"], size)
    except TenantSuspended:
        async with env.works.write(OpenTenant(tenant_id, PROGRAM, even_suspended=True)) as work:
            await stop_bulk_job(work, job_id, StopReason.TENANT_SUSPENDED)
    except TenantNotFound:
        return


TASKS = (Task(RUN, run, attempts=ATTEMPTS),)
