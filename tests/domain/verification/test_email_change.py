"""A new address is verified before it is anybody's, and held for its owner until then."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.errors import CodeRefused, TooManyCodes
from tenantry.domain.codes.model import CodeKind, CodeState, NewCode
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.users.claims import Purpose, claim_address
from tenantry.domain.users.errors import AddressReserved
from tenantry.domain.verification.again_actions import request_another_link
from tenantry.domain.verification.change_actions import (
    cancel_email_change,
    repeat_email_change,
)
from tenantry.domain.verification.errors import NothingToVerify, SameAddress, VerificationUseless
from tenantry.domain.verification.opening import OpenByVerification
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.ids import new_id
from tenantry.kernel.problems import FieldError
from tests.domain.verification.test_verification import put, put_in
from tests.support.database import SEALER
from tests.support.email_change import NEW, OLD, ask, changed, confirm, newest, revert, state
from tests.support.makers import Home
from tests.support.verification import inbox, locked, rows, secret_in, types_of, user_now

pytestmark = pytest.mark.asyncio


async def test_the_new_address_is_verified_first_and_the_old_one_works_until_then(
    home: Home, tmp_path: Path
) -> None:
    ann = await home.user(OLD, email_verified=True)
    await ask(home, ann)
    before = await user_now(home, ann)
    assert (before.email, before.email_verified, before.pending_email) == (OLD, True, NEW)
    [asked] = await inbox(home, tmp_path, NEW)
    [told] = await inbox(home, tmp_path, OLD)
    assert asked.subject == "Confirm your new email address for Acme"
    assert told.subject == "Your email address at Acme is about to change"
    assert "72 hours" in told.text or "3 days" in told.text
    await confirm(home, secret_in(asked.text))
    after = await user_now(home, ann)
    assert (after.email, after.email_verified, after.pending_email) == (NEW, True, None)
    assert await types_of(home) == ["user.email_change_requested", "user.email_change_completed"]
    [done, _] = await inbox(home, tmp_path, OLD)
    assert done.subject == "Your email address at Acme was changed"
    assert NEW in done.text


async def test_no_address_stands_in_what_is_kept_for_ever(home: Home, tmp_path: Path) -> None:
    ann = await home.user(OLD)
    await changed(home, tmp_path, ann)
    await revert(home, await newest(home, tmp_path, OLD))
    kept = await rows(home, "select data::text from events where type like 'user.email_change%%'")
    assert len(kept) == 3
    assert not any("@" in row[0] for row in kept)


async def test_a_confirmation_works_once(home: Home, tmp_path: Path) -> None:
    ann = await home.user(OLD)
    await ask(home, ann)
    token = await newest(home, tmp_path, NEW)
    await confirm(home, token)
    with pytest.raises(CodeRefused) as refused:
        await confirm(home, token)
    assert refused.value.state is CodeState.USED


async def test_nobody_else_gets_the_address_meanwhile(home: Home, neighbour: Home) -> None:
    ann = await home.user(OLD)
    await ask(home, ann)
    with pytest.raises(AddressReserved):
        await home.user(NEW.upper())
    bob = await home.user("bob@example.com")
    with pytest.raises(AddressReserved):
        await put(home, bob, email=NEW)
    async with home.works.write(home.opener()) as work:
        holder = await claim_address(work, NEW, Purpose.INVITATION, new_id(), None)
    assert holder is not None
    assert (holder.kind, holder.id) == ("email_change", ann.user.id)
    await neighbour.user(NEW)


async def test_an_address_is_held_only_as_long_as_its_link_works(home: Home, clock: FrozenClock) -> None:
    await ask(home, await home.user(OLD))
    clock.advance(timedelta(hours=24))
    await home.user(NEW)


async def test_of_two_who_want_one_address_at_once_one_gets_it_and_neither_is_told(
    busy_home: Home, tmp_path: Path
) -> None:
    ann, bob = await busy_home.user(OLD), await busy_home.user("bob@example.com")
    await asyncio.gather(ask(busy_home, ann), ask(busy_home, bob))
    assert [(await user_now(busy_home, one)).pending_email for one in (ann, bob)] == [NEW, NEW]
    mails = await inbox(busy_home, tmp_path, NEW)
    assert sorted(mail.subject for mail in mails) == [
        "Confirm your new email address for Acme",
        "This address cannot be used twice at Acme",
    ]
    reasons = await rows(
        busy_home, "select outcome, data ->> 'reason' from events where type = 'user.email_change_requested'"
    )
    assert sorted(reasons, key=str) == [("denied", "taken"), ("success", None)]


async def test_an_address_that_somebody_has_is_taken_no_further(home: Home, tmp_path: Path) -> None:
    ann = await home.user(OLD)
    await home.user(NEW)
    await ask(home, ann)
    assert (await user_now(home, ann)).pending_email == NEW
    [mail] = await inbox(home, tmp_path, NEW)
    assert "token=" not in mail.text
    assert await rows(home, "select count(*) from codes where kind = 'email_change'") == [(0,)]


async def test_links_to_the_old_address_die_even_if_it_comes_back(home: Home, tmp_path: Path) -> None:
    ann = await home.user(OLD)
    kinds = (CodeKind.PASSWORD_RESET, CodeKind.PASSWORD_SETUP, CodeKind.EMAIL_VERIFICATION)
    async with home.works.write(home.opener()) as work:
        made = [
            await issue_code(work, NewCode(kind=kind, user_id=ann.user.id, sent_to=OLD.lower()), SEALER)
            for kind in kinds
        ]
    await changed(home, tmp_path, ann)
    assert {await state(home, code.secret) for code in made} == {CodeState.OVERTAKEN}
    await revert(home, await newest(home, tmp_path, OLD))
    assert {await state(home, code.secret) for code in made} == {CodeState.OVERTAKEN}


async def test_a_cancelled_change_frees_the_address_and_kills_the_link(home: Home, tmp_path: Path) -> None:
    ann = await home.user(OLD)
    await ask(home, ann)
    token = await newest(home, tmp_path, NEW)
    async with home.works.write(home.opener()) as work:
        await cancel_email_change(work, await locked(work, ann))
    with pytest.raises(CodeRefused):
        await confirm(home, token)
    assert (await user_now(home, ann)).email == OLD
    await home.user(NEW)


async def test_a_link_sent_once_more_kills_the_first_and_tells_the_old_address_once(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(OLD)
    await ask(home, ann)
    first = await newest(home, tmp_path, NEW)
    async with home.works.write(home.opener()) as work:
        user = await locked(work, ann)
        with pytest.raises(TooManyCodes):
            await repeat_email_change(work, user)
    clock.advance(timedelta(minutes=1))
    async with home.works.write(home.opener()) as work:
        await repeat_email_change(work, await locked(work, ann))
    second = await newest(home, tmp_path, NEW)
    assert (await state(home, first), await state(home, second)) == (CodeState.OVERTAKEN, CodeState.VALID)
    assert len(await inbox(home, tmp_path, OLD)) == 1


@pytest.mark.parametrize(
    ("wanted", "expected"), [("ann@EXAMPLE.com", SameAddress), ("no address", FieldError), ("", FieldError)]
)
async def test_what_is_no_new_address_is_refused(home: Home, wanted: str, expected: type[Exception]) -> None:
    ann = await home.user(OLD)
    with pytest.raises(expected):
        await ask(home, ann, wanted)
    assert (await user_now(home, ann)).pending_email is None


async def test_nothing_to_send_again_where_nothing_is_pending(home: Home) -> None:
    ann = await home.user(OLD)
    async with home.works.write(home.opener()) as work:
        with pytest.raises(NothingToVerify):
            await repeat_email_change(work, await locked(work, ann))
        await cancel_email_change(work, await locked(work, ann))
    assert await types_of(home) == []


async def test_a_suspended_person_changes_nothing(home: Home) -> None:
    ann = await home.user(OLD, blocked=True)
    with pytest.raises(VerificationUseless):
        await ask(home, ann)


async def test_the_tokens_of_a_change_are_unknown_next_door(
    home: Home, neighbour: Home, tmp_path: Path
) -> None:
    ann, theirs = await home.user(OLD), await neighbour.user(OLD)
    await ask(home, ann)
    for token in (await newest(home, tmp_path, NEW), await newest(home, tmp_path, OLD)):
        assert await state(neighbour, token) is CodeState.UNKNOWN
        with pytest.raises(CodeRefused):
            await confirm(neighbour, token)
        with pytest.raises(CodeRefused):
            await revert(neighbour, token)
    assert (await user_now(neighbour, theirs)).email == OLD


async def test_one_statement_more_is_run_for_nobody_who_changes_something_else(home: Home) -> None:
    ann = await home.user(OLD)
    counts: list[Any] = []
    for fields in ({"name": "Ann"}, {"email": NEW}):
        async with home.works.write(home.opener()) as work:
            before = work.db.statements
            await put_in(work, ann, **fields)
            counts.append(work.db.statements - before)
    assert counts == [2, 2]


async def test_a_new_password_ends_a_change_of_address_that_is_under_way(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    """Whoever got hold of a session may have asked for it; its link, or a newer one in its place, must not survive them."""
    ann = await home.user(OLD)
    await ask(home, ann)
    token = await newest(home, tmp_path, NEW)
    async with home.works.write(home.opener()) as work:
        await store_password(work, await locked(work, ann), "hash", temporary=False, by_admin=False)
    assert await state(home, token) is CodeState.OVERTAKEN
    assert (await user_now(home, ann)).pending_email is None
    clock.advance(timedelta(hours=25))
    async with home.works.write(OpenByVerification(home.slug, token, None, None)) as work:
        assert not await request_another_link(work, token)
    await home.user(NEW)
