"""The old address of somebody can take a change back, and nothing but an administrator ends that."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import CodeKind, CodeState, NewCode
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.users.errors import AddressReserved
from tenantry.domain.users.model import User
from tenantry.domain.verification.change_actions import (
    cancel_email_change,
)
from tenantry.kernel.clock import FrozenClock
from tests.domain.verification.test_verification import put
from tests.support.database import SEALER
from tests.support.email_change import NEW, OLD, THIRD, ask, changed, confirm, epoch, newest, revert, state
from tests.support.makers import Home
from tests.support.settings import change
from tests.support.verification import deliver_all, locked, rows, user_now

pytestmark = pytest.mark.asyncio


async def test_the_old_address_takes_the_change_back_and_everybody_is_signed_out(
    home: Home, tmp_path: Path
) -> None:
    ann = await home.user(OLD, email_verified=True)
    await changed(home, tmp_path, ann)
    async with home.works.write(home.opener()) as work:
        new = NewCode(kind=CodeKind.PASSWORD_RESET, user_id=ann.user.id, sent_to=NEW)
        reset = await issue_code(work, new, SEALER)
    before = await epoch(home, ann)
    done = await revert(home, await newest(home, tmp_path, OLD))
    after = await user_now(home, ann)
    assert (after.email, after.email_verified) == (OLD, True)
    assert (done.address, done.was_completed) == (OLD, True)
    assert await epoch(home, ann) == before + 1
    assert await state(home, reset.secret) is CodeState.OVERTAKEN
    [(actor, data)] = await rows(
        home, "select actor_id, data from events where type = 'user.email_change_reverted'"
    )
    assert (actor, data) == (ann.user.id, {"completed": True})
    assert await rows(home, "select count(*) from address_claims") == [(0,)]
    await home.user(NEW)


async def test_a_password_that_was_chosen_by_way_of_the_new_address_dies_with_it(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    """Whoever moved the account to their own mailbox has a password by now; signed out, they must not come back with it."""
    ann = await home.user(OLD, password_hash="hers")
    await changed(home, tmp_path, ann)
    token = await newest(home, tmp_path, OLD)
    clock.advance(timedelta(minutes=1))
    async with home.works.write(home.opener()) as work:
        await store_password(work, await locked(work, ann), "theirs", temporary=False, by_admin=False)
    await revert(home, token)
    assert await rows(home, "select hash from password_credentials") == []
    assert (await user_now(home, ann)).password_pending == "reset"
    [(data,)] = await rows(home, "select data from events where type = 'user.email_change_reverted'")
    assert data == {"completed": True, "passwordDropped": True}


async def test_a_password_from_before_the_change_stays(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD, password_hash="hers")
    clock.advance(timedelta(minutes=1))
    await changed(home, tmp_path, ann)
    await revert(home, await newest(home, tmp_path, OLD))
    assert await rows(home, "select hash from password_credentials") == [("hers",)]
    assert (await user_now(home, ann)).password_pending is None


async def test_a_change_under_way_is_dropped_by_the_old_address(home: Home, tmp_path: Path) -> None:
    ann = await home.user(OLD)
    await ask(home, ann)
    confirmation = await newest(home, tmp_path, NEW)
    before = await epoch(home, ann)
    done = await revert(home, await newest(home, tmp_path, OLD))
    after = await user_now(home, ann)
    assert (after.email, after.pending_email, done.was_completed) == (OLD, None, False)
    assert await epoch(home, ann) == before + 1
    with pytest.raises(CodeRefused):
        await confirm(home, confirmation)
    await home.user(NEW)


async def test_a_change_is_taken_back_within_72_hours_and_the_address_is_held_so_long(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    await changed(home, tmp_path, ann)
    token = await newest(home, tmp_path, OLD)
    clock.advance(timedelta(hours=71, minutes=59))
    with pytest.raises(AddressReserved):
        await home.user(OLD)
    assert await state(home, token) is CodeState.VALID
    clock.advance(timedelta(minutes=1))
    assert await state(home, token) is CodeState.EXPIRED
    await home.user(OLD)


async def test_a_second_change_does_not_end_what_the_first_owner_may_do(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    await changed(home, tmp_path, ann)
    first = await newest(home, tmp_path, OLD)
    clock.advance(timedelta(minutes=1))
    await changed(home, tmp_path, ann, THIRD)
    second = await newest(home, tmp_path, NEW)
    assert (await state(home, first), await state(home, second)) == (CodeState.VALID, CodeState.VALID)
    await revert(home, first)
    assert (await user_now(home, ann)).email == OLD
    assert await state(home, second) is CodeState.OVERTAKEN


async def test_asking_for_the_old_address_and_cancelling_does_not_end_it_either(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    await changed(home, tmp_path, ann)
    token = await newest(home, tmp_path, OLD)
    clock.advance(timedelta(minutes=1))
    await ask(home, ann, OLD)
    async with home.works.write(home.opener()) as work:
        await cancel_email_change(work, await locked(work, ann))
    assert await state(home, token) is CodeState.VALID
    await revert(home, token)
    assert (await user_now(home, ann)).email == OLD


async def test_somebody_may_go_back_to_their_old_address_by_themselves(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    await changed(home, tmp_path, ann)
    clock.advance(timedelta(minutes=1))
    await changed(home, tmp_path, ann, OLD)
    assert (await user_now(home, ann)).email == OLD
    held = await rows(home, "select email_key, purpose from address_claims")
    assert held == [(NEW, "email_revert")]


async def test_old_links_stay_dead_for_somebody_who_goes_back_by_themselves(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    async with home.works.write(home.opener()) as work:
        wanted = NewCode(kind=CodeKind.PASSWORD_RESET, user_id=ann.user.id, sent_to=OLD.lower())
        reset = await issue_code(work, wanted, SEALER)
    await changed(home, tmp_path, ann)
    clock.advance(timedelta(minutes=1))
    await changed(home, tmp_path, ann, OLD)
    assert (await user_now(home, ann)).email == OLD
    assert await state(home, reset.secret) is CodeState.OVERTAKEN


async def test_confirming_and_taking_back_at_once_leaves_the_old_address(
    busy_home: Home, tmp_path: Path
) -> None:
    ann = await busy_home.user(OLD)
    await ask(busy_home, ann)
    await deliver_all(busy_home, tmp_path)
    new, old = await newest(busy_home, tmp_path, NEW), await newest(busy_home, tmp_path, OLD)
    answers = await asyncio.gather(confirm(busy_home, new), revert(busy_home, old), return_exceptions=True)
    assert not isinstance(answers[1], BaseException)
    assert isinstance(answers[0], User | CodeRefused)
    after = await user_now(busy_home, ann)
    assert (after.email, after.pending_email) == (OLD, None)
    with pytest.raises(CodeRefused):
        await confirm(busy_home, new)


async def test_an_address_set_by_an_administrator_ends_a_change_and_what_took_one_back(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    await changed(home, tmp_path, ann)
    token = await newest(home, tmp_path, OLD)
    clock.advance(timedelta(minutes=1))
    await ask(home, ann, THIRD)
    confirmation = await newest(home, tmp_path, THIRD)
    await put(home, ann, name="Ann Lee")
    assert await state(home, token) is CodeState.VALID
    assert await state(home, confirmation) is CodeState.VALID
    await put(home, ann, email="set@example.com")
    assert (await user_now(home, ann)).pending_email is None
    assert await state(home, token) is CodeState.OVERTAKEN
    assert await state(home, confirmation) is CodeState.OVERTAKEN
    assert await rows(home, "select count(*) from address_claims") == [(0,)]


async def test_a_change_that_is_never_to_expire_holds_its_addresses(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    await change(home, "links", emailChangeMinutes=-1, emailRevertMinutes=-1)
    ann = await home.user(OLD)
    await ask(home, ann)
    clock.advance(timedelta(days=3650))
    with pytest.raises(AddressReserved):
        await home.user(NEW)
    await confirm(home, await newest(home, tmp_path, NEW))
    clock.advance(timedelta(days=3650))
    assert await state(home, await newest(home, tmp_path, OLD)) is CodeState.VALID
