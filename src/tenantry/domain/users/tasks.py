"""The job that ends a suspension when its time has come."""

from typing import Any
from uuid import UUID

from tenantry.domain.tenants.errors import TenantNotFound
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import END_SUSPENSION, end_suspension
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.permissions import system_actor


async def end_one(env: TaskEnv, args: dict[str, Any]) -> None:
    """Ends one suspension; nothing is left to do where somebody has lifted it, or the person or the tenant is gone."""
    opener = OpenTenant(UUID(args["tenant"]), system_actor("end of a block"), even_suspended=True)
    try:
        async with env.works.write(opener) as work:
            user = await get_user_for_change(work, UserRef(UUID(args["user"]), None), with_deleted=True)
            await end_suspension(work, user, args["until"])
    except (TenantNotFound, UserNotFound):
        return


TASKS = (Task(END_SUSPENSION, end_one, attempts=12),)
