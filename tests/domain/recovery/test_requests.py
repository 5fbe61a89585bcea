"""Asking for a link or code, and asking once more by the names of the identity API."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.codes.model import CodeKind, Form, NewCode
from tenantry.domain.recovery.actions import exchange_code
from tenantry.domain.recovery.errors import NothingAwaited
from tenantry.domain.recovery.model import SCENARIOS, Method
from tenantry.domain.recovery.opening import VISITOR, open_for_visitor
from tenantry.domain.recovery.request_actions import (
    force_password_reset,
    repeat_password_request,
    request_another_code,
    request_recovery,
    resend_password_code,
)
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.model import PasswordPending
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock, SystemClock
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tenantry.kernel.work import Works
from tests.support.database import SEALER
from tests.support.makers import Home, make_home
from tests.support.recovery import follow_newest, mails, rows
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
NUMBER = "+46701740605"


async def resend(home: Home, user_id: object, scenario: str) -> bool:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(user_id, None))  # type: ignore[arg-type]
        return await resend_password_code(work, user, scenario)


@pytest.mark.parametrize("scenario", list(SCENARIOS))
async def test_each_scenario_is_sent_anew_while_it_is_waited_for(
    home: Home, clock: FrozenClock, tmp_path: Path, scenario: str
) -> None:
    kind, by, _ = SCENARIOS[scenario]
    waits = PasswordPending.INITIAL_SETUP if kind is CodeKind.PASSWORD_SETUP else PasswordPending.RESET
    ann = await home.user(phone=NUMBER, password_pending=waits)
    for _ in range(2):
        assert await resend(home, ann.user.id, scenario)
        await follow_newest(home, tmp_path)
        clock.advance(timedelta(minutes=1))
    assert await rows(home, "select scenario, kind, revoked_at is null from codes order by id") == [
        (scenario, kind.value, False),
        (scenario, kind.value, True),
    ]
    assert len(await mails(tmp_path)) == 2
    for other in SCENARIOS:
        if other != scenario:
            assert not await resend(home, ann.user.id, other)
    [(data,)] = await rows(
        home, "select data from events where type = 'user.password_reset_requested' order by id limit 1"
    )
    assert (data["by"], data["scenario"]) == (by.value, scenario)


async def test_what_is_not_waited_for_is_not_sent(home: Home) -> None:
    ann = await home.user(phone=NUMBER, password_hash="$argon2id$x")
    assert not any([await resend(home, ann.user.id, scenario) for scenario in SCENARIOS])
    assert await rows(home, "select 1 from events where type = 'user.password_reset_requested'") == []


async def test_it_is_not_sent_anew_too_often(home: Home, tmp_path: Path) -> None:
    ann = await home.user()
    assert await resend(home, ann.user.id, "ASK_PASSWORD")
    await follow_newest(home, tmp_path)
    with pytest.raises(TooManyCodes):
        await resend(home, ann.user.id, "ASK_PASSWORD")


async def repeat(home: Home, user_id: object) -> Method:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(user_id, None))  # type: ignore[arg-type]
        return await repeat_password_request(work, user)


@pytest.mark.parametrize("scenario", list(SCENARIOS))
async def test_what_is_waited_for_is_repeated_as_it_was_sent_the_last_time(
    home: Home, clock: FrozenClock, tmp_path: Path, scenario: str
) -> None:
    kind, _, method = SCENARIOS[scenario]
    waits = PasswordPending.INITIAL_SETUP if kind is CodeKind.PASSWORD_SETUP else PasswordPending.RESET
    ann = await home.user(phone=NUMBER, password_pending=waits)
    assert await resend(home, ann.user.id, scenario)
    await follow_newest(home, tmp_path)
    clock.advance(timedelta(minutes=1))
    assert await repeat(home, ann.user.id) is method
    await follow_newest(home, tmp_path)
    assert await rows(home, "select scenario from codes order by id") == [(scenario,), (scenario,)]


async def test_what_was_never_sent_goes_to_the_address_or_else_to_the_number(home: Home) -> None:
    waits = PasswordPending.INITIAL_SETUP
    ann = await home.user(password_pending=waits)
    bob = await home.user(None, phone=NUMBER, password_pending=waits)
    assert await repeat(home, ann.user.id) is Method.EMAIL_LINK
    assert await repeat(home, bob.user.id) is Method.SMS_OTP


async def test_nothing_is_repeated_for_somebody_who_waits_for_nothing(home: Home) -> None:
    ann = await home.user(password_hash="$argon2id$x")
    with pytest.raises(NothingAwaited):
        await repeat(home, ann.user.id)
    assert await rows(home, "select 1 from events where type = 'user.password_reset_requested'") == []


async def test_a_demand_survives_what_the_person_asks_for_themselves(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(password_hash="$argon2id$x")
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        await force_password_reset(work, user, Method.EMAIL_OTP)
    await follow_newest(home, tmp_path, "user.force_password_reset_set")
    clock.advance(timedelta(minutes=1))
    async with home.works.write(open_for_visitor(home.slug, None, None)) as work:
        await request_recovery(work, "ann@example.com", Method.EMAIL_LINK)
    await follow_newest(home, tmp_path)
    clock.advance(timedelta(minutes=1))
    assert await resend(home, ann.user.id, "ADMIN_FORCED_PASSWORD_RESET_VIA_OTP")
    assert not await resend(home, ann.user.id, "ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK")


async def test_the_event_of_nobody_holds_nothing_that_was_typed(home: Home) -> None:
    async with home.works.write(open_for_visitor(home.slug, "192.0.2.7", "a browser")) as work:
        await request_recovery(work, "nobody@example.com", Method.EMAIL_LINK)
    [(row,)] = await rows(
        home, "select events::text from events where type = 'user.password_reset_requested'"
    )
    assert "nobody@" not in row
    assert "192.0.2.7" in row
    assert '"unknown"' in row.replace('""', '"')


async def test_another_code_is_not_asked_for_right_after_the_first(works: Works) -> None:
    # An id says when it was made by the real clock.
    home = await make_home(Works(works.database, SystemClock()))
    await change(home, "recovery", methods=["email_otp"])
    async with home.works.write(open_for_visitor(home.slug, None, None)) as work:
        handle = await request_recovery(work, "nobody@example.com", Method.EMAIL_OTP)
    async with home.works.write(open_for_visitor(home.slug, None, None)) as work:
        with pytest.raises(TooManyCodes) as caught:
            await request_another_code(work, handle.id, Method.EMAIL_OTP)
    assert 30 <= (caught.value.retry_after or 0) <= 36


async def test_a_stranger_without_the_page_may_not_ask(home: Home) -> None:
    nobody = OpenTenant(home.slug, Actor(ActorKind.ANONYMOUS, permissions=VISITOR - {"recovery:request"}))
    async with home.works.write(nobody) as work:
        with pytest.raises(MissingPermission):
            await request_recovery(work, "ann@example.com", Method.EMAIL_LINK)


async def test_of_many_who_type_one_code_at_once_one_gets_the_link(busy_home: Home) -> None:
    ann = await busy_home.user()
    wanted = NewCode(
        kind=CodeKind.PASSWORD_RESET, form=Form.OTP, user_id=ann.user.id, sent_to="ann@example.com"
    )
    async with busy_home.works.write(busy_home.opener()) as work:
        issued = await issue_code(work, wanted, SEALER)

    async def press() -> str | None:
        async with busy_home.works.write(open_for_visitor(busy_home.slug, None, None)) as work:
            return await exchange_code(work, issued.id, issued.secret, SEALER)

    tokens = await asyncio.gather(*(press() for _ in range(8)))
    assert len([token for token in tokens if token is not None]) == 1
    assert await rows(busy_home, "select count(*) from codes where form = 'link'") == [(1,)]
