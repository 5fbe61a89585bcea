"""How a message follows an event: written once into the outbox under the lock of the user's row, then sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from tenantry.domain.codes.model import Channel
from tenantry.domain.notices.outbox import Entry, deliver, find_message, put
from tenantry.domain.notices.rendering import Letter, load, written
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.event_log import RecordedEvent, load_event
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.logs import logger
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import Work

WRITER = system_actor("notices")
log = logger("notices")

Write = Callable[[Work, User, RecordedEvent], Awaitable[Letter | None]]
"""Says what is to be told to a locked user, or with None that there is nothing. It may issue a link or a code."""


async def follow(env: TaskEnv, args: dict[str, Any], kind: str, write: Write) -> None:
    """Writes the message of this kind that follows the event of {"tenant", "event"}, unless that was done before, and sends it.

    Nothing follows for a user who is gone, nor in a tenant that is gone or suspended. Raises MailDelayed or SmsDelayed.
    """
    tenant_id, event_id = UUID(args["tenant"]), UUID(args["event"])
    await asyncio.to_thread(load)
    try:
        async with env.works.write(OpenTenant(tenant_id, WRITER)) as work:
            message_id = await _in_outbox(env, work, event_id, kind, write)
        if message_id is not None:
            await deliver(env, tenant_id, message_id)
    except (TenantNotFound, TenantSuspended) as gone:
        log.info("a mail is dropped with its tenant", kind=kind, reason=gone.code)


async def _in_outbox(env: TaskEnv, work: Work, event_id: UUID, kind: str, write: Write) -> UUID | None:
    event = await load_event(work.db, event_id)
    if event is None or event.target_id is None:
        return None
    try:
        # The lock makes two runs for one event take turns: a second link would make the first one, mailed already, dead.
        user = await get_user_for_change(work, UserRef(event.target_id, None))
    except UserNotFound:
        return None
    queued = await find_message(work, event_id, kind)
    if queued is not None:
        return queued
    letter = await write(work, user, event)
    if letter is None:
        return None
    return await put(
        work,
        Entry(kind, user.id, event_id, template=letter.template),
        await written(work, letter, env.settings.address),
        env.sealer,
    )


def common_values(work: Work, user: User) -> dict[str, object]:
    """What every text knows: the tenant, the account by its best identifier, and how to greet its owner."""
    return {
        "tenant_name": work.tenant.name,
        "account": user.email or user.username or user.phone,
        "person_name": user.given_name or user.name,
    }


def mail_to(user: User, template: str, values: dict[str, object]) -> Letter | None:
    """A mail of this template for the user, or None when there is no address."""
    return None if user.email is None else Letter(user.email, template, values)


def text_to(user: User, template: str, values: dict[str, object]) -> Letter | None:
    """A text message of this template for the user, or None when there is no number."""
    return None if user.phone is None else Letter(user.phone, template, values, Channel.SMS)
