"""A job visits everybody who matched once, however it is cut off, and nobody else; it ends when it may not go on."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from tenantry.domain.bulk_jobs.actions import RUN, cancel_bulk_job
from tenantry.domain.bulk_jobs.errors import BulkJobNotFound, BulkJobOver
from tenantry.domain.bulk_jobs.model import Action, BulkRequest, JobState, StopReason
from tenantry.domain.bulk_jobs.queries import get_bulk_job, list_bulk_jobs, preview_bulk
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.domain.directory.model import Person, Span
from tenantry.domain.directory.queries import list_matching_ids
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.provisioning.actions import switch_state
from tenantry.domain.roles.actions import remove_user_role
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role, remove_role
from tenantry.domain.tenants.actions import activate_tenant, suspend_tenant
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import SUSPENDED
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import AllOf, Compare, Op, Page
from tenantry.kernel.jobs import Task, TaskEnv
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.work import Work, Works
from tests.support.access import acting
from tests.support.bulk_jobs import ActingAs, arguments, ask, finish, group, outcomes, stored
from tests.support.makers import TEST, Home, make_home
from tests.support.running import SYSTEM_CLOCK, committing, running, task_env, until

pytestmark = pytest.mark.asyncio
NAMES = ("ann", "bob", "cid", "dora", "eve")
NOT_BLOCKED = Compare("blocked", Op.EQ, False)


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


@pytest_asyncio.fixture
async def boss(home: Home) -> Person:
    return await home.user("boss@other.example", roles=["admin"], password_hash="x")


@pytest_asyncio.fixture
async def staff(home: Home, boss: Person) -> list[Person]:
    """Five people in the group `sales`; the one who asks is none of them."""
    async with home.works.write(home.opener()) as work:
        await create_group(work, NewGroup(name="Sales"))
    return [await home.user(f"{name}@example.com", groups=["sales"]) for name in NAMES]


async def rows(home: Home, query: LiteralString, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def suspensions(home: Home) -> list[UUID]:
    """Who was suspended, in the order of the events; somebody who was twice stands there twice."""
    return [
        row[0]
        for row in await rows(home, "select target_id from events where type = 'user.suspended' order by id")
    ]


def newest_first(people: list[Person]) -> list[UUID]:
    return [person.user.id for person in reversed(people)]


class Killed(Exception):
    """The worker is gone."""


class MortalWorks(Works):
    """Units of work of a worker that is killed after so many commits."""

    def __init__(self, works: Works, commits: int) -> None:
        super().__init__(works.database, works.clock)
        self._left = commits

    @asynccontextmanager
    async def write(self, opener: Any, request_id: str = "") -> Any:
        async with super().write(opener, request_id) as work:
            yield work
        self._left -= 1
        if self._left == 0:
            raise Killed


def mortal(env: TaskEnv, commits: int, folder: Path) -> TaskEnv:
    return task_env(MortalWorks(env.works, commits), folder)


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
        await run(mortal(env, commits, tmp_path), arguments(home, job), 2, 100)
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
            await run(env, arguments(home, job), 2, 100)
    assert await suspensions(home) == []
    assert (await stored(home, job.id)).state is JobState.QUEUED
    assert (await finish(home, env, job, size=2)).done == 5


async def test_a_job_is_handed_on_after_some_batches_and_the_run_before_does_no_more(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))
    await run(env, arguments(home, job), 1, 2)
    await run(env, arguments(home, job), 1, 2)
    assert len(await suspensions(home)) == 2
    assert await rows(home, "select round from bulk_jobs") == [(1,)]
    assert (await finish(home, env, job, round_=1)).done == 5


async def test_a_worker_takes_a_job_to_its_end_from_one_run_to_the_next(
    own_database: str, tmp_path: Path
) -> None:
    async def two_at_a_time(env: TaskEnv, args: dict[str, Any]) -> None:
        await run(env, args, 1, 2)

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
    await asyncio.gather(*(run(env, arguments(busy_home, job), 1, 100) for _ in range(3)))
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


async def test_a_cancelled_job_does_nobody_more(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person], tmp_path: Path
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))
    with pytest.raises(Killed):
        await run(mortal(env, 1, tmp_path), arguments(home, job), 2, 100)
    for _ in range(2):
        async with home.works.write(ActingAs(home, boss)) as work:
            assert (await cancel_bulk_job(work, job.id)).done == 2
    assert (await finish(home, env, job, size=2)).state is JobState.CANCELLED
    assert len(await suspensions(home)) == 2
    told = await rows(home, "select actor_id, data ->> 'done' from events where type = 'bulk_job.cancelled'")
    assert told == [(boss.user.id, "2")]


async def test_a_job_that_is_over_cannot_be_cancelled(home: Home, env: TaskEnv, boss: Person) -> None:
    job = await finish(home, env, await ask(home, Action.MARK_VERIFIED, ActingAs(home, boss)))
    with pytest.raises(BulkJobOver):
        async with home.works.write(home.opener()) as work:
            await cancel_bulk_job(work, job.id)


async def test_cancelling_takes_the_permission_of_the_action(home: Home, boss: Person) -> None:
    job = await ask(home, Action.DELETE, ActingAs(home, boss))
    with pytest.raises(MissingPermission):
        async with acting(home, "users:read", "users:update") as work:
            await cancel_bulk_job(work, job.id)
    assert (await stored(home, job.id)).state is JobState.QUEUED


async def block(home: Home, boss: Person) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(boss.user.id, None))
        await switch_state(work, user, SUSPENDED, on=True)


async def strip(home: Home, boss: Person) -> None:
    async with home.works.write(home.opener()) as work:
        await remove_user_role(work, boss.user.id, "admin")


@pytest.mark.parametrize(
    ("meanwhile", "reason"), [(block, StopReason.ACTOR_GONE), (strip, StopReason.PERMISSION_LOST)]
)
async def test_a_job_stops_when_whoever_asked_may_not_go_on(
    home: Home,
    env: TaskEnv,
    boss: Person,
    staff: list[Person],
    tmp_path: Path,
    meanwhile: Any,
    reason: StopReason,
) -> None:
    job = await ask(home, Action.MARK_VERIFIED, ActingAs(home, boss), where=group("sales"))
    with pytest.raises(Killed):
        await run(mortal(env, 1, tmp_path), arguments(home, job), 2, 100)
    await meanwhile(home, boss)
    ended = await finish(home, env, job, size=2)
    assert (ended.state, ended.reason, ended.done) == (JobState.STOPPED, reason, 2)
    told = await rows(home, "select outcome, data ->> 'reason' from events where type = 'bulk_job.finished'")
    assert told == [("partial", reason.value)]


async def test_rights_are_looked_at_for_every_person_and_not_once_a_batch(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    """Whoever takes the role from everybody loses it in the middle, and so the right to go on."""
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Lead", permissions=["users:read", "roles:assign"]))
    lead = await home.user("lead@example.com", roles=["lead"])
    job = await ask(home, Action.REMOVE_ROLE, ActingAs(home, lead), role="lead")
    ended = await finish(home, env, job)
    assert (ended.state, ended.reason) == (JobState.STOPPED, StopReason.PERMISSION_LOST)
    assert await outcomes(home, ended) == {"lead@example.com": ("done", None)}


async def test_a_job_stops_when_its_role_is_deleted(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Lead"))
    job = await ask(home, Action.ADD_ROLE, ActingAs(home, boss), role="lead", where=group("sales"))
    async with home.works.write(home.opener()) as work:
        await remove_role(work, "lead")
    ended = await finish(home, env, job)
    assert (ended.state, ended.reason, ended.done) == (JobState.STOPPED, StopReason.ROLE_GONE, 0)


async def test_a_job_stops_when_its_tenant_is_suspended(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))
    async with home.works.write(home.opener()) as work:
        await suspend_tenant(work)
    await run(env, arguments(home, job))
    async with home.works.write(OpenTenant(home.id, TEST, even_suspended=True)) as work:
        await activate_tenant(work)
    ended = await finish(home, env, job)
    assert (ended.state, ended.reason) == (JobState.STOPPED, StopReason.TENANT_SUSPENDED)
    assert await suspensions(home) == []


async def test_somebody_stronger_is_refused_and_reported_and_the_others_are_done(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Editor", permissions=["users:read", "users:update"]))
    editor = await home.user("editor@other.example", roles=["editor"])
    ids = [boss.user.id, *(person.user.id for person in staff)]
    job = await finish(home, env, await ask(home, Action.SUSPEND, ActingAs(home, editor), ids=ids), size=3)
    assert (job.state, job.done, job.failed) == (JobState.DONE, 5, 1)
    assert (await outcomes(home, job))["boss@other.example"] == ("failed", "permission_denied")
    assert sorted(await suspensions(home)) == sorted(person.user.id for person in staff)
    assert await rows(home, "select blocked from users where id = %s", boss.user.id) == [(False,)]


@pytest.mark.parametrize(
    "action",
    [Action.SUSPEND, Action.ENABLE, Action.MARK_VERIFIED, Action.REVOKE_SESSIONS, Action.DELETE],
)
async def test_no_action_takes_hold_of_somebody_stronger(
    home: Home, env: TaskEnv, boss: Person, action: Action
) -> None:
    permissions = ["users:read", "users:update", "users:delete"]
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Editor", permissions=permissions))
    editor = await home.user("editor@other.example", roles=["editor"])
    before = await rows(home, "select version, credential_epoch from users where id = %s", boss.user.id)
    job = await finish(home, env, await ask(home, action, ActingAs(home, editor), ids=[boss.user.id]))
    assert await outcomes(home, job) == {"boss@other.example": ("failed", "permission_denied")}
    assert (
        await rows(home, "select version, credential_epoch from users where id = %s", boss.user.id) == before
    )


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
