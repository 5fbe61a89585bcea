"""Messages to people who have no account: invitations. And to those who have one that somebody tried to make again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenantry.domain.invitations.mail_actions import find_invitation_to_mail, make_mailed_link
from tenantry.domain.invitations.model import InvitationRow
from tenantry.domain.notices.following import WRITER, common_values, follow, log, mail_to
from tenantry.domain.notices.outbox import ATTEMPTS, Entry, deliver, find_message, put
from tenantry.domain.notices.rendering import Letter, in_words, load, written
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.tenants.model import Links
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.model import User
from tenantry.kernel.event_log import RecordedEvent, load_event
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.work import Work

INVITATION = "notices.invitation"
REGISTRATION_ATTEMPT = "notices.registration_attempt"
TOLD_AGAIN_AFTER = timedelta(hours=1)


async def mail_invitation(env: TaskEnv, args: dict[str, Any]) -> None:
    """Mails the link of an invitation; nothing when it is closed, or when a newer link was made meanwhile."""
    tenant_id, event_id = UUID(args["tenant"]), UUID(args["event"])
    await asyncio.to_thread(load)
    try:
        async with env.works.write(OpenTenant(tenant_id, WRITER)) as work:
            message_id = await _in_outbox(env, work, event_id)
        if message_id is not None:
            await deliver(env, tenant_id, message_id)
    except (TenantNotFound, TenantSuspended) as gone:
        log.info("a mail is dropped with its tenant", kind=INVITATION, reason=gone.code)


async def mail_registration_attempt(env: TaskEnv, args: dict[str, Any]) -> None:
    """Tells the owner of an account that somebody, perhaps they themselves, tried to sign up with its address."""

    async def write(work: Work, user: User, event: RecordedEvent) -> Letter | None:
        # Whoever tries again and again must not fill somebody's mailbox with it.
        if await _told_since(work, user.id, event.occurred_at - TOLD_AGAIN_AFTER):
            return None
        pages = f"{env.settings.address}/t/{work.tenant.slug}"
        values = {
            **common_values(work, user),
            "link": f"{pages}/login",
            "forgot_link": f"{pages}/forgot-password",
        }
        return mail_to(user, "registration_attempt", values)

    await follow(env, args, REGISTRATION_ATTEMPT, write)


async def _in_outbox(env: TaskEnv, work: Work, event_id: UUID) -> UUID | None:
    event = await load_event(work.db, event_id)
    if event is None or event.target_id is None:
        return None
    # The lock makes two runs for one event take turns, as everywhere.
    invitation = await find_invitation_to_mail(work, event.target_id)
    if invitation is None:
        return None
    queued = await find_message(work, event_id, INVITATION)
    if queued is not None:
        return queued
    made = await make_mailed_link(work, invitation, event_id, env.sealer)
    if made is None:
        log.info("an invitation that was overtaken is not mailed", invitation=str(invitation.id))
        return None
    letter = _letter(env, work, invitation, made.token)
    entry = Entry(INVITATION, None, event_id, invitation.id, letter.template)
    return await put(work, entry, await written(work, letter, env.settings.address), env.sealer)


def _letter(env: TaskEnv, work: Work, invitation: InvitationRow, token: str) -> Letter:
    values: dict[str, object] = {
        "tenant_name": work.tenant.name,
        "person_name": invitation.name,
        "account": invitation.email,
        "message": invitation.message,
        "link": f"{env.settings.address}/t/{work.tenant.slug}/invitation?token={token}",
        "works_for": in_words(section(work.tenant, "links", Links).invitation_minutes),
    }
    return Letter(invitation.email, "invitation", values)


async def _told_since(work: Work, user_id: UUID, since: datetime) -> bool:
    told: bool = await work.db.value(
        """
        select exists (
            select from mail_messages m
            where m.user_id = %s
              and m.kind = %s
              and m.created_at > %s)
        """,
        (user_id, REGISTRATION_ATTEMPT, since),
    )
    return told


TASKS = (
    Task(INVITATION, mail_invitation, attempts=ATTEMPTS),
    Task(REGISTRATION_ATTEMPT, mail_registration_attempt, attempts=ATTEMPTS),
)
