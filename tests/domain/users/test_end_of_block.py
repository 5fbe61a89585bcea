"""A block with an end is lifted by a job, once its moment has come and unless somebody has decided otherwise."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.users.errors import StateRefused
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import DISABLED, END_SUSPENSION, SUSPENDED, change_state
from tenantry.domain.users.tasks import end_one
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.work import Job
from tests.support.makers import Home
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
HOUR = timedelta(hours=1)


async def block(home: Home, person: Person, until: datetime | None, *, on: bool = True) -> list[Job]:
    """Blocks or unblocks, and gives the jobs that are to end the block."""
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await change_state(work, user, SUSPENDED, on=on, reason="why", until=until)
        return [job for job in work._jobs if job.task == END_SUSPENSION]


async def rows(home: Home, query: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query)


async def blocked(home: Home) -> bool:
    [(found,)] = await rows(home, "select blocked from users")
    return bool(found)


async def test_a_block_is_lifted_at_its_end_and_the_audit_log_says_by_whom(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    until = clock.now() + HOUR
    [job] = await block(home, await home.user(), until)
    assert job.not_before == until
    clock.advance(HOUR)
    for _ in range(2):
        await end_one(task_env(home.works, tmp_path), job.args)
    assert not await blocked(home)
    told = await rows(home, "select personal ->> 'actor' from events where type = 'user.activated'")
    assert told == [("end of a block",)]


@pytest.mark.parametrize("reason", ["why", None, "another"])
async def test_a_block_for_good_replaces_one_with_an_end(
    home: Home, clock: FrozenClock, tmp_path: Path, reason: str | None
) -> None:
    person = await home.user()
    [job] = await block(home, person, clock.now() + HOUR)
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        assert await change_state(work, user, SUSPENDED, on=True, reason=reason)
    clock.advance(HOUR)
    await end_one(task_env(home.works, tmp_path), job.args)
    assert await blocked(home)


async def test_a_repeated_block_leaves_its_reason_alone(home: Home, clock: FrozenClock) -> None:
    person, until = await home.user(), clock.now() + HOUR
    await block(home, person, until)
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        assert not await change_state(work, user, SUSPENDED, on=True, until=until)
        assert not await change_state(work, user, SUSPENDED, on=True, reason="why", until=until)
        assert await change_state(work, user, SUSPENDED, on=True, reason="another", until=until)


async def test_a_block_that_was_given_another_end_stays(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    [first] = await block(home, ann, clock.now() + HOUR)
    [second] = await block(home, ann, clock.now() + 2 * HOUR)
    env = task_env(home.works, tmp_path)
    clock.advance(HOUR)
    await end_one(env, first.args)
    assert await blocked(home)
    clock.advance(HOUR)
    await end_one(env, second.args)
    assert not await blocked(home)


async def test_a_block_that_began_anew_is_not_ended_by_the_old_one(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    [job] = await block(home, ann, clock.now() + HOUR)
    assert await block(home, ann, None, on=False) == []
    assert await block(home, ann, None) == []
    clock.advance(HOUR)
    await end_one(task_env(home.works, tmp_path), job.args)
    assert await blocked(home)


async def test_nobody_is_left_to_unblock_when_the_person_is_gone(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    [job] = await block(home, await home.user(), clock.now() + HOUR)
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from users")
    await end_one(task_env(home.works, tmp_path), job.args)


async def test_a_disabling_has_no_end_and_an_end_lies_in_the_future(home: Home, clock: FrozenClock) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await home.user()
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        with pytest.raises(StateRefused):
            await change_state(work, user, DISABLED, on=True, until=clock.now() + HOUR)
        with pytest.raises(StateRefused):
            await change_state(work, user, SUSPENDED, on=True, until=clock.now())


async def test_the_api_blocks_until_a_moment_and_shows_it(api: httpx.AsyncClient, home: Home) -> None:
    await home.user()
    body = {"reason": "Leave", "until": "2030-01-15T10:30:00Z"}
    data = (await api.post("/users/ann@example.com/block", json=body)).json()["data"]
    assert (data["status"], data["blocked"]) == ("suspended", True)
    assert data["stateDetails"]["suspended"]["until"] == "2030-01-15T10:30:00Z"
    refused = await api.post("/users/ann@example.com/block", json={"until": "2001-01-01T00:00:00Z"})
    assert (refused.status_code, "until" in refused.json()["details"]) == (422, True)
