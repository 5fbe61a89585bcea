"""The mail of an invitation: its words, its link, and what becomes of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.invitations.actions import resend_invitation, revoke_invitation
from tenantry.domain.invitations.model import InvitationState
from tenantry.domain.notices.invitation_mails import mail_invitation
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailDelayed, MailRefused, Message
from tests.support.invitations import (
    ANITA,
    accept,
    invited,
    last_event,
    mailbox,
    mailed,
    offline_link,
    shown,
    token_in,
)
from tests.support.makers import Home, make_home
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


class Refusing:
    """A mail server that takes nothing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, message: Message) -> None:
        raise self.error


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


async def test_the_mail_says_who_invites_and_its_link_makes_a_verified_user(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    one = await invited(home, name="Anita Singh", message="See you on Monday.\nBring cake.")
    mail = await mailed(env, home, tmp_path)
    assert mail is not None
    assert (mail.to, mail.subject) == (ANITA, "You've been invited to Acme")
    assert "Hello Anita Singh," in mail.text
    assert "See you on Monday.\nBring cake." in mail.text
    assert "7 days" in mail.text
    assert (await shown(home, one)).state is InvitationState.SENT
    user = await accept(home, token_in(mail))
    assert user.email_verified is True


async def test_html_in_names_and_messages_stays_text(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    await invited(home, name="<b>Anita</b>", message="<script>alert(1)</script> & more")
    mail = await mailed(env, home, tmp_path)
    assert mail is not None
    assert mail.html is not None
    assert "<script>" not in mail.html
    assert "<b>Anita" not in mail.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in mail.html
    assert "<script>alert(1)</script> & more" in mail.text


async def test_a_tenants_name_cannot_break_the_subject(env: TaskEnv, tmp_path: Path) -> None:
    home = await make_home(env.works, "odd", "Acme <b>&amp; Bcc: x@example.com")
    await invited(home)
    mail = await mailed(env, home, tmp_path)
    assert mail is not None
    assert mail.subject == "You've been invited to Acme <b>&amp; Bcc: x@example.com"
    assert "<b>" not in (mail.html or "")


async def test_an_invitation_without_mail_is_not_mailed_until_it_is_sent(
    home: Home, env: TaskEnv, tmp_path: Path, clock: FrozenClock
) -> None:
    one = await invited(home, send=False)
    assert (await shown(home, one)).state is InvitationState.PENDING
    async with home.works.write(home.opener()) as work:
        await resend_invitation(work, one)
    assert await mailed(env, home, tmp_path, "user.invitation_resent") is not None


async def test_a_job_that_runs_twice_mails_once(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    await invited(home)
    mail = await mailed(env, home, tmp_path)
    await mail_invitation(env, await last_event(home))
    assert len(await mailbox(tmp_path)) == 1
    await accept(home, token_in(mail))


async def test_sending_again_kills_the_old_link_and_sets_the_state_back(
    home: Home, env: TaskEnv, tmp_path: Path, clock: FrozenClock
) -> None:
    one = await invited(home)
    old = token_in(await mailed(env, home, tmp_path))
    clock.advance(timedelta(minutes=5))
    async with home.works.write(home.opener()) as work:
        await resend_invitation(work, one)
    assert (await shown(home, one)).state is InvitationState.PENDING
    new = token_in(await mailed(env, home, tmp_path, "user.invitation_resent"))
    assert (await shown(home, one)).state is InvitationState.SENT
    with pytest.raises(CodeRefused):
        await accept(home, old)
    await accept(home, new)


async def test_the_link_that_was_asked_for_last_is_the_one_that_works(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    one = await invited(home)
    token = await offline_link(home, one)
    assert await mailed(env, home, tmp_path) is None, "the link handed over came after the mail"
    await accept(home, token)


async def test_a_mailed_link_is_dead_once_another_was_handed_over(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    one = await invited(home)
    old = token_in(await mailed(env, home, tmp_path))
    new = await offline_link(home, one)
    with pytest.raises(CodeRefused):
        await accept(home, old)
    assert (await accept(home, new)).email_verified is False


async def test_a_revoked_invitation_is_not_mailed(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    one = await invited(home)
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, one)
    assert await mailed(env, home, tmp_path, "user.invited") is None


async def test_a_refused_mail_is_a_bounce_until_it_is_sent_again(
    home: Home, env: TaskEnv, tmp_path: Path, clock: FrozenClock
) -> None:
    one = await invited(home)
    refusing = task_env(home.works, tmp_path, Refusing(MailRefused("550 no such mailbox")))
    await mail_invitation(refusing, await last_event(home))
    after = await shown(home, one)
    assert (after.state, after.bounce_reason) == (InvitationState.BOUNCED, "550 no such mailbox")
    clock.advance(timedelta(minutes=5))
    async with home.works.write(home.opener()) as work:
        await resend_invitation(work, one)
    assert await mailed(env, home, tmp_path, "user.invitation_resent") is not None
    after = await shown(home, one)
    assert (after.state, after.bounce_reason) == (InvitationState.SENT, None)


async def test_while_the_mail_server_is_away_an_invitation_is_pending(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    one = await invited(home)
    away = task_env(home.works, tmp_path, Refusing(MailDelayed("away")))
    with pytest.raises(MailDelayed):
        await mail_invitation(away, await last_event(home))
    assert (await shown(home, one)).state is InvitationState.PENDING
    await mail_invitation(env, await last_event(home))
    assert (await shown(home, one)).state is InvitationState.SENT


async def test_the_bounce_of_an_earlier_mail_says_nothing_of_a_later_one(
    home: Home, env: TaskEnv, tmp_path: Path, clock: FrozenClock
) -> None:
    one = await invited(home)
    first = await last_event(home)
    with pytest.raises(MailDelayed):
        await mail_invitation(task_env(home.works, tmp_path, Refusing(MailDelayed("away"))), first)
    clock.advance(timedelta(minutes=5))
    async with home.works.write(home.opener()) as work:
        await resend_invitation(work, one)
    await mailed(env, home, tmp_path, "user.invitation_resent")
    await mail_invitation(task_env(home.works, tmp_path, Refusing(MailRefused("550 no"))), first)
    assert (await shown(home, one)).state is InvitationState.SENT


async def test_the_time_that_the_mail_promises_is_the_tenants_setting(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    await change(home, "links", invitationMinutes=-1)
    one = await invited(home)
    mail = await mailed(env, home, tmp_path)
    assert mail is not None
    assert "an unlimited time" in mail.text
    assert (await shown(home, one)).expires_at is None
