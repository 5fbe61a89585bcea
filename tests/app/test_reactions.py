"""The table of what follows an event is whole, names tasks that exist, and leads from a request to a mail."""

import asyncio
import importlib
import pkgutil
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from tenantry import domain
from tenantry.app.reactions import REACTIONS, reactions
from tenantry.app.worker import TASKS
from tenantry.domain.codes.model import CodeState
from tenantry.domain.recovery.actions import check_link
from tenantry.domain.recovery.request_actions import request_password_reset
from tenantry.domain.users.events import UserCreated
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.events import Event
from tenantry.kernel.ids import new_id
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailboxMailer, make_mailer
from tests.support.makers import Home, make_home
from tests.support.running import as_owner, committing, running, task_env, until
from tests.support.smtp import MailServer, mail_server, self_signed, silent_server


def event_classes() -> set[type[Event]]:
    """Every class of event in the domain that is recorded, so that it has a type."""
    for module in pkgutil.walk_packages(domain.__path__, "tenantry.domain."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    found: set[type[Event]] = set()
    waiting = [Event]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.type and kind.__module__.startswith("tenantry."):
            found.add(kind)
    return found


def test_every_event_has_its_line() -> None:
    assert event_classes() == set(REACTIONS)


def test_every_reaction_names_a_task_that_the_worker_knows() -> None:
    named = {reaction.task for following in REACTIONS.values() for reaction in following}
    assert named <= {task.name for task in TASKS}


def test_task_names_are_unique_and_begin_with_their_module() -> None:
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", name) for name in names)


@pytest.mark.parametrize(("pending", "send", "jobs"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_a_new_user_is_invited_only_when_they_wait_for_it(pending: bool, send: bool, jobs: int) -> None:
    event = UserCreated(
        data={"passwordPending": pending, "sendSetup": send}, personal={"email": "ann@example.com"}
    )
    following = reactions(UUID(int=1), UUID(int=2), event)
    assert len(following) == jobs
    for job in following:
        assert job.args == {"tenant": str(UUID(int=1)), "event": str(UUID(int=2))}


@pytest_asyncio.fixture
async def home(own_database: str) -> AsyncIterator[Home]:
    async with committing(own_database, SystemClock(), reactions) as works:
        yield await make_home(works)


async def ask_for_a_reset(home: Home, email: str = "ann@example.com") -> None:
    person = await home.user(email, password_hash="$argon2id$x")
    async with home.works.write(home.opener()) as work:
        await request_password_reset(work, person.user)


@pytest.mark.asyncio
async def test_a_reset_becomes_a_mail_and_no_row_ever_holds_the_link(
    own_database: str, home: Home, tmp_path: Path
) -> None:
    env = task_env(home.works, tmp_path)
    box = MailboxMailer(tmp_path / "mailbox")
    async with running(own_database, list(TASKS), env):
        await ask_for_a_reset(home)
        [mail] = await until(box.listed)
        found = re.search(r"token=([\w-]+)", mail.text)
        assert found is not None
        await until(lambda: _is_empty(own_database))
    async with home.works.read(home.opener()) as work:
        assert (await check_link(work, found[1])).state is CodeState.VALID
        events = await work.db.all("select to_jsonb(e)::text from events e")
        mails = await work.db.all("select to_jsonb(m)::text from mail_messages m")
    jobs = await as_owner(own_database, "select to_jsonb(j)::text from procrastinate_jobs j")
    assert not [row for row in [*events, *mails, *jobs] if found[1] in row[0]]


async def _is_empty(owner: str) -> bool:
    rows = await as_owner(owner, "select count(*) from procrastinate_jobs where task_name like 'notices.%%'")
    return rows == [(0,)]


@pytest.mark.asyncio
async def test_a_created_person_waits_for_their_invitation_but_a_service_gets_none(
    own_database: str, home: Home, tmp_path: Path
) -> None:
    await home.user("ann@example.com")
    await home.user("bob@example.com", password_hash="$argon2id$x")
    jobs = await as_owner(own_database, "select task_name from procrastinate_jobs")
    assert jobs == [("notices.password_setup",)]


@pytest.mark.asyncio
async def test_a_dead_mail_server_delays_mail_and_never_a_request(
    own_database: str, home: Home, tmp_path: Path
) -> None:
    keeper = MailServer()
    async with silent_server() as port:
        keeper.port = port
        env = _by_smtp(home, tmp_path, port)
        async with running(own_database, list(TASKS), env):
            began = time.monotonic()
            await ask_for_a_reset(home)
            assert time.monotonic() - began < 2
    # The server was stopped while it waited for the mail server, so the job went back; now the mail server is there.
    async with mail_server(keeper), running(own_database, list(TASKS), env):

        async def arrived() -> bool:
            await as_owner(
                own_database, "update procrastinate_jobs set scheduled_at = null where status = 'todo'"
            )
            return bool(keeper.letters)

        await until(arrived)
    [letter] = keeper.letters
    assert letter.recipients == ["ann@example.com"]


@pytest.mark.asyncio
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_mail_server_that_was_stopped_gets_the_mail_over_tls_when_it_is_back(
    own_database: str, home: Home, tmp_path: Path, scheme: str
) -> None:
    tls, keeper = self_signed(tmp_path), MailServer()
    async with mail_server(keeper, tls, from_the_start=scheme == "smtps"):
        pass
    env = _by_smtp(home, tmp_path, keeper.port, scheme)
    async with running(own_database, list(TASKS), env):
        began = time.monotonic()
        await ask_for_a_reset(home)
        assert time.monotonic() - began < 2

        async def tried() -> bool:
            rows = await as_owner(own_database, "select state, attempts > 0 from mail_messages")
            return rows == [("queued", True)]

        await until(tried)
        [(error,)] = await as_owner(own_database, "select last_error from mail_messages")
        assert "Connect" in error
        async with mail_server(keeper, tls, from_the_start=scheme == "smtps"):

            async def arrived() -> bool:
                # The pause is ten seconds and longer.
                await as_owner(
                    own_database, "update procrastinate_jobs set scheduled_at = null where status = 'todo'"
                )
                return bool(keeper.letters)

            await until(arrived)
    [letter] = keeper.letters
    # The other server understands nothing but TLS.
    assert letter.encrypted or scheme == "smtps"
    assert letter.recipients == ["ann@example.com"]


def _by_smtp(home: Home, folder: Path, port: int, scheme: str = "smtp") -> TaskEnv:
    url = f"{scheme}://127.0.0.1:{port}"
    env = task_env(home.works, folder, TENANTRY_SMTP_URL=url, TENANTRY_SHUTDOWN_SECONDS="1")
    return msgspec.structs.replace(env, mailer=make_mailer(env.settings))


@pytest.mark.asyncio
async def test_a_job_of_an_unknown_tenant_comes_to_an_end(
    own_database: str, home: Home, tmp_path: Path
) -> None:
    env = task_env(home.works, tmp_path)
    task = next(task for task in TASKS if task.name == "notices.password_reset")
    await asyncio.wait_for(task.run(env, {"tenant": str(new_id()), "event": str(new_id())}), 5)
