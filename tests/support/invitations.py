"""Invitations for tests, made by the real actions and mailed by the real jobs."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from tenantry.domain.invitations.actions import create_offline_link, invite
from tenantry.domain.invitations.guest_actions import accept_invitation
from tenantry.domain.invitations.model import Acceptance, Invitation, NewInvitation
from tenantry.domain.invitations.opening import OpenByInvitation
from tenantry.domain.invitations.queries import get_invitation
from tenantry.domain.notices.invitation_mails import mail_invitation
from tenantry.domain.users.model import User
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailboxEntry, MailboxMailer
from tests.support.database import SEALER
from tests.support.makers import Home

ANITA = "anita@example.com"
LINK = re.compile(r"/invitation\?token=([\w-]+)")


async def invited(home: Home, email: str = ANITA, **more: Any) -> UUID:
    """An invitation's id."""
    async with home.works.write(home.opener()) as work:
        return await invite(work, NewInvitation(email=email, **more))


async def shown(home: Home, invitation_id: UUID) -> Invitation:
    """The invitation as it stands now."""
    async with home.works.read(home.opener()) as work:
        return await get_invitation(work, invitation_id)


async def offline_link(home: Home, invitation_id: UUID) -> str:
    """The token of a link to hand over."""
    async with home.works.write(home.opener()) as work:
        return (await create_offline_link(work, invitation_id, SEALER)).token


async def accept(home: Home, token: str, name: str | None = "Anita Singh") -> User:
    """What pressing the button does."""
    async with home.works.write(OpenByInvitation(home.slug, token, None, None)) as work:
        return await accept_invitation(work, token, Acceptance(name=name, password_hash="hash"))


async def last_event(home: Home, event_type: str = "user.invited") -> dict[str, Any]:
    """The arguments of the job that follows the newest event of a type."""
    async with home.works.read(home.opener()) as work:
        event_id = await work.db.value(
            "select id from events where type = %s order by id desc limit 1", (event_type,)
        )
    return {"tenant": str(home.id), "event": str(event_id)}


async def mailed(
    env: TaskEnv, home: Home, folder: Path, event_type: str = "user.invited"
) -> MailboxEntry | None:
    """The mail that follows the newest event of a type; None where nothing does."""
    before = await mailbox(folder)
    await mail_invitation(env, await last_event(home, event_type))
    after = await mailbox(folder)
    return after[0] if len(after) > len(before) else None


async def mailbox(folder: Path) -> list[MailboxEntry]:
    """What was mailed, newest first."""
    return await MailboxMailer(folder / "mailbox").listed()


def token_in(mail: MailboxEntry | None) -> str:
    """The token of the link in a mail."""
    assert mail is not None
    found = LINK.search(mail.text)
    assert found is not None
    return found[1]
