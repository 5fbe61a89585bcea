"""Every action does to each person what its single call does, by whoever asked, and says what became of them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import pytest
import pytest_asyncio

from tenantry.domain.bulk_jobs.model import Action, JobState
from tenantry.domain.directory.model import Person
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.provisioning.actions import remove_person, switch_state
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.request_actions import force_password_reset
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import SUSPENDED
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import Compare, Op
from tenantry.kernel.jobs import TaskEnv
from tests.support.bulk_jobs import ActingAs, ask, finish, group, outcomes
from tests.support.makers import Home
from tests.support.running import task_env

pytestmark = pytest.mark.asyncio


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


@pytest_asyncio.fixture
async def boss(home: Home) -> Person:
    """Somebody who may do everything, and the group that the actions are about."""
    async with home.works.write(home.opener()) as work:
        await create_group(work, NewGroup(name="Sales"))
    return await home.user("boss@example.com", roles=["admin"], email_verified=True, password_hash="x")


async def rows(home: Home, query: LiteralString, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def suspend(home: Home, person: Person) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await switch_state(work, user, SUSPENDED, on=True)


async def delete(home: Home, person: Person, *, permanent: bool = False) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await remove_person(work, user, permanent=permanent, from_admin_api=False)


async def nothing(_home: Home, _person: Person) -> None:
    return


Prepare = Callable[[Home, Person], Awaitable[None]]
ONCE: list[tuple[Action, dict[str, Any], dict[str, Any], Prepare, LiteralString, Any, str]] = [
    (Action.SUSPEND, {}, {"reason": "moved"}, nothing, "u.blocked", True, "user.suspended"),
    (Action.ENABLE, {}, {}, suspend, "u.blocked", False, "user.activated"),
    (Action.ADD_ROLE, {}, {"role": "user"}, nothing,
     "exists (select from user_roles r where r.user_id = u.id)", True, "user.role.assigned"),
    (Action.REMOVE_ROLE, {"roles": ["user"]}, {"role": "user"}, nothing,
     "exists (select from user_roles r where r.user_id = u.id)", False, "user.role.removed"),
    (Action.ADD_GROUP, {}, {"group": "sales"}, nothing,
     "exists (select from group_members m where m.user_id = u.id)", True, "user.group.added"),
    (Action.REMOVE_GROUP, {"groups": ["sales"]}, {"group": "sales"}, nothing,
     "exists (select from group_members m where m.user_id = u.id)", False, "user.group.removed"),
    (Action.MARK_VERIFIED, {}, {}, nothing, "u.email_verified", True, "user.email_verified"),
    (Action.REVOKE_SESSIONS, {}, {}, nothing, "u.credential_epoch", 1, "user.session_revoked"),
    (Action.DELETE, {}, {"reason": "left"}, nothing, "u.deleted_at is not null and u.purge_at is not null", True, "user.deleted"),
    (Action.RESTORE, {}, {}, delete, "u.deleted_at is null", True, "user.restored"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "fields", "params", "prepare", "condition", "wanted", "event"),
    ONCE,
    ids=lambda one: str(one)[:20],
)
async def test_an_action_is_done_to_those_it_is_meant_for_by_whoever_asked(
    home: Home,
    env: TaskEnv,
    boss: Person,
    action: Action,
    fields: dict[str, Any],
    params: dict[str, Any],
    prepare: Prepare,
    condition: LiteralString,
    wanted: object,
    event: str,
) -> None:
    ann, bob = [
        await home.user(f"{name}@example.com", password_hash="x", **fields) for name in ("ann", "bob")
    ]
    for person in (ann, bob):
        await prepare(home, person)
    job = await finish(home, env, await ask(home, action, ActingAs(home, boss), ids=[ann.user.id], **params))
    assert (job.state, job.total, job.done, job.skipped, job.failed) == (JobState.DONE, 1, 1, 0, 0)
    found = dict(await rows(home, f"select u.email, ({condition}) from users u"))
    assert found["ann@example.com"] == wanted
    assert found["bob@example.com"] != wanted
    told = await rows(
        home,
        """
        select target_id, actor_kind, actor_id, personal ->> 'actor', data ->> 'reason', request_id
        from events
        where type = %s
          and actor_id is not null
        """,
        event,
    )
    assert told == [
        (ann.user.id, "user", boss.user.id, "boss@example.com", params.get("reason"), str(job.id))
    ]


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({}, "user.password_reset_requested"),
        ({"password_hash": "x"}, "user.email_verification_requested"),
        ({"password_hash": "x", "email": None, "phone": "+15551234567"}, None),
        ({"password_hash": "x", "email_verified": True}, None),
    ],
)
async def test_what_somebody_waits_for_is_sent_again_and_nothing_else(
    home: Home, env: TaskEnv, boss: Person, fields: dict[str, Any], event: str | None
) -> None:
    person = await home.user(**{"email": "ann@example.com", **fields})
    job = await finish(home, env, await ask(home, Action.RESEND, ActingAs(home, boss), ids=[person.user.id]))
    told = await rows(
        home, "select type from events where target_id = %s and type <> 'user.created'", person.user.id
    )
    assert told == ([] if event is None else [(event,)])
    assert (job.done, job.skipped) == ((0, 1) if event is None else (1, 0))


async def test_whoever_must_choose_a_new_password_gets_the_message_again(
    home: Home, clock: FrozenClock, env: TaskEnv, boss: Person
) -> None:
    person = await home.user("ann@example.com", password_hash="x", email_verified=True)
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await force_password_reset(work, user, Method.EMAIL_LINK)
    clock.advance(timedelta(hours=1))
    job = await finish(home, env, await ask(home, Action.RESEND, ActingAs(home, boss), ids=[person.user.id]))
    assert (job.done, job.skipped) == (1, 0)
    told = await rows(
        home, "select actor_id, data ->> 'kind' from events where type = 'user.password_reset_requested'"
    )
    assert told == [(boss.user.id, "password_reset")]


@pytest.mark.parametrize(
    ("action", "params", "prepare"),
    [
        (Action.SUSPEND, {}, suspend),
        (Action.ENABLE, {}, nothing),
        (Action.REMOVE_ROLE, {"role": "user"}, nothing),
        (Action.REMOVE_GROUP, {"group": "sales"}, nothing),
        (Action.RESTORE, {}, nothing),
    ],
)
async def test_whoever_is_as_wanted_already_is_skipped(
    home: Home, env: TaskEnv, boss: Person, action: Action, params: dict[str, Any], prepare: Prepare
) -> None:
    ann = await home.user(password_hash="x")
    await prepare(home, ann)
    before = await rows(home, "select version from users where id = %s", ann.user.id)
    job = await finish(home, env, await ask(home, action, ActingAs(home, boss), ids=[ann.user.id], **params))
    assert await outcomes(home, job) == {"ann@example.com": ("skipped", "no_change")}
    assert await rows(home, "select version from users where id = %s", ann.user.id) == before


async def test_a_deletion_that_is_for_good_takes_those_who_are_deleted_already_too(
    home: Home, env: TaskEnv, boss: Person
) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    await delete(home, ann)
    ids = [ann.user.id, bob.user.id]
    job = await finish(home, env, await ask(home, Action.DELETE, ActingAs(home, boss), ids=ids))
    assert await outcomes(home, job) == {
        "ann@example.com": ("skipped", "not_found"),
        "bob@example.com": ("done", None),
    }
    await finish(home, env, await ask(home, Action.DELETE, ActingAs(home, boss), ids=ids, permanent=True))
    assert await rows(home, "select email from users") == [("boss@example.com",)]


async def test_a_restore_by_filter_reaches_only_deleted_people(
    home: Home, env: TaskEnv, boss: Person
) -> None:
    ann = await home.user(groups=["sales"])
    await home.user("bob@example.com", groups=["sales"])
    await delete(home, ann)
    job = await finish(home, env, await ask(home, Action.RESTORE, ActingAs(home, boss), where=group("sales")))
    assert (job.total, await outcomes(home, job)) == (1, {"ann@example.com": ("done", None)})


async def test_people_who_were_picked_and_are_not_there_are_reported(
    home: Home, neighbour: Home, env: TaskEnv, boss: Person
) -> None:
    theirs, unknown, ann = await neighbour.user(), uuid4(), await home.user()
    ids = [unknown, theirs.user.id, ann.user.id]
    job = await finish(home, env, await ask(home, Action.SUSPEND, ActingAs(home, boss), ids=ids), size=1)
    assert (job.total, job.picked, job.done, job.skipped) == (3, 3, 1, 2)
    assert await rows(
        home, "select user_id from bulk_job_results where code = 'not_found' order by user_id desc"
    ) == sorted(((one,) for one in (unknown, theirs.user.id)), reverse=True)
    assert await rows(neighbour, "select blocked from users") == [(False,)]


async def test_nobody_suspends_or_deletes_themselves_with_everybody_else(
    home: Home, env: TaskEnv, boss: Person
) -> None:
    await home.user("ann@example.com")
    for action, event in ((Action.SUSPEND, "user.suspended"), (Action.DELETE, "user.deleted")):
        job = await finish(home, env, await ask(home, action, ActingAs(home, boss)))
        assert (await outcomes(home, job))["boss@example.com"] == ("skipped", "own_account")
        assert (job.state, job.done) == (JobState.DONE, 1)
        told = await rows(home, "select target_id from events where type = %s", event)
        assert boss.user.id not in [row[0] for row in told]


async def test_the_job_itself_stands_in_the_audit_log(home: Home, env: TaskEnv, boss: Person) -> None:
    await home.user("ann@example.com")
    where = Compare("email", Op.EQ, "ann@example.com")
    job = await finish(home, env, await ask(home, Action.MARK_VERIFIED, ActingAs(home, boss), where=where))
    told = await rows(
        home,
        """
        select type, target_id, actor_id, data
        from events
        where target_type = 'bulk_job'
        order by id
        """,
    )
    counts = {"done": 1, "skipped": 0, "failed": 0}
    assert told == [
        (
            "bulk_job.started",
            job.id,
            boss.user.id,
            {"action": "mark_verified", "total": 1, "totalIsExact": True},
        ),
        ("bulk_job.finished", job.id, None, {"action": "mark_verified", **counts}),
    ]
