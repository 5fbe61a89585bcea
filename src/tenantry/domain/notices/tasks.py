"""The jobs that mail what an event makes necessary. Each gets {"tenant", "event"} and is safe to run twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from tenantry.domain.codes.model import CodeKind
from tenantry.domain.notices.outbox import ATTEMPTS, deliver, find_message, queue_message
from tenantry.domain.notices.rendering import in_words, load, render
from tenantry.domain.recovery.actions import create_link
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.tenants.model import Links
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import PasswordPending, User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.event_log import load_event
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.logs import logger
from tenantry.kernel.mail import Message
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import Work

PASSWORD_RESET = "notices.password_reset"
PASSWORD_SETUP = "notices.password_setup"
PASSWORD_CHANGED = "notices.password_changed"
WRITER = system_actor("notices")
log = logger("notices")

Write = Callable[[Work, User], Awaitable[Message | None]]


async def mail_password_reset(env: TaskEnv, args: dict[str, Any]) -> None:
    """Mails a single-use link for a new password to somebody who asked for it, or for whom an administrator did."""

    async def write(work: Work, user: User) -> Message | None:
        return await _with_link(env, work, user, CodeKind.PASSWORD_RESET)

    await _follow(env, args, PASSWORD_RESET, write)


async def mail_password_setup(env: TaskEnv, args: dict[str, Any]) -> None:
    """Invites the owner of a new account to choose its first password; nothing goes to somebody who has one by now."""

    async def write(work: Work, user: User) -> Message | None:
        if user.password_pending != PasswordPending.INITIAL_SETUP:
            return None
        return await _with_link(env, work, user, CodeKind.PASSWORD_SETUP)

    await _follow(env, args, PASSWORD_SETUP, write)


async def mail_password_changed(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells somebody that their password was changed, in case it was not they who did it."""

    async def write(work: Work, user: User) -> Message | None:
        return _written(user, "password_changed", _common(work, user))

    await _follow(env, args, PASSWORD_CHANGED, write)


TASKS = (
    Task(PASSWORD_RESET, mail_password_reset, attempts=ATTEMPTS),
    Task(PASSWORD_SETUP, mail_password_setup, attempts=ATTEMPTS),
    Task(PASSWORD_CHANGED, mail_password_changed, attempts=ATTEMPTS),
)


async def _follow(env: TaskEnv, args: dict[str, Any], kind: str, write: Write) -> None:
    """Writes the mail that follows an event unless that was done before, and sends it."""
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
    written = await find_message(work, event_id, kind)
    if written is not None:
        return written
    message = await write(work, user)
    if message is None:
        return None
    return await queue_message(work, kind, user.id, event_id, message, env.sealer)


async def _with_link(env: TaskEnv, work: Work, user: User, kind: CodeKind) -> Message | None:
    if user.email is None:
        return None
    links = section(work.tenant, "links", Links)
    first = kind is CodeKind.PASSWORD_SETUP
    token = await create_link(work, user, kind, env.sealer)
    values = {
        **_common(work, user),
        "first": first,
        "link": f"{env.settings.address}/t/{work.tenant.slug}/reset-password?token={token}",
        "works_for": in_words(links.password_setup_minutes if first else links.password_reset_minutes),
    }
    return _written(user, "password_reset", values)


def _common(work: Work, user: User) -> dict[str, object]:
    return {
        "tenant_name": work.tenant.name,
        "account": user.email,
        "person_name": user.given_name or user.name,
    }


def _written(user: User, template: str, values: dict[str, object]) -> Message | None:
    if user.email is None:
        return None
    mail = render(template, **values)
    return Message(user.email, mail.subject, mail.text, mail.html)
