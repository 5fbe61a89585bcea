"""Mails about passwords: what they say, to whom, and that nothing in a name does anything in them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tenantry.app.reactions import reactions
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.login.actions import note_wrong_password
from tenantry.domain.login.queries import find_candidate
from tenantry.domain.notices.recovery_mails import (
    mail_account_locked,
    mail_forced_reset,
    mail_password_changed,
    mail_password_reset,
    mail_password_set_by_admin,
    mail_password_setup,
    mail_welcome,
)
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.request_actions import force_password_reset, request_password_reset
from tenantry.domain.users.model import NewUser, User, UserKind
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import LOCKED, change_state
from tenantry.kernel.events import Event
from tenantry.kernel.mail import Message, compose
from tenantry.kernel.work import Job, Work, Works
from tests.support.makers import Home
from tests.support.recovery import mails, otp_in, recovery_env, rows
from tests.support.running import SYSTEM_CLOCK
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
ANN = "ann@example.com"
HASH = "$argon2id$x"
TASKS: dict[str, Any] = {
    "notices.password_reset": mail_password_reset,
    "notices.forced_reset": mail_forced_reset,
    "notices.password_setup": mail_password_setup,
    "notices.password_changed": mail_password_changed,
    "notices.password_set_by_admin": mail_password_set_by_admin,
    "notices.welcome": mail_welcome,
    "notices.account_locked": mail_account_locked,
}


class Post:
    """A tenant whose events are followed by the table of the running server, a job at a time."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.waiting: list[Job] = []
        self.folder = folder
        self.home = home
        self.env = recovery_env(home, folder)
        home.works = Works(home.works.database, home.works.clock, self._keep)

    def _keep(self, tenant_id: UUID, event_id: UUID, event: Event) -> list[Job]:
        self.waiting += reactions(tenant_id, event_id, event)
        return []

    async def run(self) -> list[str]:
        """Runs each job that waits, twice, and gives their names."""
        done, self.waiting = self.waiting, []
        for job in done * 2:
            await TASKS[job.task](self.env, job.args)
        return [job.task.removeprefix("notices.") for job in done]

    async def create(self, password_hash: str | None = None, **fields: Any) -> User:
        own = {
            name: fields.pop(name)
            for name in ("send_setup", "setup_method", "send_welcome")
            if name in fields
        }
        new = NewPerson(user=NewUser(**{"email": ANN, **fields}), **own)
        async with self.home.works.write(self.home.opener()) as work:
            prepared = await prepare_person(work, new)
            return (await create_person(work, prepared, password_hash)).user

    async def act(self, user: User, action: Callable[[Work, User], Awaitable[Any]]) -> None:
        async with self.home.works.write(self.home.opener()) as work:
            await action(work, await get_user_for_change(work, UserRef(user.id, None)))


@pytest.fixture
def post(home: Home, tmp_path: Path) -> Post:
    return Post(home, tmp_path)


async def test_a_welcome_is_mailed_where_it_was_chosen(post: Post, tmp_path: Path) -> None:
    await post.create(HASH, kind=UserKind.SERVICE, email="robot@example.com", send_welcome=True)
    assert await post.run() == []
    await post.create(HASH, name="Ann Lee", send_welcome=True)
    assert await post.run() == ["welcome"]
    [mail] = await mails(tmp_path)
    assert (mail.to, mail.subject) == (ANN, "Welcome to Acme")
    assert "Hello Ann," in mail.text
    assert "http://localhost:8400/t/acme-corp/login" in mail.text
    await post.create(HASH, email="bob@example.com")
    assert await post.run() == []


async def test_a_mail_to_choose_the_first_password_takes_the_place_of_the_welcome(
    post: Post, tmp_path: Path
) -> None:
    await post.create(send_welcome=True)
    assert await post.run() == ["password_setup"]
    await post.create(email="bob@example.com", send_welcome=True, send_setup=False)
    await post.create(email="cy@example.com", phone="+46701740605", send_welcome=True, setup_method="sms_otp")
    assert sorted(await post.run()) == ["password_setup", "welcome", "welcome"]
    assert "Forgot password?" in (await mails(tmp_path))[0].text


async def test_the_owner_is_told_of_an_administrators_password_only_where_that_was_chosen(
    post: Post, tmp_path: Path
) -> None:
    ann = await post.create(HASH)
    await post.act(ann, lambda w, u: store_password(w, u, "other", temporary=True, by_admin=True))
    assert await post.run() == []
    await post.act(ann, lambda w, u: store_password(w, u, "x", temporary=True, by_admin=True, notify=True))
    assert await post.run() == ["password_set_by_admin"]
    [mail] = await mails(tmp_path)
    assert mail.subject == "Your Acme account has a new password"
    assert "good for one sign-in" in mail.text
    assert "http" not in mail.text


async def test_the_owner_is_told_of_their_own_new_password_unless_the_tenant_does_not_want_it(
    post: Post, home: Home, tmp_path: Path
) -> None:
    ann = await post.create(HASH)
    for wanted in (False, True):
        await change(home, "recovery", notifyOnSuccess=wanted)
        post.waiting.clear()
        await post.act(ann, lambda w, u: store_password(w, u, "x", temporary=False, by_admin=False))
        assert await post.run() == ["password_changed"]
        assert len(await mails(tmp_path)) == int(wanted)


async def fail(post: Post, times: int) -> None:
    for _ in range(times):
        async with post.home.works.write(post.home.opener()) as work:
            await note_wrong_password(work, await find_candidate(work, ANN))


async def test_the_owner_is_told_of_a_lockout_once_and_of_single_failures_never(
    post: Post, tmp_path: Path
) -> None:
    await post.create(password_hash=HASH)
    await post.run()
    await fail(post, 4)
    assert await post.run() == []
    await fail(post, 3)
    assert await post.run() == ["account_locked"]
    [mail] = [
        m for m in await mails(tmp_path) if m.subject == "Too many wrong passwords for your Acme account"
    ]
    assert "For 30 minutes nobody can sign" in mail.text
    assert "http" not in mail.text


async def test_a_lock_that_a_person_set_is_not_mailed_as_one_of_wrong_passwords(post: Post) -> None:
    ann = await post.create(password_hash=HASH)
    await post.run()
    async with post.home.works.write(post.home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.id, None))
        await change_state(work, user, LOCKED, on=True, reason="MAX_ATTEMPTS_EXCEEDED")
    assert await post.run() == []


@pytest.mark.parametrize("method", list(Method))
async def test_a_demand_is_sent_once_by_its_way(post: Post, tmp_path: Path, method: Method) -> None:
    ann = await post.create(HASH, phone="+46701740605")
    await post.act(ann, lambda w, u: force_password_reset(w, u, method))
    assert await post.run() == ["forced_reset"]
    [sent] = await mails(tmp_path)
    assert (sent.to, sent.kind) == (("+46701740605", "sms") if method is Method.SMS_OTP else (ANN, "mail"))
    if method is Method.EMAIL_LINK:
        assert sent.subject == "Choose a new password for Acme"
        assert "Your present password no longer works." in sent.text
        assert "Your present password no longer works." in (sent.html or "")


async def test_a_demand_at_the_next_sign_in_sends_nothing(post: Post, home: Home) -> None:
    await change(home, "recovery", oldPasswordWorksUntilReset=True)
    post.waiting.clear()
    ann = await post.create(HASH)
    await post.act(ann, lambda w, u: force_password_reset(w, u, None))
    assert await post.run() == []


async def test_the_code_is_not_in_the_subject_nor_open_in_the_outbox(
    post: Post, home: Home, tmp_path: Path
) -> None:
    ann = await post.create(HASH)
    await post.act(ann, lambda w, u: request_password_reset(w, u, Method.EMAIL_OTP))
    await post.run()
    [mail] = await mails(tmp_path)
    code = otp_in(mail.text)
    assert code in (mail.html or "")
    assert code not in mail.subject
    assert "10 minutes" in mail.text
    assert code not in str(await rows(home, "select mail_messages::text from mail_messages")).replace(
        str(ann.id), ""
    )


NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "Ann' onmouseover='x",
]


@pytest.mark.parametrize("name", NAMES)
async def test_html_and_template_code_in_names_is_inert(
    post: Post, home: Home, tmp_path: Path, name: str
) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run("update tenants set name = %s", (name,))
    await change(home, "oneTimeCodes", secondsBetweenSends=0)
    ann = await post.create(HASH, given_name=name, send_welcome=True)
    await post.act(ann, request_password_reset)
    await post.act(ann, lambda w, u: request_password_reset(w, u, Method.EMAIL_OTP))
    await post.act(ann, lambda w, u: force_password_reset(w, u, Method.EMAIL_LINK))
    await post.act(ann, lambda w, u: store_password(w, u, "x", temporary=True, by_admin=True, notify=True))
    assert len(await post.run()) == 5
    for mail in await mails(tmp_path):
        assert "<script" not in (mail.html or "")
        assert "<img" not in (mail.html or "")
        assert "onmouseover='" not in (mail.html or "")
        assert name in mail.text.replace("\n", " ") or name in mail.text


async def test_line_breaks_in_a_name_make_no_header(post: Post, home: Home, tmp_path: Path) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run("update tenants set name = %s", ("Acme\r\nBcc: eve@example.com\r\n\r\nhello",))
    ann = await post.create(HASH, send_welcome=True)
    await post.act(ann, lambda w, u: force_password_reset(w, u, Method.EMAIL_LINK))
    await post.run()
    sent = await mails(tmp_path)
    assert len(sent) == 2
    for mail in sent:
        made = compose(
            Message(mail.to, mail.subject, mail.text, mail.html),
            "Tenantry <no-reply@example.com>",
            SYSTEM_CLOCK.now(),
        )
        assert (made["Bcc"], "Bcc: eve" in mail.subject) == (None, True)
        assert "\n" not in mail.subject
