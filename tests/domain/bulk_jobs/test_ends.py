"""How a bulk job ends before everybody is done, and whom it leaves alone."""

from typing import Any

import pytest

from tenantry.domain.bulk_jobs.actions import cancel_bulk_job
from tenantry.domain.bulk_jobs.deeds import DEEDS
from tenantry.domain.bulk_jobs.errors import BulkJobOver
from tenantry.domain.bulk_jobs.model import Action, JobState, StopReason
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.domain.directory.model import Person
from tenantry.domain.provisioning.actions import switch_state
from tenantry.domain.roles.actions import remove_user_role
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role, remove_role
from tenantry.domain.sessions.actions import end_all_sessions
from tenantry.domain.tenants.actions import activate_tenant, suspend_tenant
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import SUSPENDED
from tenantry.kernel.db import DatabaseBusy
from tenantry.kernel.escalation import Escalation
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.permissions import MissingPermission
from tests.support.access import acting
from tests.support.bulk_jobs import (
    ActingAs,
    arguments,
    ask,
    finish,
    group,
    outcomes,
    rows,
    stored,
    suspensions,
)
from tests.support.makers import TEST, Home

pytestmark = pytest.mark.asyncio


async def test_a_cancelled_job_does_nobody_more(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss), where=group("sales"))
    await run(env, arguments(home, job), 2)
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


async def test_a_busy_database_leaves_nobody_out(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: Any) -> bool:
        raise DatabaseBusy

    job = await ask(home, Action.MARK_VERIFIED, ActingAs(home, boss), where=group("sales"))
    with monkeypatch.context() as while_busy:
        while_busy.setitem(DEEDS, Action.MARK_VERIFIED, busy)
        with pytest.raises(DatabaseBusy):
            await run(env, arguments(home, job))
    ended = await finish(home, env, job)
    assert (ended.state, ended.done, ended.failed) == (JobState.DONE, len(staff), 0)


async def test_nobody_wards_off_what_somebody_stronger_asked_for(home: Home, boss: Person) -> None:
    job = await ask(home, Action.SUSPEND, ActingAs(home, boss))
    with pytest.raises(Escalation):
        async with acting(home, "users:read", "users:update") as work:
            await cancel_bulk_job(work, job.id)
    await strip(home, boss)
    async with acting(home, "users:read", "users:update") as work:
        await cancel_bulk_job(work, job.id)
    assert (await stored(home, job.id)).state is JobState.CANCELLED


async def block(home: Home, boss: Person) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(boss.user.id, None))
        await switch_state(work, user, SUSPENDED, on=True)


async def strip(home: Home, boss: Person) -> None:
    async with home.works.write(home.opener()) as work:
        await remove_user_role(work, boss.user.id, "admin")


async def sign_out(home: Home, boss: Person) -> None:
    async with home.works.write(home.opener()) as work:
        await end_all_sessions(work, await get_user_for_change(work, UserRef(boss.user.id, None)))


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (block, StopReason.ACTOR_GONE),
        (sign_out, StopReason.SIGNED_OUT),
        (strip, StopReason.PERMISSION_LOST),
    ],
)
async def test_a_job_stops_when_whoever_asked_may_not_go_on(
    home: Home,
    env: TaskEnv,
    boss: Person,
    staff: list[Person],
    meanwhile: Any,
    reason: StopReason,
) -> None:
    job = await ask(home, Action.MARK_VERIFIED, ActingAs(home, boss), where=group("sales"))
    await run(env, arguments(home, job), 2)
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
        await create_role(work, NewRole(name="Lead", permissions=["users:read"]))
        await create_role(work, NewRole(name="Giver", permissions=["roles:assign"]))
    lead = await home.user("lead@example.com", roles=["lead", "giver"])
    job = await ask(home, Action.REMOVE_ROLE, ActingAs(home, lead), role="lead")
    ended = await finish(home, env, job)
    assert (ended.state, ended.reason) == (JobState.STOPPED, StopReason.PERMISSION_LOST)
    assert await outcomes(home, ended) == {"lead@example.com": ("done", None)}


async def test_whoever_takes_the_role_from_everybody_keeps_the_right_to_give_it(
    home: Home, env: TaskEnv, boss: Person, staff: list[Person]
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Lead", permissions=["users:read", "roles:assign"]))
    lead = await home.user("lead@example.com", roles=["lead"])
    job = await ask(home, Action.REMOVE_ROLE, ActingAs(home, lead), role="lead")
    ended = await finish(home, env, job)
    assert ended.state is JobState.DONE
    assert (await outcomes(home, ended))["lead@example.com"] == ("failed", "own_account")


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
