"""The figures of a tenant as its administrators see them."""

from datetime import date, timedelta
from typing import LiteralString

import pytest

from tenantry.domain.directory.queries import NEWEST_FIRST, list_people
from tenantry.domain.figures.actions import note_people
from tenantry.domain.figures.model import MOST_DAYS, Count, Day, Figures, People, Precision
from tenantry.domain.figures.people import LIVE_BOUND
from tenantry.domain.figures.queries import TAIL_BOUND, get_figures
from tenantry.domain.invitations.actions import revoke_invitation
from tenantry.domain.login.events import SignInFailed, UserSignedIn
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.events import UserDeleted, UserUpdated
from tenantry.domain.users.states import Status
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import Compare, Criteria, Op, Page
from tenantry.kernel.errors import DomainError
from tenantry.kernel.events import Event, Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.conftest import NOW
from tests.support.access import acting, user_id
from tests.support.invitations import accept, invited, offline_link
from tests.support.makers import TEST, Home

pytestmark = pytest.mark.asyncio
TODAY = NOW.date()


async def figures(home: Home, days: int = 7) -> Figures:
    async with home.works.read(home.opener()) as work:
        return await get_figures(work, days)


async def people(home: Home) -> People:
    found = (await figures(home)).people
    assert found is not None
    return found


async def today(home: Home) -> Day:
    found = (await figures(home)).days
    assert found is not None
    return found[-1]


async def run(home: Home, query: LiteralString, *params: object) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run(query, params)


async def record(home: Home, *events: Event, by: Actor = TEST) -> None:
    async with home.works.write(OpenTenant(home.id, TEST)) as work:
        for event in events:
            work.record(event, by=by)


async def crowd(home: Home, number: int) -> None:
    """People who have not verified their addresses."""
    await run(
        home,
        """
        insert into users (id, email, email_key, created_at, updated_at)
        select gen_random_uuid(), n || '@example.com', n || '@example.com', now(), now()
        from generate_series(1, %s) n
        """,
        number,
    )


STATES: dict[str, LiteralString] = {
    "deleted": "deleted_at = now()",
    "disabled": "disabled = true",
    "suspended": "blocked = true",
    "expired": "valid_until = now() - interval '1 day'",
    "locked": "locked = true",
    "locked-before": "locked = true, locked_until = now() - interval '1 day'",
    "reset": "password_pending = 'reset'",
    "set-up": "password_pending = 'initial_setup'",
    "unverified": "email_verified = false",
    "phone": "phone = '+4930123456', phone_pending = true",
    "several": "blocked = true, locked = true, disabled = true, email_verified = false",
    "deleted-and-suspended": "blocked = true, deleted_at = now()",
    "no-address": "email = null, email_key = null, email_verified = false, username = 'nobody', username_key = 'nobody'",
}


async def one_in_each_state(home: Home) -> None:
    for name in [*STATES, "active-1", "active-2", "locked-out"]:
        await home.user(f"{name}@example.com", password_hash="hash", email_verified=True)
    for name, assignments in STATES.items():
        await run(home, f"update users set {assignments} where email_key = %s", f"{name}@example.com")
    await run(
        home,
        """
        insert into user_activity (user_id, locked_out_until)
        select id, now() + interval '1 hour'
        from users
        where email_key = any (%s)
        on conflict (tenant_id, user_id) do update
        set locked_out_until = excluded.locked_out_until
        """,
        ["locked-out@example.com", "locked@example.com"],
    )


@pytest.mark.parametrize("state", list(Status))
async def test_each_state_has_as_many_people_as_the_list_shows_for_it(
    home: Home, neighbour: Home, state: Status
) -> None:
    await one_in_each_state(home)
    await neighbour.user("suspended@example.com")
    where = Compare("status", Op.EQ, state.value)
    async with home.works.read(home.opener()) as work:
        listed = await list_people(work, Criteria(where, NEWEST_FIRST, Page(50)))
    assert listed.total > 0
    assert (await people(home)).states[state] == Count(listed.total)


async def test_somebody_in_several_states_is_missed_among_the_active_once(home: Home) -> None:
    await one_in_each_state(home)
    found = await people(home)
    assert found.total == len(STATES) + 3 - 2
    assert found.states["suspended"].number == 2
    assert found.states["locked"].number == 3
    assert found.states["active"].number == 4, "two of them have a lock that is over, and no address"


async def test_a_new_tenant_has_figures_too(home: Home) -> None:
    found = await figures(home, 2)
    assert found.people == People(0, dict.fromkeys(Status, Count(0)))
    assert found.pending_invitations == Count(0)
    assert found.days == [Day(TODAY - timedelta(days=1)), Day(TODAY)]
    assert found.as_of == NOW


async def test_many_people_in_a_state_are_counted_up_to_a_bound_until_they_are_noted(
    home: Home, neighbour: Home, clock: FrozenClock
) -> None:
    await crowd(home, LIVE_BOUND + 5)
    await home.user("ann@example.com", email_verified=True, password_hash="hash")
    found = await people(home)
    assert found.states["pending_email_verification"] == Count(LIVE_BOUND, Precision.AT_LEAST)
    assert found.states["active"] == Count(6, Precision.AT_MOST)
    async with home.works.write(home.opener()) as work:
        await note_people(work)
    clock.advance(timedelta(minutes=3))
    found = await people(home)
    assert found.states["pending_email_verification"] == Count(LIVE_BOUND + 5, Precision.RECENT, NOW)
    assert found.states["active"] == Count(1, Precision.RECENT, NOW)
    assert found.states["suspended"] == Count(0)
    assert (await people(neighbour)).states["pending_email_verification"] == Count(0)


async def test_what_was_noted_of_a_state_goes_once_nobody_is_in_it_any_more(
    home: Home, clock: FrozenClock
) -> None:
    await crowd(home, LIVE_BOUND + 1)
    async with home.works.write(home.opener()) as work:
        await note_people(work)
    await run(home, "update users set email_verified = true")
    assert (await people(home)).states["pending_email_verification"] == Count(0)
    clock.advance(timedelta(minutes=10))
    async with home.works.write(home.opener()) as work:
        await note_people(work)
        assert await work.db.all("select state, people from people_figures") == [("not_active", 0)]


async def test_what_happened_is_counted_at_once_on_its_day_in_utc(home: Home, clock: FrozenClock) -> None:
    ann = await user_id(home)
    await record(home, UserSignedIn(target_id=ann), UserSignedIn(target_id=ann))
    clock.advance(timedelta(hours=11, minutes=59, seconds=59))
    await record(home, SignInFailed(outcome=Outcome.FAILURE), SignInFailed(outcome=Outcome.DENIED))
    clock.advance(timedelta(seconds=1))
    await record(home, UserSignedIn(target_id=ann))
    await invited(home)
    found = await figures(home, 2)
    assert found.days == [
        Day(date(2026, 3, 4), sign_ups=1, sign_ins=2, failed_sign_ins=2),
        Day(date(2026, 3, 5), sign_ins=1, invitations=1),
    ]
    assert (await figures(home, 1)).days == [Day(date(2026, 3, 5), sign_ins=1, invitations=1)]


async def test_acceptances_and_deletions_are_counted(home: Home) -> None:
    invitation = await invited(home)
    user = await accept(home, await offline_link(home, invitation))
    await record(home, UserDeleted(target_id=user.id))
    assert await today(home) == Day(TODAY, invitations=1, acceptances=1, sign_ups=1, deletions=1)


async def test_a_neighbour_counts_its_own_alone(home: Home, neighbour: Home) -> None:
    await home.user()
    await invited(home)
    assert await today(neighbour) == Day(TODAY)
    assert (await figures(neighbour)).pending_invitations == Count(0)
    assert (await people(neighbour)).total == 0


async def test_where_too_much_has_happened_since_the_last_roll_up_the_figures_end_there(home: Home) -> None:
    await run(
        home,
        """
        insert into events (id, occurred_at, type, actor_kind)
        select gen_random_uuid(), %s, 'user.signed_in', 'user'
        from generate_series(1, %s)
        """,
        NOW, TAIL_BOUND,
    )  # fmt: skip
    assert await today(home) == Day(TODAY, sign_ins=TAIL_BOUND)
    assert (await figures(home)).as_of == NOW
    await record(home, UserSignedIn(target_id=new_id()))
    assert await today(home) == Day(TODAY)
    assert (await figures(home)).as_of is None, "nothing was ever rolled up"


async def test_pending_invitations_are_those_that_can_still_be_accepted(
    home: Home, clock: FrozenClock
) -> None:
    await invited(home, "old@example.com")
    clock.advance(timedelta(days=60))
    await accept(home, await offline_link(home, await invited(home, "accepted@example.com")))
    revoked = await invited(home, "revoked@example.com")
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, revoked)
    await invited(home, "waits@example.com")
    await invited(home, "waits-too@example.com")
    assert (await figures(home)).pending_invitations == Count(2)


async def test_recent_actions_are_what_people_and_keys_did_to_others_newest_first(
    home: Home, neighbour: Home, clock: FrozenClock
) -> None:
    ann, bob = await user_id(home, "ann@example.com"), await user_id(home, "bob@example.com")
    admin = Actor(ActorKind.USER, ann, "ann@example.com")
    key = Actor(ActorKind.API_KEY, new_id(), "a key")
    await record(home, UserUpdated(target_id=bob), by=admin)
    clock.advance(timedelta(seconds=1))
    await record(home, UserUpdated(target_id=ann), by=key)
    clock.advance(timedelta(seconds=1))
    await record(home, UserUpdated(target_id=ann), UserSignedIn(target_id=ann), by=admin)
    await record(home, SignInFailed(), by=Actor(ActorKind.ANONYMOUS))
    recent = (await figures(home)).recent_actions
    assert recent is not None
    assert [(entry.actor_id, entry.target_id) for entry in recent] == [(key.id, ann), (ann, bob)]
    assert (recent[0].action, recent[0].personal, recent[0].occurred_at) == (
        "user.updated", {"actor": "a key"}, NOW + timedelta(seconds=1),
    )  # fmt: skip
    assert (await figures(neighbour)).recent_actions == []


async def test_no_more_than_eight_actions_are_recent(home: Home) -> None:
    key = Actor(ActorKind.API_KEY, new_id(), "a key")
    await record(home, *(UserUpdated(target_id=new_id()) for _ in range(9)), by=key)
    assert len((await figures(home)).recent_actions or []) == 8


async def test_what_the_actor_may_not_see_is_left_out(home: Home) -> None:
    async with acting(home, "users:read") as work:
        found = await get_figures(work, 7)
    assert found.recent_actions is None
    assert found.people is not None
    assert found.days is not None
    async with acting(home, "audit:read") as work:
        assert await get_figures(work, 7) == Figures(recent_actions=[])
    async with acting(home, "groups:read") as work:
        with pytest.raises(MissingPermission):
            await get_figures(work, 7)


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
async def test_a_range_without_days_or_of_years_is_refused(home: Home, days: int) -> None:
    with pytest.raises(DomainError) as refused:
        await figures(home, days)
    assert set(refused.value.fields) == {"days"}


async def test_the_longest_range_goes_back_a_year(home: Home) -> None:
    found = (await figures(home, MOST_DAYS)).days
    assert found is not None
    assert (len(found), found[0].day) == (MOST_DAYS, TODAY - timedelta(days=MOST_DAYS - 1))


async def test_all_figures_take_two_statements(home: Home) -> None:
    async with home.works.read(home.opener()) as work:
        before = work.db.statements
        await get_figures(work, 30)
        assert work.db.statements - before == 2


async def test_only_who_may_see_users_has_them_counted(home: Home) -> None:
    async with acting(home, "audit:read") as work:
        with pytest.raises(MissingPermission):
            await note_people(work)
