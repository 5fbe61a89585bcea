"""A link sets a password once, for its own user, while nothing has overtaken it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import CodeKind, CodeState
from tenantry.domain.codes.opening import OpenByLink
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import get_person
from tenantry.domain.recovery.actions import check_link, create_link, use_link
from tenantry.domain.recovery.errors import AccountInactive, NoAddress
from tenantry.domain.recovery.request_actions import request_password_reset
from tenantry.domain.sessions.actions import end_all_sessions
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.model import PasswordPending, User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, StateSwitch, change_state
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.permissions import ActorKind, MissingPermission
from tenantry.kernel.work import Work
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


async def link(home: Home, person: Person, kind: CodeKind = CodeKind.PASSWORD_RESET) -> str:
    async with home.works.write(home.opener()) as work:
        return await create_link(work, person.user, kind, SEALER)


async def state(home: Home, token: str) -> CodeState:
    async with home.works.read(OpenByLink(home.slug, token, None, None)) as work:
        return (await check_link(work, token)).state


async def use(home: Home, token: str, password_hash: str = "hash") -> User:
    async with home.works.write(OpenByLink(home.slug, token, "192.0.2.7", None)) as work:
        return await use_link(work, token, password_hash)


async def act(home: Home, person: Person, action: Callable[[Work, User], Awaitable[Any]]) -> None:
    async with home.works.write(home.opener()) as work:
        await action(work, await get_user_for_change(work, UserRef(person.user.id, None)))


async def rows(home: Home, query: Any, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def test_a_link_sets_the_password_once(home: Home) -> None:
    ann = await home.user(password_pending=PasswordPending.INITIAL_SETUP)
    token = await link(home, ann)
    assert await state(home, token) is CodeState.VALID
    assert (await use(home, token)).id == ann.user.id
    assert await rows(home, "select hash from password_credentials") == [("hash",)]
    async with home.works.read(home.opener()) as work:
        after = (await get_person(work, UserRef(ann.user.id, None))).user
    assert after.password_pending is None
    assert after.email_verified
    assert await state(home, token) is CodeState.USED
    with pytest.raises(CodeRefused) as caught:
        await use(home, token, "second")
    assert caught.value.state is CodeState.USED
    assert await rows(home, "select hash from password_credentials") == [("hash",)]


async def test_looking_at_a_link_never_uses_it_up(home: Home) -> None:
    token = await link(home, await home.user())
    assert {await state(home, token) for _ in range(20)} == {CodeState.VALID}
    await use(home, token)


async def test_only_the_hash_of_a_token_is_stored(home: Home) -> None:
    token = await link(home, await home.user())
    assert len(token) >= 43
    stored = await rows(home, "select codes::text, octet_length(secret_hash) from codes")
    assert token not in stored[0][0]
    assert stored[0][1] == 32


async def test_a_newer_link_kills_the_older_ones_of_its_purpose(home: Home) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    setup, other = await link(home, ann, CodeKind.PASSWORD_SETUP), await link(home, bob)
    first, second, third = [await link(home, ann) for _ in range(3)]
    assert [await state(home, token) for token in (first, second, third)] == [
        CodeState.OVERTAKEN,
        CodeState.OVERTAKEN,
        CodeState.VALID,
    ]
    assert (await state(home, setup), await state(home, other)) == (CodeState.VALID, CodeState.VALID)


@pytest.mark.parametrize(
    ("minutes", "later", "expected"),
    [
        (0, timedelta(0), CodeState.EXPIRED),
        (30, timedelta(minutes=29, seconds=59), CodeState.VALID),
        (30, timedelta(minutes=30), CodeState.EXPIRED),
        (-1, timedelta(days=36500), CodeState.VALID),
    ],
)
@pytest.mark.parametrize("kind", [CodeKind.PASSWORD_RESET, CodeKind.PASSWORD_SETUP])
async def test_a_link_works_for_as_long_as_the_tenant_says(
    home: Home, clock: FrozenClock, kind: CodeKind, minutes: int, later: timedelta, expected: CodeState
) -> None:
    name = "passwordResetMinutes" if kind is CodeKind.PASSWORD_RESET else "passwordSetupMinutes"
    await change(home, "links", **{name: minutes})
    token = await link(home, await home.user(), kind)
    clock.advance(later)
    assert await state(home, token) is expected
    if expected is CodeState.EXPIRED:
        with pytest.raises(CodeRefused):
            await use(home, token)


async def test_without_a_setting_a_reset_works_for_a_day(home: Home, clock: FrozenClock) -> None:
    token = await link(home, await home.user())
    clock.advance(timedelta(hours=23, minutes=59))
    assert await state(home, token) is CodeState.VALID
    clock.advance(timedelta(minutes=1))
    assert await state(home, token) is CodeState.EXPIRED


def switched(switch: Any) -> Callable[[Work, User], Awaitable[Any]]:
    return lambda work, user: change_state(work, user, switch, on=True)


async def _another_address(work: Work, user: User) -> None:
    await work.db.run("update users set email = 'new@example.com', email_key = 'new@example.com'")


@pytest.mark.parametrize(
    ("overtaking", "expected"),
    [
        pytest.param(switched(SUSPENDED), CodeState.REFUSED, id="block"),
        pytest.param(switched(LOCKED), CodeState.REFUSED, id="lock"),
        pytest.param(switched(DISABLED), CodeState.REFUSED, id="disable"),
        pytest.param(lambda w, u: remove_user(w, u, permanently=False), CodeState.OVERTAKEN, id="delete"),
        pytest.param(lambda w, u: remove_user(w, u, permanently=True), CodeState.UNKNOWN, id="purge"),
        pytest.param(
            lambda w, u: store_password(w, u, "other", temporary=False, by_admin=True),
            CodeState.OVERTAKEN,
            id="password",
        ),
        pytest.param(_another_address, CodeState.OVERTAKEN, id="another address"),
    ],
)
async def test_what_overtakes_a_link_stops_it(
    home: Home, clock: FrozenClock, overtaking: Callable[[Work, User], Awaitable[Any]], expected: CodeState
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await home.user()
    token = await link(home, ann)
    clock.advance(timedelta(seconds=1))
    await act(home, ann, overtaking)
    assert await state(home, token) is expected
    with pytest.raises(CodeRefused) as caught:
        await use(home, token)
    assert caught.value.state is expected
    assert await rows(home, "select 1 from password_credentials where hash = 'hash'") == []


@pytest.mark.parametrize("switch", [SUSPENDED, LOCKED, DISABLED], ids=["block", "lock", "disable"])
async def test_a_link_waits_until_the_account_may_be_used_again(home: Home, switch: StateSwitch) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await home.user()
    before = await link(home, ann, CodeKind.PASSWORD_SETUP)
    await act(home, ann, switched(switch))
    during = await link(home, ann)
    assert {await state(home, token) for token in (before, during)} == {CodeState.REFUSED}
    with pytest.raises(CodeRefused):
        await use(home, during)
    await act(home, ann, lambda work, user: change_state(work, user, switch, on=False))
    assert {await state(home, token) for token in (before, during)} == {CodeState.VALID}
    await use(home, during)


async def test_a_link_works_again_once_a_lock_has_run_out(home: Home, clock: FrozenClock) -> None:
    ann = await home.user()
    token = await link(home, ann)
    until = clock.now() + timedelta(minutes=5)
    await act(home, ann, lambda work, user: change_state(work, user, LOCKED, on=True, until=until))
    assert await state(home, token) is CodeState.REFUSED
    clock.advance(timedelta(minutes=5))
    assert await state(home, token) is CodeState.VALID


async def test_ending_the_sessions_of_somebody_leaves_their_link_alone(home: Home) -> None:
    ann = await home.user()
    token = await link(home, ann)
    await act(home, ann, end_all_sessions)
    assert await state(home, token) is CodeState.VALID


async def test_using_one_link_ends_the_others(home: Home) -> None:
    ann = await home.user()
    setup, reset = await link(home, ann, CodeKind.PASSWORD_SETUP), await link(home, ann)
    await use(home, reset)
    assert await state(home, setup) is CodeState.OVERTAKEN


async def test_a_link_of_somebody_without_an_address_verifies_none(home: Home) -> None:
    ann = await home.user(None, username="ann")
    token = await link(home, ann)
    await act(home, ann, lambda work, user: work.db.run("update users set picture = 'https://x.example/'"))
    await use(home, token)
    assert await rows(home, "select email_verified from users") == [(False,)]


async def test_the_audit_log_names_the_user_as_the_one_who_acted(home: Home) -> None:
    ann = await home.user()
    await use(home, await link(home, ann))
    told = await rows(
        home,
        """
        select type, actor_kind, actor_id, host(ip)
        from events
        where type in ('user.password_reset_completed', 'user.email_verified')
        order by id
        """,
    )
    assert told == [
        ("user.password_reset_completed", ActorKind.USER.value, ann.user.id, "192.0.2.7"),
        ("user.email_verified", ActorKind.USER.value, ann.user.id, "192.0.2.7"),
    ]


async def test_a_reset_is_asked_for_by_an_event_that_holds_no_secret(home: Home) -> None:
    ann = await home.user()
    await act(home, ann, request_password_reset)
    told = await rows(home, "select target_id, data from events where type = 'user.password_reset_requested'")
    asked = {"kind": "password_reset", "by": "administrator", "method": "email_link"}
    assert told == [(ann.user.id, asked)]
    assert await rows(home, "select 1 from codes") == []


async def test_no_reset_is_asked_for_where_no_mail_can_go_or_no_link_would_work(home: Home) -> None:
    ann = await home.user(None, username="ann")
    with pytest.raises(NoAddress) as caught:
        await act(home, ann, request_password_reset)
    assert set(caught.value.fields) == {"email"}
    bob = await home.user("bob@example.com", blocked=True)
    with pytest.raises(AccountInactive):
        await act(home, bob, request_password_reset)
    assert await rows(home, "select 1 from events where type = 'user.password_reset_requested'") == []


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000, "'; drop table users; --", "\u0000", "😀"])
async def test_a_token_that_nobody_made_opens_nothing(home: Home, token: str) -> None:
    await link(home, await home.user())
    assert await state(home, token) is CodeState.UNKNOWN
    async with home.works.read(OpenByLink(home.slug, token, None, None)) as work:
        assert work.actor.kind is ActorKind.ANONYMOUS
        with pytest.raises(MissingPermission):
            await get_person(work, UserRef((await home.user("eve@example.com")).user.id, None))
    with pytest.raises(CodeRefused):
        await use(home, token)


async def test_a_token_of_one_tenant_is_unknown_in_another(home: Home, neighbour: Home) -> None:
    ann, theirs = await home.user(), await neighbour.user()
    ours, other = await link(home, ann), await link(neighbour, theirs)
    assert await state(neighbour, ours) is CodeState.UNKNOWN
    with pytest.raises(CodeRefused) as caught:
        await use(neighbour, ours)
    assert caught.value.state is CodeState.UNKNOWN
    await use(home, ours)
    await link(home, ann)
    assert await state(neighbour, other) is CodeState.VALID
    assert await rows(neighbour, "select 1 from password_credentials") == []
