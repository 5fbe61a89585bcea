"""What setting a password does to a person, their earlier passwords and the audit log."""

from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.credentials.actions import replace_hash, store_password
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import get_person
from tenantry.domain.users.model import PasswordPending
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import LOCKED, change_state
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


async def store(home: Home, person: Person, password_hash: str, **how: bool) -> None:
    how = {"temporary": False, "by_admin": True, **how}
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await store_password(work, user, password_hash, **how)


async def now(home: Home, person: Person) -> Person:
    async with home.works.read(home.opener()) as work:
        return await get_person(work, UserRef(person.user.id, None))


async def rows(home: Home, query: Any, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def epoch(home: Home, user_id: UUID) -> int:
    found: int = (await rows(home, "select credential_epoch from users where id = %s", user_id))[0][0]
    return found


async def test_a_new_password_is_kept_and_ends_every_sign_in(home: Home) -> None:
    ann = await home.user(password_pending=PasswordPending.RESET)
    before = await epoch(home, ann.user.id)
    await store(home, ann, "hash-1")
    after = await now(home, ann)
    assert after.has_password
    assert after.user.password_pending is None
    assert after.user.version > ann.user.version
    assert await epoch(home, ann.user.id) == before + 1
    kept = await rows(home, "select hash, temporary from password_credentials")
    assert kept == [("hash-1", False)]


async def test_a_temporary_password_must_be_changed_and_the_next_one_need_not(home: Home) -> None:
    ann = await home.user()
    await store(home, ann, "hash-1", temporary=True)
    assert (await now(home, ann)).user.must_change_password
    assert await rows(home, "select temporary from password_credentials") == [(True,)]
    await store(home, ann, "hash-2")
    assert not (await now(home, ann)).user.must_change_password
    assert await rows(home, "select hash, temporary from password_credentials") == [("hash-2", False)]


async def test_a_new_password_lifts_a_lock_and_leaves_a_suspension(home: Home) -> None:
    ann = await home.user(blocked=True)
    async with home.works.write(home.opener()) as work:
        await change_state(work, ann.user, LOCKED, on=True, reason="too many attempts")
    await store(home, ann, "hash-1")
    after = (await now(home, ann)).user
    assert not after.locked
    assert "locked" not in after.state_notes
    assert after.blocked


async def test_the_audit_log_says_who_set_the_password(home: Home) -> None:
    ann = await home.user()
    await store(home, ann, "hash-1", temporary=True)
    await store(home, ann, "hash-2", by_admin=False)
    events = await rows(
        home, "select type, data, personal from events where type like 'user.password%%' order by id"
    )
    assert [(kind, data) for kind, data, _ in events] == [
        ("user.password_set_by_admin", {"temporary": True, "notify": False}),
        ("user.password_reset_completed", {}),
    ]
    assert events[0][2]["email"] == "ann@example.com"
    assert "hash" not in str(events)


async def test_as_many_earlier_passwords_are_kept_as_the_policy_looks_at(home: Home) -> None:
    await change(home, "passwordPolicy", historyCount=3)
    ann = await home.user(password_hash="hash-0")
    for number in range(1, 6):
        await store(home, ann, f"hash-{number}")
    kept = await rows(home, "select hash from password_history order by id desc")
    assert kept == [("hash-5",), ("hash-4",), ("hash-3",)]
    async with home.works.read(home.opener()) as work:
        rules = await get_password_rules(work, ann.user.id)
    assert rules.earlier == ("hash-5", "hash-4", "hash-3")


async def test_the_first_password_comes_into_being_with_its_owner_and_is_the_first_of_the_history(
    home: Home,
) -> None:
    await change(home, "passwordPolicy", historyCount=3)
    ann = await home.user(password_hash="hash-0")
    assert ann.has_password
    kept = await rows(home, "select user_id, hash, set_at, temporary from password_credentials")
    earlier = await rows(home, "select user_id, hash, set_at from password_history")
    assert kept == [(ann.user.id, "hash-0", ann.user.created_at, False)]
    assert earlier == [row[:3] for row in kept]


async def test_without_a_history_no_earlier_password_is_kept(home: Home) -> None:
    ann = await home.user(password_hash="hash-0")
    await store(home, ann, "hash-1")
    assert await rows(home, "select hash from password_history") == []
    async with home.works.read(home.opener()) as work:
        assert (await get_password_rules(work, ann.user.id)).earlier == ()


async def test_the_present_password_counts_though_it_was_set_before_there_was_a_history(home: Home) -> None:
    ann = await home.user(password_hash="hash-0")
    await change(home, "passwordPolicy", historyCount=2)
    async with home.works.read(home.opener()) as work:
        assert (await get_password_rules(work, ann.user.id)).earlier == ("hash-0",)


async def test_passwords_go_with_their_user(home: Home) -> None:
    await change(home, "passwordPolicy", historyCount=2)
    ann = await home.user(password_hash="hash-0")
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from users where id = %s", (ann.user.id,))
    assert (
        await rows(home, "select 1 from password_credentials union all select 1 from password_history") == []
    )


async def test_whoever_may_only_see_users_sets_no_password(home: Home) -> None:
    ann = await home.user()
    reader = Actor(ActorKind.USER, permissions=frozenset({"users:read"}))
    opener = home.opener()
    opener._actor = reader
    with pytest.raises(MissingPermission):
        async with home.works.write(opener) as work:
            await store_password(work, ann.user, "hash-1", temporary=False, by_admin=True)
    with pytest.raises(MissingPermission):
        async with home.works.read(opener) as work:
            await get_password_rules(work, ann.user.id)


async def test_the_neighbours_passwords_do_not_move(home: Home, neighbour: Home) -> None:
    await change(home, "passwordPolicy", historyCount=3)
    await change(neighbour, "passwordPolicy", historyCount=3)
    ann = await home.user(password_hash="ours")
    theirs = await neighbour.user(password_hash="theirs")
    before = await now(neighbour, theirs)
    await store(home, ann, "ours-2")
    assert await rows(neighbour, "select hash from password_credentials") == [("theirs",)]
    assert await rows(neighbour, "select hash from password_history") == [("theirs",)]
    assert await now(neighbour, theirs) == before
    async with neighbour.works.read(neighbour.opener()) as work:
        assert (await get_password_rules(work, ann.user.id)).earlier == ()


async def better(home: Home, person: Person, old: str, new: str) -> None:
    async with home.works.write(home.opener()) as work:
        await replace_hash(work, person.user.id, old, new)


async def test_a_better_hash_of_the_same_password_changes_nothing_else(home: Home, neighbour: Home) -> None:
    await change(home, "passwordPolicy", historyCount=3)
    ann = await home.user(password_hash="older")
    theirs = await neighbour.user(password_hash="weak")
    await store(home, ann, "weak", temporary=True)
    before, ends = await now(home, ann), await epoch(home, ann.user.id)
    recorded = await rows(home, "select count(*) from events")
    await better(home, ann, "weak", "strong")
    assert await rows(home, "select hash, temporary from password_credentials") == [("strong", True)]
    kept = await rows(home, "select hash from password_history order by id desc")
    assert kept == [("strong",), ("older",)]
    assert await now(home, ann) == before
    assert await epoch(home, ann.user.id) == ends
    assert await rows(home, "select count(*) from events") == recorded
    assert theirs.has_password
    assert await rows(neighbour, "select hash from password_credentials") == [("weak",)]


async def test_a_password_that_changed_meanwhile_keeps_its_hash(home: Home) -> None:
    await change(home, "passwordPolicy", historyCount=3)
    ann = await home.user(password_hash="weak")
    await store(home, ann, "changed")
    await better(home, ann, "weak", "strong")
    assert await rows(home, "select hash from password_credentials") == [("changed",)]
    assert await rows(home, "select hash from password_history order by id desc") == [("changed",), ("weak",)]
