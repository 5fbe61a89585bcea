"""Signing in with a password: who gets in, who is kept out, and what a stranger learns from it: nothing."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher as Argon2

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.login.errors import AccountKeptOut, WrongCredentials
from tenantry.domain.login.model import Reason, Step
from tenantry.domain.sessions.errors import TooManySessions
from tenantry.domain.sessions.queries import list_sessions
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.model import UserKind
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, StateSwitch, change_state
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import Page
from tenantry.kernel.work import STATEMENTS
from tests.support.makers import Home
from tests.support.settings import change
from tests.support.signing_in import GOOD, WRONG, Desk, events, reasons

pytestmark = pytest.mark.asyncio
MANY = 100_000


async def sessions(home: Home) -> int:
    async with home.works.read(home.opener()) as work:
        return (await list_sessions(work, Page(20))).total


async def facts(home: Home, **columns: Any) -> None:
    """Sets facts on the row of the only person."""
    async with home.works.write(home.opener()) as work:
        for name, value in columns.items():
            await work.db.run(f"update users set {name} = %s", (value,))  # type: ignore[arg-type, unused-ignore]


async def fail(desk: Desk, times: int, **more: Any) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await desk.try_password(password=WRONG, **more)


async def test_the_right_password_starts_a_session(desk: Desk, home: Home) -> None:
    ann = await desk.person()
    progress = await desk.try_password(remember=True, next_path="/t/acme-corp/account/profile")
    assert (progress.step, progress.next_path) == (Step.DONE, "/t/acme-corp/account/profile")
    assert progress.signed_in is not None
    [event] = await events(home, "user.signed_in")
    assert (event["outcome"], event["actor_kind"], event["actor_id"]) == ("success", "user", ann.user.id)
    assert event["data"] == {
        "method": "password",
        "amr": ["pwd"],
        "sessionId": str(progress.signed_in.session_id),
        "remember": True,
    }
    assert await sessions(home) == 1


@pytest.mark.parametrize("typed", ["Ann@Example.com", "ANN", "+1 555 123-4567"])
async def test_people_are_known_by_address_username_and_number(desk: Desk, typed: str) -> None:
    await desk.person(username="ann", phone="+15551234567")
    assert (await desk.try_password(typed)).step is Step.DONE


async def test_an_identifier_that_the_tenant_does_not_allow_is_an_unknown_one(desk: Desk, home: Home) -> None:
    await change(home, "signIn", identifiers=["email"])
    await desk.person(username="ann")
    with pytest.raises(WrongCredentials):
        await desk.try_password("ann")
    assert await reasons(home) == ["UNKNOWN_USER"]


async def test_whoever_is_named_gets_the_same_answer_after_one_hash(
    desk: Desk, home: Home, neighbour: Home
) -> None:
    await change(home, "throttling", signInsPerAddress=MANY)
    await desk.person()
    await home.user("new@example.com")
    await desk.person("robot@example.com", kind=UserKind.SERVICE)
    gone = await desk.person("gone@example.com")
    async with home.works.write(home.opener()) as work:
        await remove_user(work, gone.user, permanently=False)
    await neighbour.user("theirs@example.com")
    told = set()
    names = ("ann", "nobody", "new", "robot", "gone", "theirs")
    for name in names:
        with pytest.raises(WrongCredentials) as refusal:
            await desk.try_password(f"{name}@example.com", WRONG if name == "ann" else GOOD)
        told.add((refusal.value.kind, refusal.value.code, refusal.value.message, *refusal.value.fields))
    assert len(told) == 1
    assert (desk.hasher.verified, desk.hasher.hashed) == (len(names), 0)
    assert await reasons(home) == [
        "WRONG_PASSWORD",
        "UNKNOWN_USER",
        "NO_PASSWORD",
        "UNKNOWN_USER",
        "UNKNOWN_USER",
        "UNKNOWN_USER",
    ]


async def test_whoever_is_named_costs_the_same_statements(desk: Desk, home: Home) -> None:
    await change(home, "throttling", signInsPerAddress=MANY, signInsPerAccount=MANY)
    await desk.person()
    await desk.person("locked@example.com")
    await home.user("new@example.com")
    await fail(desk, 5, identifier="locked@example.com")
    taken = {}
    for name in ("ann", "nobody", "new", "locked"):
        before = STATEMENTS._value.get()
        with pytest.raises(WrongCredentials):
            await desk.try_password(f"{name}@example.com", WRONG)
        taken[name] = STATEMENTS._value.get() - before
    assert len(set(taken.values())) == 1, taken


async def test_the_identifier_of_a_stranger_is_written_nowhere(desk: Desk, home: Home) -> None:
    with pytest.raises(WrongCredentials):
        await desk.try_password("my-secret-typed-into-the-wrong-field")
    async with home.works.read(home.opener()) as work:
        assert "my-secret" not in str(await work.db.all("select to_jsonb(e) from events e"))
        assert "my-secret" not in str(await work.db.all("select to_jsonb(t) from throttles t"))


async def test_five_wrong_passwords_lock_the_account_and_even_the_right_one_is_not_looked_at(
    desk: Desk, home: Home, clock: FrozenClock
) -> None:
    ann = await desk.person()
    await fail(desk, 5)
    desk.hasher.looked_at.clear()
    with pytest.raises(WrongCredentials):
        await desk.try_password()
    assert desk.hasher.looked_at == [None]
    assert await reasons(home) == ["WRONG_PASSWORD"] * 5 + ["LOCKED_OUT"]
    [locked] = await events(home, "user.locked")
    assert (locked["actor_kind"], locked["target_id"], locked["ip"]) == ("system", ann.user.id, "192.0.2.7")
    assert locked["data"]["reason"] == "MAX_ATTEMPTS_EXCEEDED"
    clock.advance(timedelta(minutes=30))
    assert (await desk.try_password()).step is Step.DONE


async def test_a_lockout_ends_no_session_and_moves_no_version(desk: Desk, home: Home) -> None:
    ann = await desk.person()
    await desk.try_password()
    await fail(desk, 5)
    assert await sessions(home) == 1
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select version from users") == ann.user.version


async def test_a_sign_in_between_begins_the_count_anew(desk: Desk, home: Home) -> None:
    await change(home, "throttling", signInsPerAccount=MANY, signInsPerAddress=MANY)
    await desk.person()
    for _ in range(3):
        await fail(desk, 4)
        assert (await desk.try_password()).step is Step.DONE
    assert await events(home, "user.locked") == []


async def test_an_administrators_password_lifts_a_lockout(desk: Desk, home: Home) -> None:
    ann = await desk.person()
    await fail(desk, 5)
    hashed = await desk.hasher._real.hash("another good pass phrase")
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        await store_password(work, user, hashed, temporary=False, by_admin=True)
    assert len(await events(home, "user.unlocked")) == 1
    assert (await desk.try_password(password="another good pass phrase")).step is Step.DONE


async def test_a_thousand_wrong_passwords_from_everywhere_lock_one_account_alone(
    desk: Desk, home: Home
) -> None:
    await change(home, "throttling", signInsPerAccount=MANY)
    await desk.person()
    await desk.person("bob@example.com")
    for n in range(1000):
        with pytest.raises(WrongCredentials):
            await desk.try_password(password=WRONG, ip=f"198.51.{n // 250}.{n % 250}")
    assert desk.hasher.verified == 1000
    assert set(desk.hasher.looked_at[5:]) == {None}
    assert len(await events(home, "user.locked")) == 1
    assert (await desk.try_password("bob@example.com")).step is Step.DONE


STATES = [
    (SUSPENDED, "account_suspended", Reason.SUSPENDED),
    (LOCKED, "account_locked", Reason.LOCKED),
    (DISABLED, "account_disabled", Reason.DISABLED),
]


@pytest.mark.parametrize(("switch", "code", "reason"), STATES)
async def test_a_state_that_an_administrator_set_is_told_after_the_right_password_alone(
    desk: Desk, home: Home, switch: StateSwitch, code: str, reason: Reason
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await desk.person()
    async with home.works.write(home.opener()) as work:
        await change_state(work, ann.user, switch, on=True)
    await fail(desk, 1)
    with pytest.raises(AccountKeptOut) as refusal:
        await desk.try_password()
    assert refusal.value.code == code
    assert await reasons(home) == ["WRONG_PASSWORD", reason.value]
    assert [event["outcome"] for event in await events(home, "user.signed_in.failed")] == [
        "failure",
        "denied",
    ]
    assert await sessions(home) == 0


async def test_an_account_past_its_end_says_so_after_the_right_password_alone(
    desk: Desk, home: Home, clock: FrozenClock
) -> None:
    await desk.person()
    await facts(home, valid_until=clock.now() + timedelta(minutes=5))
    progress = await desk.try_password()
    assert progress.signed_in is not None
    assert progress.signed_in.expires_at == clock.now() + timedelta(minutes=5)
    clock.advance(timedelta(minutes=5))
    assert await sessions(home) == 0
    with pytest.raises(AccountKeptOut) as refusal:
        await desk.try_password()
    assert refusal.value.code == "account_expired"
    await fail(desk, 1)


async def test_a_demanded_reset_stops_the_old_password_as_the_tenant_wants(desk: Desk, home: Home) -> None:
    await desk.person()
    await facts(home, password_pending="reset")
    with pytest.raises(AccountKeptOut) as refusal:
        await desk.try_password()
    assert refusal.value.code == "password_reset_required"
    await change(home, "recovery", oldPasswordWorksUntilReset=True)
    assert (await desk.try_password()).step is Step.CHANGE_PASSWORD


async def test_one_address_may_try_so_often_and_the_refusal_is_remembered(
    desk: Desk, home: Home, clock: FrozenClock
) -> None:
    await change(home, "throttling", signInsPerAddress=3)
    await desk.person()
    for n in range(3):
        with pytest.raises(WrongCredentials):
            await desk.try_password(f"x{n}", WRONG)
    with pytest.raises(TooOften) as refusal:
        await desk.try_password()
    assert refusal.value.retry_after is not None
    assert desk.hasher.verified == 3
    assert (await events(home, "user.signed_in.failed"))[-1]["data"] == {"reason": "THROTTLED"}
    assert (await desk.try_password(ip="192.0.2.8")).step is Step.DONE
    clock.advance(timedelta(minutes=1))
    assert (await desk.try_password()).step is Step.DONE


async def test_one_account_may_be_tried_so_often_from_all_addresses_whether_it_exists_or_not(
    desk: Desk, home: Home
) -> None:
    await change(home, "throttling", signInsPerAccount=3)
    await desk.person()
    for name in ("ann@example.com", "nobody@example.com"):
        for n in range(3):
            with pytest.raises(WrongCredentials):
                await desk.try_password(name, WRONG, ip=f"192.0.2.{n}")
        with pytest.raises(TooOften):
            await desk.try_password(name.upper(), WRONG, ip="192.0.2.200")


async def test_an_outdated_hash_is_replaced_at_once_and_nothing_else_happens(desk: Desk, home: Home) -> None:
    old = Argon2(time_cost=1, memory_cost=128, parallelism=1).hash(GOOD)
    ann = await home.user(password_hash=old)
    await desk.try_password()
    await desk.try_password()
    async with home.works.read(home.opener()) as work:
        stored = await work.db.value("select hash from password_credentials")
    assert stored != old
    assert desk.hasher.hashed == 1
    assert not desk.hasher.needs_rehash(stored)
    assert await sessions(home) == 2
    assert await events(home, "user.password_reset_completed") == []
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select version from users") == ann.user.version


async def test_one_session_too_many_is_refused_where_the_tenant_wants_that(desk: Desk, home: Home) -> None:
    await change(home, "sessions", maxConcurrent=1, atLimit="refuse")
    await desk.person()
    await desk.try_password()
    with pytest.raises(TooManySessions):
        await desk.try_password()
    assert await reasons(home) == ["TOO_MANY_SESSIONS"]
    assert len(await events(home, "user.signed_in")) == 1


async def test_a_sign_in_takes_few_statements(desk: Desk, home: Home) -> None:
    await desk.person()
    before = STATEMENTS._value.get()
    await desk.try_password()
    assert STATEMENTS._value.get() - before <= 7
