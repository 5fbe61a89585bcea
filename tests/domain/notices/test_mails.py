"""Mails follow events: once, with a link that works, whatever the mail server does."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.codes.model import CodeState
from tenantry.domain.directory.model import Person
from tenantry.domain.notices.outbox import ATTEMPTS, deliver, queue_message
from tenantry.domain.notices.recovery_mails import (
    PASSWORD_RESET,
    PASSWORD_SETUP,
    mail_password_changed,
    mail_password_reset,
    mail_password_setup,
)
from tenantry.domain.recovery.actions import check_link
from tenantry.domain.recovery.request_actions import request_password_reset
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailboxEntry, MailboxMailer, MailDelayed, MailRefused, Message
from tests.support.makers import Home
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


class Broken:
    """A way out of the house that is shut."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, message: Message) -> None:
        raise self.error


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


def broken(env: TaskEnv, tmp_path: Path, error: Exception) -> TaskEnv:
    return task_env(env.works, tmp_path, Broken(error))


async def mailbox(tmp_path: Path) -> list[MailboxEntry]:
    return await MailboxMailer(tmp_path / "mailbox").listed()


def token_in(text: str) -> str:
    found = re.search(r"http://localhost:8400/t/acme-corp/reset-password\?token=([\w-]+)", text)
    assert found is not None
    return found[1]


async def ask(home: Home, person: Person) -> dict[str, Any]:
    """Asks for a reset, and gives the arguments of the job that follows."""
    async with home.works.write(home.opener()) as work:
        await request_password_reset(work, person.user)
    return await following(home, "user.password_reset_requested")


async def following(home: Home, event_type: str) -> dict[str, Any]:
    async with home.works.read(home.opener()) as work:
        event_id = await work.db.value(
            "select id from events where type = %s order by id desc limit 1", (event_type,)
        )
    return {"tenant": str(home.id), "event": str(event_id)}


async def rows(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(
            "select kind, state, attempts, content is null, last_error from mail_messages order by id"
        )


async def link_state(home: Home, token: str) -> CodeState:
    async with home.works.read(home.opener()) as work:
        return (await check_link(work, token)).state


async def test_a_reset_mails_a_link_that_works(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    args = await ask(home, await home.user("ann@example.com", name="Ann Lee"))
    await mail_password_reset(env, args)
    [mail] = await mailbox(tmp_path)
    assert mail.to == "ann@example.com"
    assert mail.subject == "Reset your Acme password"
    assert "Hello Ann," in mail.text
    assert "24 hours" in mail.text
    assert await link_state(home, token_in(mail.text)) is CodeState.VALID
    assert await rows(home) == [(PASSWORD_RESET, "sent", 1, True, None)]


async def test_a_new_account_without_a_password_is_invited_to_choose_one(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    await home.user("ann@example.com")
    await mail_password_setup(env, await following(home, "user.created"))
    [mail] = await mailbox(tmp_path)
    assert mail.subject == "Choose your Acme password"
    assert "7 days" in mail.text
    assert await link_state(home, token_in(mail.text)) is CodeState.VALID
    assert await rows(home) == [(PASSWORD_SETUP, "sent", 1, True, None)]


async def test_nobody_is_invited_to_choose_a_first_password_who_has_one(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    await home.user("ann@example.com", password_hash="$argon2id$x")
    await mail_password_setup(env, await following(home, "user.created"))
    assert await mailbox(tmp_path) == []


async def test_a_new_password_is_told_to_its_owner(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    args = await ask(home, await home.user("ann@example.com"))
    await mail_password_changed(env, args)
    [mail] = await mailbox(tmp_path)
    assert (mail.to, mail.subject) == ("ann@example.com", "Your Acme account has a new password")


async def test_the_time_that_a_mail_promises_is_the_tenants_setting(
    home: Home, env: TaskEnv, tmp_path: Path, clock: FrozenClock
) -> None:
    await change(home, "links", passwordResetMinutes=30)
    await mail_password_reset(env, await ask(home, await home.user()))
    [mail] = await mailbox(tmp_path)
    assert "works once, and for 30 minutes" in mail.text
    clock.advance(timedelta(minutes=30))
    assert await link_state(home, token_in(mail.text)) is CodeState.EXPIRED


async def test_a_reaction_that_runs_twice_mails_once(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    args = await ask(home, await home.user())
    await mail_password_reset(env, args)
    await mail_password_reset(env, args)
    [mail] = await mailbox(tmp_path)
    assert await link_state(home, token_in(mail.text)) is CodeState.VALID


async def test_while_the_mail_server_is_away_the_mail_waits_sealed_and_then_leaves_with_the_same_link(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    args = await ask(home, await home.user())
    for _ in range(2):
        with pytest.raises(MailDelayed):
            await mail_password_reset(broken(env, tmp_path, MailDelayed("connection refused")), args)
    assert await rows(home) == [(PASSWORD_RESET, "queued", 2, False, "connection refused")]
    async with home.works.read(home.opener()) as work:
        sealed = bytes(await work.db.value("select content from mail_messages"))
    await mail_password_reset(env, args)
    [mail] = await mailbox(tmp_path)
    token = token_in(mail.text)
    assert token.encode() not in sealed
    assert b"ann@example.com" not in sealed
    assert await link_state(home, token) is CodeState.VALID
    assert await rows(home) == [(PASSWORD_RESET, "sent", 3, True, None)]


async def test_a_mail_that_is_refused_is_not_tried_again(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    args = await ask(home, await home.user())
    await mail_password_reset(broken(env, tmp_path, MailRefused("550 no\x00body \udcff")), args)
    assert await rows(home) == [(PASSWORD_RESET, "failed", 1, True, "550 nobody ?")]
    await mail_password_reset(env, args)
    assert await mailbox(tmp_path) == []


async def test_a_mail_is_given_up_with_the_last_attempt_of_its_job(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    args = await ask(home, await home.user())
    shut = broken(env, tmp_path, MailDelayed("away"))
    for _ in range(ATTEMPTS):
        with pytest.raises(MailDelayed):
            await mail_password_reset(shut, args)
    assert await rows(home) == [(PASSWORD_RESET, "failed", ATTEMPTS, True, "away")]


async def test_nothing_is_mailed_to_somebody_who_is_gone(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    person = await home.user()
    args = await ask(home, person)
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await remove_user(work, user, permanently=True)
    await mail_password_reset(env, args)
    assert await mailbox(tmp_path) == []


async def test_a_suspended_tenant_mails_nothing(home: Home, env: TaskEnv, tmp_path: Path) -> None:
    args = await ask(home, await home.user())
    async with home.works.write(home.opener()) as work:
        await work.db.run("update tenants set status = 'suspended'")
    await mail_password_reset(env, args)
    assert await mailbox(tmp_path) == []


async def test_an_event_of_a_neighbour_is_not_found_and_their_outbox_does_not_move(
    home: Home, neighbour: Home, env: TaskEnv, tmp_path: Path
) -> None:
    theirs = await ask(neighbour, await neighbour.user("ann@example.com"))
    ours = await ask(home, await home.user("ann@example.com"))
    await mail_password_reset(env, {"tenant": str(home.id), "event": theirs["event"]})
    assert await mailbox(tmp_path) == []
    with pytest.raises(MailDelayed):
        await mail_password_reset(broken(env, tmp_path, MailDelayed("away")), theirs)
    async with neighbour.works.read(neighbour.opener()) as work:
        message_id: UUID = await work.db.value("select id from mail_messages")
    before = await rows(neighbour)
    await deliver(env, home.id, message_id)
    await mail_password_reset(env, ours)
    assert [mail.subject for mail in await mailbox(tmp_path)] == ["Reset your Acme password"]
    assert await rows(neighbour) == before


async def test_an_event_has_one_mail_of_a_kind(home: Home, env: TaskEnv) -> None:
    event_id = UUID((await ask(home, await home.user()))["event"])
    letter = Message("ann@example.com", "Hello", "Hello")
    async with home.works.write(home.opener()) as work:
        first = await queue_message(work, "test", None, event_id, letter, env.sealer)
        assert await queue_message(work, "test", None, event_id, letter, env.sealer) == first
        assert await queue_message(work, "other", None, event_id, letter, env.sealer) != first
        loose = {await queue_message(work, "test", None, None, letter, env.sealer) for _ in range(2)}
    assert len(loose) == 2
