"""Erasure reaches the audit log and nobody else's entries; purging waits for its moment and stays in its tenant."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tenantry.domain.bulk_jobs.model import Action, BulkJob
from tenantry.domain.bulk_jobs.tasks import run as run_bulk_job
from tenantry.domain.directory.model import Person
from tenantry.domain.invitations.actions import invite
from tenantry.domain.invitations.model import NewInvitation
from tenantry.domain.privacy.actions import erase_person
from tenantry.domain.privacy.job_actions import REDACTED
from tenantry.domain.privacy.tasks import purge, redact
from tenantry.domain.provisioning.actions import change_person, remove_person, restore_person, switch_state
from tenantry.domain.users.model import UserChanges
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import SUSPENDED
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opening
from tests.support.bulk_jobs import arguments, ask, stored
from tests.support.erasing import delete_for_a_while, erase, rows
from tests.support.invitations import accept, invited, mailed, offline_link
from tests.support.makers import Home, make_home
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


class ActingAs:
    """Opens as a person who may do everything, with an address and a browser."""

    def __init__(self, home: Home, person: Person) -> None:
        self._home = home
        self._actor = Actor(
            ActorKind.USER,
            person.user.id,
            person.user.email or "",
            frozenset({"*"}),
            "192.0.2.7",
            "A browser of theirs",
        )

    async def __call__(self, db: Any, *, for_transaction: bool) -> Opening:
        opening = await self._home.opener()(db, for_transaction=for_transaction)
        return Opening(opening.tenant, self._actor)


async def rename(home: Home, person: Person, name: str, opener: Any = None) -> None:
    async with home.works.write(opener or home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await change_person(work, user, UserChanges(name=name))


async def finish(home: Home, env: TaskEnv, person: Person) -> None:
    await redact(env, {"tenant": str(home.id), "user": str(person.user.id)}, batch=2)


@pytest_asyncio.fixture
async def ann(home: Home) -> AsyncIterator[Person]:
    """Somebody about whom much is told, and who has done things to others."""
    ann = await home.user(
        "ann@example.com", given_name="Ann", family_name="Secretname", name="Ann Secretname"
    )
    for name in ("Ann Othername", "Ann Thirdname", "Ann Fourthname"):
        await rename(home, ann, name)
    bob = await home.user("bob@example.com", name="Bob Builder")
    await rename(home, bob, "Bob the Builder", ActingAs(home, ann))
    yield ann


async def test_the_next_owner_of_an_address_keeps_their_invitation(home: Home, clock: FrozenClock) -> None:
    ann = await home.user("ann@example.com")
    await delete_for_a_while(home, ann)
    clock.advance(timedelta(minutes=1))
    next_owner = await invited(home, "ann@example.com", name="Another Ann")
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None), with_deleted=True)
        await erase_person(work, user)
    assert await rows(home, "select id, name from invitations") == [(next_owner, "Another Ann")]


async def test_nothing_in_the_audit_log_names_an_erased_person(home: Home, env: TaskEnv, ann: Person) -> None:
    await erase(home, ann)
    await finish(home, env, ann)
    kept = await rows(
        home,
        """
        select type, concat_ws(' ', personal, data, ip, user_agent)
        from events
        """,
    )
    everything = " ".join(text for _, text in kept)
    for trace in ("ann@example.com", "Secretname", "Othername", "Thirdname", "192.0.2.7", "browser"):
        assert trace not in everything
    assert REDACTED in everything
    told = {kind for kind, _ in kept}
    assert {
        "user.created",
        "user.updated",
        "user.deleted",
        "gdpr.delete.requested",
        "gdpr.delete.completed",
    } <= told
    assert await rows(home, "select 1 from users where email = 'ann@example.com'") == []


async def kept_of(home: Home, job: BulkJob) -> tuple[dict[str, str] | None, str | None]:
    now = await stored(home, job.id)
    return now.filter, now.params.reason


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        ({"search": "ANN@example", "asked": {"search": "ANN@example", "group": "x"}}, ({"search": REDACTED, "group": "x"}, None)),
        ({"search": "fourthname", "asked": {"search": "fourthname"}}, ({"search": REDACTED}, None)),
        ({"reason": "Because of ann@example.com"}, ({}, REDACTED)),
        ({"ids": "theirs", "reason": "She left"}, (None, REDACTED)),
        ({"ids": "bobs", "reason": "He left"}, (None, "He left")),
        ({"search": "bob", "asked": {"search": "bob"}, "reason": "left"}, ({"search": "bob"}, "left")),
        ({}, ({}, None)),
    ],
)  # fmt: skip
async def test_a_bulk_job_that_names_an_erased_person_forgets_what_was_searched_and_why(
    home: Home,
    env: TaskEnv,
    ann: Person,
    request_: dict[str, Any],
    kept: tuple[dict[str, str] | None, str | None],
) -> None:
    bob = (await rows(home, "select id from users where email = 'bob@example.com'"))[0][0]
    if "ids" in request_:
        request_ = request_ | {"ids": [ann.user.id if request_["ids"] == "theirs" else bob]}
    job = await ask(home, Action.SUSPEND, **request_)
    follows = await erase(home, ann)
    assert "ann" not in str(follows).lower()
    await redact(env, follows)
    assert await kept_of(home, job) == kept


async def test_a_job_that_has_reached_an_erased_person_forgets_its_reason_and_a_neighbours_does_not(
    home: Home, neighbour: Home, env: TaskEnv, ann: Person
) -> None:
    await neighbour.user("ann@example.com", name="Ann Secretname")
    jobs = [
        await ask(one, Action.MARK_VERIFIED, search="ann", asked={"search": "ann"})
        for one in (home, neighbour)
    ]
    for one, job in zip((home, neighbour), jobs, strict=True):
        await run_bulk_job(env, arguments(one, job))
    await rename(home, ann, "Somebody Else")
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            "update users set email = 'new@example.com', email_key = 'new@example.com' where id = %s",
            (ann.user.id,),
        )
    follows = await erase(home, ann)
    await redact(env, follows)
    assert (await kept_of(home, jobs[0]))[0] == {"search": REDACTED}
    assert (await kept_of(neighbour, jobs[1]))[0] == {"search": "ann"}


async def test_a_job_goes_on_as_it_was_asked_for_and_then_nothing_of_its_search_is_left(
    home: Home, env: TaskEnv, ann: Person
) -> None:
    job = await ask(
        home,
        Action.SUSPEND,
        search="example.com",
        asked={"search": "example.com"},
        reason="ann@example.com left",
    )
    follows = await erase(home, ann)
    await redact(env, follows)
    await run_bulk_job(env, arguments(home, job))
    assert (await stored(home, job.id)).done == 1
    assert await rows(home, "select email, state_notes -> 'suspended' ->> 'reason' from users") == [
        ("bob@example.com", REDACTED)
    ]
    left = await rows(home, "select concat_ws(' ', filter, criteria, params) from bulk_jobs")
    assert "example.com" not in left[0][0]


async def test_others_keep_their_names_in_what_an_erased_person_did(
    home: Home, env: TaskEnv, ann: Person
) -> None:
    await erase(home, ann)
    await finish(home, env, ann)
    [(personal, ip)] = await rows(
        home, "select personal, ip from events where actor_id = %s and type = 'user.updated'", ann.user.id
    )
    assert (personal["actor"], personal["changes"]["name"]["to"], ip) == (REDACTED, "Bob the Builder", None)


async def test_who_did_something_to_an_erased_person_stays(home: Home, env: TaskEnv, ann: Person) -> None:
    await erase(home, ann)
    await finish(home, env, ann)
    found = await rows(
        home, "select personal from events where target_id = %s and type = 'user.updated'", ann.user.id
    )
    assert len(found) == 3
    assert {row[0]["actor"] for row in found} == {"test"}
    assert {row[0]["changes"] for row in found} == {REDACTED}


async def test_running_the_job_again_finds_nothing_left(home: Home, env: TaskEnv, ann: Person) -> None:
    await erase(home, ann)
    for _ in range(3):
        await finish(home, env, ann)
    assert len(await rows(home, "select 1 from events where type = 'gdpr.delete.completed'")) == 1


async def test_a_neighbour_with_the_same_names_keeps_theirs(
    home: Home, neighbour: Home, env: TaskEnv, ann: Person
) -> None:
    await neighbour.user("ann@example.com", name="Ann Secretname")
    await erase(home, ann)
    await finish(home, env, ann)
    [(personal,)] = await rows(neighbour, "select personal from events where type = 'user.created'")
    assert personal["name"] == "Ann Secretname"


async def hide(home: Home, person: Person) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await remove_person(work, user, permanent=False, from_admin_api=False)


def later(home: Home, by: timedelta) -> None:
    clock = home.works.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(by)


async def test_a_deleted_person_goes_for_good_when_the_time_is_over(busy_home: Home, tmp_path: Path) -> None:
    neighbour = await make_home(busy_home.works, "other-corp", "Other")
    env = task_env(busy_home.works, tmp_path)
    people = []
    for tenant, days in ((busy_home, 3), (neighbour, 30)):
        await change(tenant, "deletion", retentionDays=days)
        people += [await tenant.user("ann@example.com"), await tenant.user("bob@example.com")]
    for tenant, person in zip((busy_home, busy_home, neighbour), people[:3], strict=True):
        await hide(tenant, person)
    later(busy_home, timedelta(days=3) - timedelta(seconds=1))
    await purge(env, {})
    assert len(await rows(busy_home, "select 1 from users")) == 2
    later(busy_home, timedelta(seconds=1))
    await purge(env, {}, batch=1)
    assert await rows(busy_home, "select 1 from users") == []
    assert len(await rows(neighbour, "select 1 from users")) == 2
    told = await rows(
        busy_home, "select target_id, personal ->> 'actor' from events where type = 'user.purged'"
    )
    assert set(told) == {(person.user.id, "retention") for person in people[:2]}
    await busy_home.user("ann@example.com")


async def test_whoever_was_restored_in_time_is_not_purged(busy_home: Home, tmp_path: Path) -> None:
    ann = await busy_home.user()
    await hide(busy_home, ann)
    async with busy_home.works.write(busy_home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None), with_deleted=True)
        await restore_person(work, user)
    later(busy_home, timedelta(days=400))
    await purge(task_env(busy_home.works, tmp_path), {})
    assert len(await rows(busy_home, "select 1 from users")) == 1


async def test_nothing_names_an_erased_person_who_was_invited_and_changed_their_address(
    home: Home, env: TaskEnv, tmp_path: Path
) -> None:
    """Their invitation, its mail and its entries go under the address that they had then."""
    invitation = await invited(home, "anita@old.example", name="Anita Invitedname")
    await mailed(env, home, tmp_path)
    token = await offline_link(home, invitation)
    person = await accept(home, token, "Anita Chosenname")
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.id, None))
        await change_person(work, user, UserChanges(email="anita@new.example"))
    assert len(await rows(home, "select 1 from mail_messages where sent_to = 'anita@old.example'")) == 1
    other = await invited(home, "bob@example.com", name="Bob Invitedname")
    async with home.works.write(home.opener()) as work:
        await erase_person(work, await get_user_for_change(work, UserRef(person.id, None)))
        [job] = work._jobs
    assert "anita" not in str(job.args)
    await redact(env, job.args, batch=2)
    kept = [
        *await rows(home, "select concat_ws(' ', personal, data) from events"),
        *await rows(home, "select sent_to from mail_messages"),
        *await rows(home, "select concat_ws(' ', email, name) from invitations"),
        *await rows(home, "select concat_ws(' ', email_key, address) from address_claims"),
    ]
    everything = " ".join(str(row[0]) for row in kept).casefold()
    assert "bob@example.com" in everything
    assert "anita" not in everything
    told = await rows(home, "select personal ->> 'name' from events where target_id = %s", other)
    assert told == [("Bob Invitedname",)]


async def test_an_erased_administrator_is_named_nowhere_they_have_acted(
    home: Home, env: TaskEnv, ann: Person
) -> None:
    bob = await home.user("ben@example.com")
    async with home.works.write(ActingAs(home, ann)) as work:
        await switch_state(
            work,
            await get_user_for_change(work, UserRef(bob.user.id, None)),
            SUSPENDED,
            on=True,
            reason="left",
        )
        await invite(work, NewInvitation(email="carol@example.com"))
    await erase(home, ann)
    await finish(home, env, ann)
    [(notes,)] = await rows(home, "select state_notes from users where id = %s", bob.user.id)
    assert (notes["suspended"]["by"], notes["suspended"]["reason"]) == (None, "left")
    assert await rows(home, "select invited_label, invited_by from invitations") == [(None, ann.user.id)]
