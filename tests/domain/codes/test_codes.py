"""A code does one thing once, for its own subject, while nothing has overtaken it; a short one bears few wrong tries."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.codes.actions import issue_code, note_opening, try_otp, use_code, withdraw_codes
from tenantry.domain.codes.errors import CodeRefused, TooManyCodes, WrongCode
from tenantry.domain.codes.model import Channel, Code, CodeKind, CodeState, Form, IssuedCode, NewCode
from tenantry.domain.codes.opening import STRANGER
from tenantry.domain.codes.queries import check_code, check_token, find_pending_code, refuse_too_many
from tenantry.domain.codes.rules import ALPHABETS, new_otp, normal_otp
from tenantry.domain.directory.model import Person
from tenantry.domain.tenants.model import OneTimeCodes
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
ADDRESS = "ann@example.com"


def stranger(home: Home) -> OpenTenant:
    return OpenTenant(home.slug, Actor(ActorKind.ANONYMOUS, permissions=STRANGER))


def wanted(person: Person, **more: Any) -> NewCode:
    fields = {"kind": CodeKind.EMAIL_VERIFICATION, "form": Form.OTP, "sent_to": ADDRESS, **more}
    return NewCode(user_id=person.user.id, **fields)


async def issue(home: Home, person: Person, **more: Any) -> IssuedCode:
    async with home.works.write(home.opener()) as work:
        return await issue_code(work, wanted(person, **more), SEALER)


async def attempt(home: Home, code_id: UUID, typed: str) -> Code | None:
    async with home.works.write(stranger(home)) as work:
        return await try_otp(work, code_id, typed, SEALER)


async def state(home: Home, code_id: UUID) -> CodeState:
    async with home.works.read(stranger(home)) as work:
        return (await check_code(work, code_id)).state


def other(secret: str) -> str:
    return secret[:-1] + ("1" if secret[-1] != "1" else "2")


async def test_the_right_digits_are_known_and_used_once(home: Home) -> None:
    issued = await issue(home, await home.user(ADDRESS))
    assert (len(issued.secret), issued.secret.isdecimal()) == (6, True)
    found = await attempt(home, issued.id, issued.secret)
    assert found is not None
    async with home.works.write(stranger(home)) as work:
        used = await use_code(work, found)
    assert used.sent_to == ADDRESS
    assert await state(home, issued.id) is CodeState.USED
    assert await attempt(home, issued.id, issued.secret) is None
    with pytest.raises(WrongCode):
        async with home.works.write(stranger(home)) as work:
            await use_code(work, found)


async def test_spaces_and_hyphens_that_people_type_do_not_matter(home: Home) -> None:
    issued = await issue(home, await home.user(ADDRESS))
    assert await attempt(home, issued.id, f" {issued.secret[:3]}-{issued.secret[3:]} ") is not None


async def test_wrong_digits_are_counted_and_after_the_last_try_the_right_ones_fail_too(home: Home) -> None:
    await change(home, "oneTimeCodes", maxAttempts=3)
    issued = await issue(home, await home.user(ADDRESS))
    for _ in range(3):
        assert await attempt(home, issued.id, other(issued.secret)) is None
    assert await state(home, issued.id) is CodeState.OVERTAKEN
    assert await attempt(home, issued.id, issued.secret) is None


async def test_tries_at_once_are_counted_one_by_one(busy_home: Home) -> None:
    issued = await issue(busy_home, await busy_home.user(ADDRESS))
    await asyncio.gather(*(attempt(busy_home, issued.id, other(issued.secret)) for _ in range(20)))
    async with busy_home.works.read(busy_home.opener()) as work:
        assert await work.db.value("select attempts from codes") == 5
    assert await attempt(busy_home, issued.id, issued.secret) is None


async def test_the_digits_of_one_code_are_not_those_of_another(home: Home) -> None:
    ann, bob = await home.user(ADDRESS), await home.user("bob@example.com")
    mine, theirs = await issue(home, ann), await issue(home, bob, sent_to="bob@example.com")
    assert mine.secret == theirs.secret or await attempt(home, theirs.id, mine.secret) is None
    assert await attempt(home, UUID(int=7), mine.secret) is None


async def test_a_code_of_one_tenant_is_unknown_in_another(home: Home, neighbour: Home) -> None:
    issued = await issue(home, await home.user(ADDRESS))
    link = await issue(home, await home.user("li@example.com"), form=Form.LINK, sent_to="li@example.com")
    assert await state(neighbour, issued.id) is CodeState.UNKNOWN
    assert await attempt(neighbour, issued.id, issued.secret) is None
    async with neighbour.works.read(stranger(neighbour)) as work:
        assert (await check_token(work, link.secret, *CodeKind)).state is CodeState.UNKNOWN
    assert await attempt(home, issued.id, issued.secret) is not None


async def test_a_link_is_unknown_where_another_kind_is_expected(home: Home) -> None:
    link = await issue(home, await home.user(ADDRESS), form=Form.LINK)
    async with home.works.read(stranger(home)) as work:
        assert (await check_token(work, link.secret, CodeKind.PASSWORD_RESET)).state is CodeState.UNKNOWN
        assert (await check_token(work, link.secret, CodeKind.EMAIL_VERIFICATION)).state is CodeState.VALID


async def test_the_digits_are_stored_as_a_keyed_hash_alone(home: Home) -> None:
    issued = await issue(home, await home.user(ADDRESS))
    async with home.works.read(home.opener()) as work:
        row = await work.db.value("select codes::text from codes")
    assert issued.secret not in row.replace(str(issued.id), "")


async def test_a_new_code_kills_the_old_one_whatever_its_form_and_the_history_stays(home: Home) -> None:
    ann = await home.user(ADDRESS)
    first, second = await issue(home, ann), await issue(home, ann, form=Form.LINK)
    assert (await state(home, first.id), await state(home, second.id)) == (
        CodeState.OVERTAKEN,
        CodeState.VALID,
    )
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select count(*) from codes") == 2
        pending = await find_pending_code(work, ann.user.id, CodeKind.EMAIL_VERIFICATION)
    assert pending is not None
    assert pending.id == second.id


@pytest.mark.parametrize(("minutes", "expected"), [(0, CodeState.EXPIRED), (-1, CodeState.VALID)])
async def test_codes_may_be_expired_at_once_or_never(
    home: Home, clock: FrozenClock, minutes: int, expected: CodeState
) -> None:
    await change(home, "oneTimeCodes", minutes=minutes)
    issued = await issue(home, await home.user(ADDRESS))
    clock.advance(timedelta(days=3650) if minutes else timedelta(0))
    assert await state(home, issued.id) is expected
    assert (issued.expires_at is None) is (minutes < 0)


async def test_a_code_that_was_sent_to_an_address_dies_with_it(home: Home) -> None:
    issued = await issue(home, await home.user(ADDRESS))
    async with home.works.write(home.opener()) as work:
        await work.db.run("update users set email = 'new@example.com', email_key = 'new@example.com'")
    assert await state(home, issued.id) is CodeState.OVERTAKEN
    assert await attempt(home, issued.id, issued.secret) is None


async def test_opening_is_noted_once_and_uses_nothing_up(home: Home, clock: FrozenClock) -> None:
    issued = await issue(home, await home.user(ADDRESS), form=Form.LINK)
    opened = clock.now()
    for _ in range(3):
        async with home.works.write(stranger(home)) as work:
            await note_opening(work, await check_token(work, issued.secret, *CodeKind))
        clock.advance(timedelta(minutes=1))
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select opened_at from codes") == opened
    assert await state(home, issued.id) is CodeState.VALID


async def test_withdrawn_codes_do_nothing_and_others_stay(home: Home) -> None:
    ann = await home.user(ADDRESS)
    verify, reset = (
        await issue(home, ann, form=Form.LINK),
        await issue(home, ann, kind=CodeKind.PASSWORD_RESET, form=Form.LINK),
    )
    async with home.works.write(home.opener()) as work:
        await withdraw_codes(work, CodeKind.EMAIL_VERIFICATION, user_id=ann.user.id)
        with pytest.raises(CodeRefused) as caught:
            await use_code(work, await check_code(work, verify.id))
    assert caught.value.state is CodeState.OVERTAKEN
    assert await state(home, reset.id) is CodeState.VALID


async def test_codes_are_sent_so_often_and_no_more(home: Home, clock: FrozenClock) -> None:
    await change(home, "oneTimeCodes", maxSendsPerHour=3, secondsBetweenSends=30)
    ann = await home.user(ADDRESS)

    async def ask() -> None:
        async with home.works.write(home.opener()) as work:
            await refuse_too_many(work, wanted(ann))
            await issue_code(work, wanted(ann), SEALER)

    await ask()
    with pytest.raises(TooManyCodes) as caught:
        await ask()
    assert caught.value.retry_after == 31
    for _ in range(2):
        clock.advance(timedelta(seconds=31))
        await ask()
    clock.advance(timedelta(minutes=10))
    with pytest.raises(TooManyCodes):
        await ask()
    async with home.works.write(home.opener()) as work:
        await refuse_too_many(work, wanted(ann, kind=CodeKind.PASSWORD_RESET))
        await refuse_too_many(work, wanted(await home.user("bob@example.com")))
    clock.advance(timedelta(minutes=50))
    await ask()


async def test_a_stranger_cannot_issue_or_withdraw_a_code(home: Home) -> None:
    ann = await home.user(ADDRESS)
    async with home.works.write(stranger(home)) as work:
        with pytest.raises(MissingPermission):
            await issue_code(work, wanted(ann), SEALER)
        with pytest.raises(MissingPermission):
            await withdraw_codes(work, CodeKind.EMAIL_VERIFICATION, user_id=ann.user.id)


async def test_a_code_has_the_length_and_the_signs_that_the_tenant_chose() -> None:
    settings = OneTimeCodes(length=10, charset="alphanumeric")
    made = {new_otp(settings) for _ in range(50)}
    assert len(made) == 50
    assert {len(code) for code in made} == {10}
    assert set("".join(made)) <= set(ALPHABETS["alphanumeric"])
    assert normal_otp(" ab-1 2\n" + "x" * 5000).startswith("AB12X")


async def test_an_offline_link_proves_no_address(home: Home) -> None:
    ann = await home.user(None, username="ann")
    issued = await issue(
        home,
        ann,
        kind=CodeKind.PASSWORD_SETUP,
        form=Form.LINK,
        channel=Channel.OFFLINE,
        sent_to=None,
    )
    async with home.works.write(stranger(home)) as work:
        assert (await use_code(work, await check_code(work, issued.id))).sent_to is None
