"""What tests of verification share: every job that follows, what arrives, and what stands in it."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from tenantry.app.reactions import REACTIONS
from tenantry.app.worker import TASKS
from tenantry.domain.directory.model import Person
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.events import Event, Outcome
from tenantry.kernel.mail import MailboxEntry, MailboxMailer
from tenantry.kernel.work import Work
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.running import task_env

ADDRESS = re.compile(r"http://localhost:8400(/t/[\w-]+/[\w/-]+\?(?:token|id)=([\w-]+)\S*)")
OTP = re.compile(r"^ *(\d{6})(?:$| is your)", re.MULTILINE)
RUN = {task.name: task.run for task in TASKS}
TYPES: dict[str, type[Event]] = {kind.type: kind for kind in REACTIONS}


async def rows(home: Home, query: Any, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def deliver_all(home: Home, folder: Path) -> None:
    """Runs the jobs that follow every event so far, as the worker would; what was sent before is not sent again.

    What follows the making of a user is left out, for it is seldom what a test is about.
    """
    env = msgspec.structs.replace(task_env(home.works, folder), sealer=SEALER)
    found = await rows(
        home,
        "select id, type, outcome, target_id, data, coalesce(personal, '{}') from events"
        " where type <> 'user.created' order by id",
    )
    for event_id, name, outcome, target, data, personal in found:
        event = TYPES[name](target_id=target, outcome=Outcome(outcome), data=data, personal=personal)
        for reaction in REACTIONS[type(event)]:
            if reaction.when(event):
                await RUN[reaction.task](env, {"tenant": str(home.id), "event": str(event_id)})


async def inbox(home: Home, folder: Path, to: str | None = None) -> list[MailboxEntry]:
    """What has arrived by now, at one address or at all, the newest first."""
    await deliver_all(home, folder)
    every = await MailboxMailer(folder / "mailbox").listed()
    return [mail for mail in every if to is None or mail.to == to]


def page_in(text: str) -> str:
    """The path, with its query, that a message points to."""
    found = ADDRESS.search(text)
    assert found is not None, text
    return found[1]


def secret_in(text: str) -> str:
    """The token of a link, or the id of a code."""
    found = ADDRESS.search(text)
    assert found is not None, text
    return found[2]


def otp_in(text: str) -> str:
    """The digits of a one-time code."""
    found = OTP.search(text)
    assert found is not None, text
    return found[1]


def other(digits: str) -> str:
    """Digits that are wrong."""
    return digits[:-1] + ("1" if digits[-1] != "1" else "2")


async def locked(work: Work, person: Person | UUID) -> User:
    user_id = person if isinstance(person, UUID) else person.user.id
    return await get_user_for_change(work, UserRef(user_id, None))


async def user_now(home: Home, person: Person) -> User:
    async with home.works.write(home.opener()) as work:
        return await locked(work, person)


async def types_of(home: Home) -> list[str]:
    """The types of all events but those of the making, the oldest first."""
    found = await rows(home, "select type from events where type like 'user.%%' order by id")
    return [row[0] for row in found if row[0] != "user.created"]
