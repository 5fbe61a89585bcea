"""Tests of mails go with whoever they were sent to, and the audit log forgets the address."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.notices.actions import send_test, send_test_to_oneself
from tenantry.domain.privacy.job_actions import REDACTED
from tenantry.domain.privacy.tasks import redact
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.jobs import TaskEnv
from tests.support.bulk_jobs import ActingAs
from tests.support.database import SEALER
from tests.support.erasing import delete_for_a_while, erase, rows
from tests.support.makers import Home
from tests.support.running import task_env

pytestmark = pytest.mark.asyncio
PHONE = "+4915112345678"


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


async def sent_to_oneself(home: Home, person: Person, kind: str = "welcome") -> None:
    async with home.works.write(ActingAs(home, person)) as work:
        await send_test_to_oneself(work, KINDS[kind], None, SEALER)


async def sent(home: Home, to: str, kind: str = "welcome") -> None:
    async with home.works.write(home.opener()) as work:
        await send_test(work, KINDS[kind], to, None, SEALER)


async def messages(home: Home) -> list[Any]:
    return [row[0] for row in await rows(home, "select sent_to from mail_messages order by id")]


async def told(home: Home) -> list[Any]:
    query = "select personal ->> 'to' from events where type = 'mail_template.tested' order by id"
    return [row[0] for row in await rows(home, query)]


async def test_a_test_to_oneself_belongs_to_the_person_and_the_log_has_no_second_address(home: Home) -> None:
    ann = await home.user("ann@example.com")
    await sent_to_oneself(home, ann)
    await sent(home, "bob@example.com")
    assert await rows(home, "select sent_to, user_id from mail_messages order by id") == [
        ("ann@example.com", ann.user.id),
        ("bob@example.com", None),
    ]
    assert await told(home) == [None, "bob@example.com"]


async def test_a_test_to_oneself_goes_with_the_person_also_under_an_earlier_address(
    home: Home, env: TaskEnv
) -> None:
    ann = await home.user("ann@old.example")
    await sent_to_oneself(home, ann)
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            "update users set email = 'ann@new.example', email_key = 'ann@new.example' where id = %s",
            (ann.user.id,),
        )
    await redact(env, await erase(home, ann))
    assert await messages(home) == []
    [(entry,)] = await rows(home, "select personal from events where type = 'mail_template.tested'")
    assert entry == {"actor": REDACTED}


async def test_tests_that_others_sent_go_with_whoever_has_the_address_or_number(
    home: Home, env: TaskEnv
) -> None:
    ann = await home.user("ann@example.com", phone=PHONE)
    await sent(home, "Ann@Example.com")
    await sent(home, PHONE, "verify_phone_code")
    await sent(home, "joann@example.com")
    await redact(env, await erase(home, ann))
    assert await messages(home) == ["joann@example.com"]
    assert await told(home) == [REDACTED, REDACTED, "joann@example.com"]


async def test_the_log_forgets_the_address_also_when_the_message_has_gone_in_time(
    home: Home, env: TaskEnv
) -> None:
    ann = await home.user("ann@example.com")
    await sent(home, "ann@example.com")
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from mail_messages")
    await redact(env, await erase(home, ann))
    assert await told(home) == [REDACTED]


async def test_the_next_owner_of_an_address_keeps_their_test(home: Home, clock: FrozenClock) -> None:
    ann = await home.user("ann@example.com")
    await delete_for_a_while(home, ann)
    clock.advance(timedelta(minutes=1))
    await sent(home, "ann@example.com")
    await erase(home, ann)
    assert await messages(home) == ["ann@example.com"]
