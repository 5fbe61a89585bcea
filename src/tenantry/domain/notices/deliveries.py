"""Deliveries that no event asks for: a test of a text, and a try between those that the outbox makes by itself."""

import contextlib
from typing import Any
from uuid import UUID

from tenantry.domain.notices.actions import RETRY, TEST
from tenantry.domain.notices.outbox import ATTEMPTS, deliver
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.mail import MailDelayed
from tenantry.kernel.sms import SmsDelayed


async def deliver_test(env: TaskEnv, args: dict[str, Any]) -> None:
    """Sends the message of {"tenant", "message"}. Raises MailDelayed or SmsDelayed."""
    with contextlib.suppress(TenantNotFound, TenantSuspended):
        await deliver(env, UUID(args["tenant"]), UUID(args["message"]))


async def retry(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tries the message of {"tenant", "message"} once more; where that fails its own job goes on as before."""
    with contextlib.suppress(TenantNotFound, TenantSuspended, MailDelayed, SmsDelayed):
        await deliver(env, UUID(args["tenant"]), UUID(args["message"]), between=True)


TASKS = (Task(TEST, deliver_test, attempts=ATTEMPTS), Task(RETRY, retry))
