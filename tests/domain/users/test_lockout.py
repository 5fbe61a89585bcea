"""How wrong passwords add up to a lockout, and how long it lasts."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.domain.tenants.model import Lockout
from tenantry.domain.users.lockout import Failures, after_failure, clear_lockout, count_failure, note_sign_in
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import LOCKED, change_state
from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home
from tests.support.settings import change
from tests.support.signing_in import events

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
RULES = Lockout()
CLEAN = Failures(0, None, 0, None)
HOUR = timedelta(hours=1)


def fail(times: int, rules: Lockout = RULES, before: Failures = CLEAN) -> Failures:
    for _ in range(times):
        before = after_failure(before, rules, NOW)
    return before


def test_the_fifth_wrong_password_locks_for_half_an_hour() -> None:
    assert fail(4) == Failures(4, NOW, 0, None)
    assert fail(5) == Failures(0, NOW, 1, NOW + timedelta(minutes=30))


def test_each_lockout_in_a_row_lasts_twice_as_long_up_to_a_day() -> None:
    lasted, state = [], CLEAN
    for _ in range(9):
        state = fail(5, before=state)
        assert state.locked_out_until is not None
        lasted.append((state.locked_out_until - NOW) / timedelta(minutes=1))
    assert lasted == [30, 60, 120, 240, 480, 960, 1440, 1440, 1440]


def test_thousands_of_lockouts_in_a_row_break_nothing() -> None:
    after = fail(5, Lockout(factor=10), Failures(0, NOW, 1_000_000, None))
    assert after.locked_out_until == NOW + timedelta(days=1)


def test_failures_far_apart_do_not_add_up() -> None:
    before = Failures(4, NOW - timedelta(minutes=61), 0, None)
    assert after_failure(before, RULES, NOW).failed_logins == 1
    before = Failures(4, NOW - timedelta(minutes=59), 0, None)
    assert after_failure(before, RULES, NOW).lockouts == 1


def test_a_tenant_may_do_without() -> None:
    assert fail(50, Lockout(enabled=False)) == Failures(50, NOW, 0, None)


@pytest.mark.asyncio
async def test_while_a_lockout_lasts_nothing_is_counted_and_then_it_ends_by_itself(
    home: Home, clock: FrozenClock
) -> None:
    await change(home, "lockout", maxFailures=2)
    ann = await home.user()
    async with home.works.write(home.opener()) as work:
        for _ in range(2):
            assert await count_failure(work, ann.user.id) is not None
        assert await count_failure(work, ann.user.id) is None
        assert not await note_sign_in(work, ann.user.id)
    clock.advance(timedelta(minutes=30))
    async with home.works.write(home.opener()) as work:
        after = await count_failure(work, ann.user.id)
        assert after is not None
        assert (after.failed_logins, after.lockouts) == (1, 1)


@pytest.mark.asyncio
async def test_a_sign_in_forgets_what_was_before(home: Home) -> None:
    ann = await home.user()
    async with home.works.write(home.opener()) as work:
        await count_failure(work, ann.user.id)
        assert await note_sign_in(work, ann.user.id)
        row = await work.db.one(
            "select failed_logins, lockouts, login_count, last_login_at from user_activity where user_id = %s",
            (ann.user.id,),
        )
    assert row == (0, 0, 1, NOW)


@pytest.mark.asyncio
async def test_an_administrator_lifts_a_lockout_and_the_audit_says_so(home: Home, neighbour: Home) -> None:
    people = []
    for one in (home, neighbour):
        await change(one, "lockout", maxFailures=1)
        people.append((await one.user()).user)
        async with one.works.write(one.opener()) as work:
            await count_failure(work, people[-1].id)
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(None, "ann@example.com"))
        assert await change_state(work, user, LOCKED, on=False)
        assert not await change_state(work, user, LOCKED, on=False)
        assert await note_sign_in(work, user.id)
    assert len(await events(home, "user.unlocked")) == 1
    async with neighbour.works.write(neighbour.opener()) as work:
        assert await clear_lockout(work, people[1].id)
