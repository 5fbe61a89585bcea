"""A job visits everybody who matched once, however it is cut off, and nobody else; it ends when it may not go on."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenantry.domain.bulk_jobs.actions import RUN, cancel_bulk_job
from tenantry.domain.bulk_jobs.errors import BulkJobNotFound
from tenantry.domain.bulk_jobs.model import Action, BulkRequest, JobState
from tenantry.domain.bulk_jobs.queries import get_bulk_job, list_bulk_jobs, preview_bulk
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.domain.directory.model import Person, Span
from tenantry.domain.directory.queries import list_matching_ids
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import AllOf, Compare, Op, Page
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.work import Work, Works
from tests.support.bulk_jobs import (
    ActingAs,
    Killed,
    arguments,
    ask,
    finish,
    group,
    mortal,
    outcomes,
    rows,
    stored,
    suspensions,
)
from tests.support.makers import Home, make_home
from tests.support.running import SYSTEM_CLOCK, committing, running, task_env, until

pytestmark = pytest.mark.asyncio
NAMES = ("ann", "bob", "cid", "dora", "eve")
NOT_BLOCKED = Compare("blocked", Op.EQ, False)


def newest_first(people: list[Person]) -> list[UUID]:
    return [person.user.id for person in reversed(people)]


async def test_everybody_is_visited_once_though_the_action_changes_whom_the_filter_finds(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    where = AllOf((group("sales"), NOT_BLOCKED))
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=where)
    ended = await finish(home, env, job, size=2)
    assert (ended.state, ended.total, ended.done, ended.skipped) == (JobState.DONE, 5, 5, 0)
    assert await suspensions(home) == newest_first(staff)


@pytest.mark.parametrize("commits", [1, 2, 3])
async def test_a_killed_worker_is_followed_by_one_that_does_nobody_again(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person], tmp_path: Path, commits: int
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))
    with pytest.raises(Killed):
        await finish(home, mortal(env, commits, tmp_path), job, size=2)
    # The queue tries the run again that was killed, which had come as far as its commit.
    await run(env, arguments(home, job, commits - 1), 2)
    cut_off = await stored(home, job.id)
    assert cut_off.done == min(2 * commits, 5)
    ended = await finish(home, env, job, size=2)
    assert (ended.state, ended.done, ended.skipped, ended.failed) == (JobState.DONE, 5, 0, 0)
    assert await suspensions(home) == newest_first(staff)
    assert len(await rows(home, "select 1 from events where type = 'bulk_job.finished'")) == 1


async def test_a_batch_that_is_rolled_back_is_done_anew(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))

    async def breaks(_works: Works, _work: Work) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Works, "_flush", breaks)
        with pytest.raises(Killed):
            await run(env, arguments(home, job), 2)
    assert await suspensions(home) == []
    assert (await stored(home, job.id)).state is JobState.QUEUED
    assert (await finish(home, env, job, size=2)).done == 5


async def test_a_job_is_handed_on_after_a_batch_and_the_run_before_does_no_more(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))
    await run(env, arguments(home, job), 2)
    await run(env, arguments(home, job), 2)
    assert len(await suspensions(home)) == 2
    assert await rows(home, "select round from bulk_jobs") == [(1,)]
    assert (await finish(home, env, job)).done == 5


async def test_a_worker_takes_a_job_to_its_end_from_one_run_to_the_next(
    own_database: str, tmp_path: Path
) -> None:
    async def two_at_a_time(env: TaskEnv, args: dict[str, Any]) -> None:
        await run(env, args, 2)

    async with committing(own_database, SYSTEM_CLOCK) as works:
        home = await make_home(works)
        for name in NAMES:
            await home.user(f"{name}@example.com")
        job = await ask(home, Action.SUSPEND)

        async def over() -> bool:
            return (await stored(home, job.id)).state is JobState.DONE

        async with running(own_database, [Task(RUN, two_at_a_time)], task_env(works, tmp_path)):
            await until(over)
        assert ((await stored(home, job.id)).done, len(await suspensions(home))) == (5, 5)


async def test_two_workers_at_one_job_do_everybody_once(busy_home: Home, tmp_path: Path) -> None:
    people = [await busy_home.user(f"{number}@example.com") for number in range(12)]
    job = await ask(busy_home, Action.SUSPEND)
    env = task_env(busy_home.works, tmp_path)
    await asyncio.gather(*(finish(busy_home, env, job, size=1) for _ in range(3)))
    assert await suspensions(busy_home) == newest_first(people)
    assert (await stored(busy_home, job.id)).done == 12


async def test_whoever_came_after_the_snapshot_is_left_alone(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person], clock: FrozenClock
) -> None:
    async with home.works.read(home.opener()) as work:
        seen = await preview_bulk(work, BulkRequest(action=Action.SUSPEND, where=group("sales")))
    clock.advance(timedelta(seconds=1))
    await home.user("late@example.com", groups=["sales"])
    job = await ask(
        home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"), snapshot_at=seen.snapshot_at
    )
    clock.advance(timedelta(seconds=1))
    await home.user("later@example.com", groups=["sales"])
    ended = await finish(home, env, job, size=2)
    assert (seen.total, ended.total, ended.done) == (5, 5, 5)
    assert sorted(await rows(home, "select email from users where not blocked")) == [
        ("boss@other.example",),
        ("late@example.com",),
        ("later@example.com",),
    ]


async def test_a_search_is_walked_to_its_end_though_it_looks_at_a_few_matches_at_a_time(
    home: Home, staff: list[Person]
) -> None:
    async with home.works.read(home.opener()) as work:
        met: list[UUID] = []
        before: UUID | None = None
        for _ in range(10):
            found = await list_matching_ids(
                work, Compare("email", Op.NE, "cid@example.com"), "example.com", Span(4, before), window=2
            )
            met += found.ids
            before = found.go_on_before
            if before is None:
                break
    assert met == [one.user.id for one in reversed(staff) if one.user.email != "cid@example.com"]


async def test_a_search_reaches_those_whom_it_finds(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    for text, reached in (
        ("ann@", "ann@example.com"),
        (str(staff[1].user.id), "bob@example.com"),
        ("ci", "cid@example.com"),
    ):
        job = await finish(
            home, env, await ask(home, Action.MARK_VERIFIED, ActingAs(home, boss), search=text)
        )
        assert await outcomes(home, job) == {reached: ("done", None)}


async def test_the_neighbour_is_neither_reached_nor_shown(
    home: Home, neighbour: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    await neighbour.user("ann@example.com")
    job = await finish(home, env, await ask(home, Action.SUSPEND, ActingAs(home, boss)))
    assert job.state is JobState.DONE
    assert await rows(neighbour, "select email from users where blocked") == []
    assert await rows(neighbour, "select 1 from bulk_job_results") == []
    async with neighbour.works.read(neighbour.opener()) as work:
        assert (await list_bulk_jobs(work, Page(10))).jobs == []
        with pytest.raises(BulkJobNotFound):
            await get_bulk_job(work, job.id)
    with pytest.raises(BulkJobNotFound):
        async with neighbour.works.write(neighbour.opener()) as work:
            await cancel_bulk_job(work, job.id)
    await run(env, {**arguments(home, job), "tenant": str(neighbour.id)})
    await run(env, {**arguments(home, job), "tenant": str(uuid4())})
