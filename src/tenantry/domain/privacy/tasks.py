"""The jobs of erasure, and the one that ends the time in which deleted people can be restored."""

from typing import Any
from uuid import UUID

from tenantry.domain.privacy.actions import REDACT, note_erasure, purge_deleted, redact_events
from tenantry.domain.privacy.job_actions import list_jobs_reaching, redact_jobs
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.logs import logger
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import system_work

BATCH = 500
log = logger("privacy")


async def redact(env: TaskEnv, args: dict[str, Any], batch: int = BATCH) -> None:
    """Makes a person nameless in bulk jobs and in the audit log, in small transactions; running it again finds nothing to do."""
    opener = OpenTenant(UUID(args["tenant"]), system_actor("erasure"), even_suspended=True)
    user_id = UUID(args["user"])
    # A job that was deferred by an earlier version names none of them.
    others = [UUID(one) for key in ("invitations", "others") for one in args.get(key, ())]
    bulk_jobs = [UUID(one) for one in args.get("bulk_jobs", ())]
    total = 0
    async with env.works.write(opener) as work:
        # Those that were started meanwhile are looked for by the id, which is all that is left.
        await redact_jobs(work, [*bulk_jobs, *await list_jobs_reaching(work, user_id)])
    while True:
        async with env.works.write(opener) as work:
            done = await redact_events(work, user_id, batch, others)
            total += done
            if done == 0:
                if total:
                    await note_erasure(work, user_id, total)
                return


async def purge(env: TaskEnv, _args: dict[str, Any], batch: int = BATCH) -> None:
    """Deletes for good whoever's time for a restore is over, tenant by tenant, in small transactions."""
    async with system_work(env.works.database.system, env.clock) as system:
        tenants: list[UUID] = await system.db.value("select tenants_with_purges(%s)", (system.now,))
    for tenant_id in tenants:
        purged = await _purge_tenant(env, tenant_id, batch)
        log.info("deleted people are gone for good", tenant=str(tenant_id), people=purged)


async def _purge_tenant(env: TaskEnv, tenant_id: UUID, batch: int) -> int:
    opener = OpenTenant(tenant_id, system_actor("retention"))
    total = 0
    try:
        while True:
            async with env.works.write(opener) as work:
                done = await purge_deleted(work, batch)
            total += done
            if done < batch:
                return total
    except (TenantNotFound, TenantSuspended):
        return total


TASKS = (
    Task(REDACT, redact, attempts=12),
    Task("privacy.purge", purge, attempts=3, cron="*/10 * * * *"),
)
