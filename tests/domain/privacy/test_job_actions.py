"""Bulk jobs forget whom they name and nobody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tenantry.domain.bulk_jobs.model import Action
from tenantry.domain.privacy.job_actions import REDACTED
from tenantry.domain.privacy.tasks import redact
from tenantry.domain.provisioning.actions import remove_person
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.jobs import TaskEnv
from tests.support.bulk_jobs import ask, stored
from tests.support.erasing import erase
from tests.support.makers import Home
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
REASON = "Malicious sign-ins of an old account"


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


async def said(home: Home, env: TaskEnv, fields: dict[str, Any], *, search: str, reason: str) -> list[Any]:
    """What a job shows of its search and its reason once the person is erased."""
    person = await home.user(**fields)
    job = await ask(home, Action.SUSPEND, search=search, asked={"search": search}, reason=reason)
    await redact(env, await erase(home, person))
    now = await stored(home, job.id)
    assert now.filter is not None
    return [now.filter["search"], now.params.reason]


@pytest.mark.parametrize("name", ["e", "Li", "An"])
async def test_a_throw_away_user_of_a_short_name_wipes_nothing(home: Home, env: TaskEnv, name: str) -> None:
    fields = {"email": None, "username": "zz9", "name": name, "family_name": name}
    assert await said(home, env, fields, search="example", reason=REASON) == ["example", REASON]


@pytest.mark.parametrize(
    ("fields", "search", "reason"),
    [
        ({"email": "ann@example.com"}, "@example.com", "Asked by ANN@example.com."),
        ({"email": None, "username": "zz9"}, "zz9", "left"),
        ({"email": None, "username": "zz9"}, "left", "Because of zz9."),
        ({"given_name": "Ann", "family_name": "Li", "name": "Doctor"}, "left", "Ann Li left"),
        ({"name": "Ann Lincoln"}, "lincoln", "left"),
        ({"phone": "+4915112345678"}, "left", "Called from +49 151 12345678"),
    ],
)
async def test_an_honest_erasure_takes_search_and_reason_out(
    home: Home, env: TaskEnv, fields: dict[str, Any], search: str, reason: str
) -> None:
    assert await said(home, env, fields, search=search, reason=reason) == [REDACTED, REDACTED]


async def test_an_address_that_waits_to_be_confirmed_counts(home: Home, env: TaskEnv) -> None:
    person = await home.user("ann@example.com")
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            "update users set pending_email = 'ann@new.example' where id = %s", (person.user.id,)
        )
    job = await ask(home, Action.SUSPEND, reason="Moves to ann@new.example")
    await redact(env, await erase(home, person))
    assert (await stored(home, job.id)).params.reason == REDACTED


async def test_the_number_that_a_deleted_user_left_to_others_counts(
    home: Home, env: TaskEnv, clock: FrozenClock
) -> None:
    await change(home, "deletion", keepIdentifiers=False, adminApiRetentionDays=30)
    person = await home.user("ann@example.com", phone="+4915112345678")
    job = await ask(home, Action.SUSPEND, reason="Called from +4915112345678")
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await remove_person(work, user, permanent=False, from_admin_api=True)
    clock.advance(timedelta(minutes=1))
    await redact(env, await erase(home, person))
    assert (await stored(home, job.id)).params.reason == REDACTED


async def test_a_job_that_was_started_meanwhile_for_the_person_is_not_missed(
    home: Home, env: TaskEnv
) -> None:
    person, other = await home.user("ann@example.com"), await home.user("bob@example.com")
    follows = await erase(home, person)
    theirs = await ask(home, Action.SUSPEND, ids=[person.user.id], reason="She left")
    others = await ask(home, Action.SUSPEND, ids=[other.user.id], reason="He left")
    await redact(env, follows)
    assert (await stored(home, theirs.id)).params.reason == REDACTED
    assert (await stored(home, others.id)).params.reason == "He left"
