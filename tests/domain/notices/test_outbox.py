"""Messages leave by mail or as texts, bounce, are tried again when somebody asks, and go with those they went to."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.notices.actions import MOST_TESTS, RETRY, TEST, retry_message, send_test
from tenantry.domain.notices.deliveries import deliver_test, retry
from tenantry.domain.notices.errors import MessageNotFound, NothingToRetry, TooManyTests
from tenantry.domain.notices.invitation_mails import mail_invitation
from tenantry.domain.notices.outbox import ATTEMPTS, deliver, queue_message, queue_text
from tenantry.domain.notices.tasks import TASKS
from tenantry.domain.privacy.actions import erase_person
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.ids import new_id
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailboxMailer, MailDelayed, Message, RecipientRefused
from tenantry.kernel.sms import GatewayTexter, Sms, SmsDelayed, parse_sms_url
from tests.support.database import SEALER
from tests.support.gateway import Gateway, sms_gateway
from tests.support.invitations import accept, invited, last_event, offline_link
from tests.support.makers import Home
from tests.support.running import task_env

pytestmark = pytest.mark.asyncio
NUMBER = "+4915112345678"
MAIL = Message("ann@example.com", "Hello", "Hello")


class Broken:
    """A mail server that is shut, or refuses."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, message: Message) -> None:
        raise self.error


def by_gateway(home: Home, folder: Path, gateway: Gateway) -> TaskEnv:
    return task_env(home.works, folder, texter=GatewayTexter(parse_sms_url(gateway.url())))


def broken(home: Home, folder: Path, error: Exception) -> TaskEnv:
    return task_env(home.works, folder, Broken(error))


async def text(home: Home, env: TaskEnv) -> UUID:
    async with home.works.write(home.opener()) as work:
        return await queue_text(work, "notices.verify_phone", None, None, Sms(NUMBER, "123456"), env.sealer)


async def mail(home: Home, env: TaskEnv) -> UUID:
    async with home.works.write(home.opener()) as work:
        return await queue_message(work, "notices.welcome", None, None, MAIL, env.sealer)


async def rows(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(
            """
            select template, channel, sent_to, state, attempts, content is null, last_error
            from mail_messages
            order by id
            """
        )


async def test_a_text_message_leaves_by_the_gateway_under_its_id(home: Home, tmp_path: Path) -> None:
    with sms_gateway() as gateway:
        env = by_gateway(home, tmp_path, gateway)
        message_id = await text(home, env)
        await deliver(env, home.id, message_id)
        await deliver(env, home.id, message_id)
    [posted] = gateway.posted
    assert posted.body == {"to": NUMBER, "text": "123456"}
    assert posted.headers["idempotency-key"] == str(message_id)
    assert await rows(home) == [("verify_phone", "sms", NUMBER, "sent", 1, True, None)]


async def test_a_text_message_waits_for_its_gateway_and_is_not_tried_again_once_refused(
    home: Home, tmp_path: Path
) -> None:
    with sms_gateway(Gateway(status=503)) as gateway:
        env = by_gateway(home, tmp_path, gateway)
        message_id = await text(home, env)
        with pytest.raises(SmsDelayed):
            await deliver(env, home.id, message_id)
        assert await rows(home) == [("verify_phone", "sms", NUMBER, "queued", 1, False, "503")]
        gateway.status, gateway.answer = 400, "no such number"
        await deliver(env, home.id, message_id)
    failed = ("verify_phone", "sms", NUMBER, "failed", 2, True, "400 no such number")
    assert await rows(home) == [failed]


@pytest.mark.parametrize("said", ['400 {"text": "Code 123456", "error": "no such number"}', "123456"])
async def test_what_a_server_repeats_of_a_message_is_not_kept(home: Home, tmp_path: Path, said: str) -> None:
    """Whoever may see what became of a message may not see the code in it."""
    with sms_gateway(Gateway(status=503, answer=said)) as gateway:
        env = by_gateway(home, tmp_path, gateway)
        with pytest.raises(SmsDelayed) as delayed:
            await deliver(env, home.id, await text(home, env))
    [row] = await rows(home)
    assert "503" in row[6]
    assert ("no such number" in row[6]) == ("number" in said)
    assert "123456" not in row[6] + str(delayed.value)


async def test_a_link_that_a_mail_server_repeats_is_not_kept(home: Home, tmp_path: Path) -> None:
    token = "4kPBp9zQ8mVf1uW0r3yXc7sT2nJ5hL6gD-aE_bRiOqU"
    address = f"https://id.example.com/t/acme/reset-password?token={token}"
    env = broken(home, tmp_path, RecipientRefused(f"554 blocked: {address}"))
    async with home.works.write(home.opener()) as work:
        message = Message("ann@example.com", "Hello", f"Choose one:\n{address}\n")
        message_id = await queue_message(work, "notices.password_reset", None, None, message, env.sealer)
    await deliver(env, home.id, message_id)
    [row] = await rows(home)
    assert (row[3], token in row[6], "554 blocked" in row[6]) == ("bounced", False, True)


async def test_a_text_message_without_a_gateway_stands_in_the_development_mailbox(
    home: Home, tmp_path: Path
) -> None:
    env = task_env(home.works, tmp_path)
    await deliver(env, home.id, await text(home, env))
    [entry] = await MailboxMailer(tmp_path / "mailbox").listed()
    assert (entry.kind, entry.to, entry.text) == ("sms", NUMBER, "123456")


async def test_an_address_that_the_mail_server_refuses_has_bounced(home: Home, tmp_path: Path) -> None:
    env = broken(home, tmp_path, RecipientRefused("550 no such user"))
    await deliver(env, home.id, await mail(home, env))
    assert await rows(home) == [
        ("welcome", "email", "ann@example.com", "bounced", 1, True, "550 no such user")
    ]


async def ask_again(home: Home, message_id: UUID) -> dict[str, Any]:
    """Asks for another try, and gives the arguments of the job that follows."""
    async with home.works.write(home.opener()) as work:
        await retry_message(work, message_id)
    async with home.works.read(home.opener()) as work:
        events = await work.db.all("select target_id from events where type = 'message.retried'")
    assert (message_id,) in events
    return {"tenant": str(home.id), "message": str(message_id)}


async def test_a_message_that_waits_is_tried_when_somebody_asks(home: Home, tmp_path: Path) -> None:
    env = task_env(home.works, tmp_path)
    await retry(env, await ask_again(home, await mail(home, env)))
    assert [entry.to for entry in await MailboxMailer(tmp_path / "mailbox").listed()] == ["ann@example.com"]
    assert (await rows(home))[0][3] == "sent"


async def test_asking_for_another_try_never_brings_the_end_nearer(home: Home, tmp_path: Path) -> None:
    shut = broken(home, tmp_path, MailDelayed("away"))
    message_id = await mail(home, shut)
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(MailDelayed):
            await deliver(shut, home.id, message_id)
    for _ in range(3):
        await retry(shut, await ask_again(home, message_id))
    assert (await rows(home))[0][3:6] == ("queued", ATTEMPTS - 1, False)


async def test_what_is_sent_bounced_or_given_up_cannot_be_tried_again(home: Home, tmp_path: Path) -> None:
    env = task_env(home.works, tmp_path)
    sent = await mail(home, env)
    await deliver(env, home.id, sent)
    with pytest.raises(NothingToRetry, match="was sent already"):
        await ask_again(home, sent)
    bounced = await mail(home, env)
    await deliver(broken(home, tmp_path, RecipientRefused("550")), home.id, bounced)
    with pytest.raises(NothingToRetry, match="Send the link, code or invitation again"):
        await ask_again(home, bounced)
    with pytest.raises(MessageNotFound):
        await ask_again(home, new_id())


async def test_a_neighbours_message_cannot_be_tried(home: Home, neighbour: Home, tmp_path: Path) -> None:
    env = task_env(home.works, tmp_path)
    theirs = await mail(neighbour, env)
    with pytest.raises(MessageNotFound):
        await ask_again(home, theirs)
    await retry(env, {"tenant": str(home.id), "message": str(theirs)})
    assert (await rows(neighbour))[0][3] == "queued"


async def test_a_test_goes_to_the_address_of_ones_choice_with_example_values(
    home: Home, tmp_path: Path
) -> None:
    env = task_env(home.works, tmp_path)
    for kind, to in (("password_reset", "Bob@example.org"), ("verify_phone_code", "+49 1511 2345678")):
        async with home.works.write(home.opener()) as work:
            message_id = await send_test(work, KINDS[kind], to, None, env.sealer)
        await deliver_test(env, {"tenant": str(home.id), "message": str(message_id)})
    sms, letter = await MailboxMailer(tmp_path / "mailbox").listed()
    assert (letter.to, letter.subject) == ("Bob@example.org", "[Test] Reset your Acme password")
    assert (sms.to, sms.kind) == (NUMBER, "sms")
    assert sms.text.startswith("[Test] ")
    assert "123456" in sms.text


async def test_so_many_tests_an_hour_and_no_more(
    home: Home, neighbour: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    async def send(house: Home) -> None:
        async with house.works.write(house.opener()) as work:
            await send_test(work, KINDS["welcome"], "bob@example.org", None, SEALER)

    for _ in range(MOST_TESTS):
        await send(home)
    clock.advance(timedelta(minutes=59))
    with pytest.raises(TooManyTests) as refused:
        await send(home)
    assert refused.value.retry_after == 61
    await send(neighbour)
    clock.advance(timedelta(minutes=2))
    await send(home)
    assert len(await rows(home)) == MOST_TESTS + 1


async def test_each_delivery_that_no_event_asks_for_has_a_task() -> None:
    assert {TEST, RETRY} <= {task.name for task in TASKS}


async def test_what_was_sent_to_an_erased_person_goes_with_them(
    home: Home, neighbour: Home, tmp_path: Path
) -> None:
    env = task_env(home.works, tmp_path)
    invitation_id = await invited(home)
    await mail_invitation(env, await last_event(home))
    person = await accept(home, await offline_link(home, invitation_id))
    async with home.works.write(home.opener()) as work:
        await queue_message(work, "notices.welcome", person.id, None, MAIL, env.sealer)
    kept = await mail(home, env)
    assert len(await rows(home)) == 3
    async with home.works.write(home.opener()) as work:
        await erase_person(work, await get_user_for_change(work, UserRef(person.id, None)))
    async with home.works.read(home.opener()) as work:
        assert await work.db.all("select id from mail_messages") == [(kept,)]
