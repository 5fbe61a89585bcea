"""An address is verified by a link or a code, a number by a code; each is sent to its owner alone and works once."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenantry.domain.codes.errors import CodeRefused, TooManyCodes
from tenantry.domain.codes.model import CodeState, Form
from tenantry.domain.codes.opening import OpenByLink
from tenantry.domain.directory.model import Person
from tenantry.domain.users.actions import change_user
from tenantry.domain.users.model import User, UserChanges
from tenantry.domain.users.rules import clean_changes, verified_after
from tenantry.domain.users.state_actions import SUSPENDED, change_state
from tenantry.domain.verification.actions import (
    confirm_by_code,
    confirm_by_link,
    confirm_by_otp,
    request_email_verification,
    request_phone_verification,
)
from tenantry.domain.verification.errors import AlreadyVerified, NothingToVerify, VerificationUseless
from tenantry.domain.verification.opening import open_for_visitor
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import Work
from tests.support.access import acting
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.settings import change
from tests.support.verification import inbox, locked, other, otp_in, rows, secret_in, types_of, user_now

pytestmark = pytest.mark.asyncio
NUMBER = "+46701740605"


async def ask(home: Home, person: Person, **more: Any) -> UUID:
    async with home.works.write(home.opener()) as work:
        return await request_email_verification(work, await locked(work, person), **more)


async def ask_by_phone(home: Home, person: Person) -> UUID:
    async with home.works.write(home.opener()) as work:
        return await request_phone_verification(work, await locked(work, person))


async def use(home: Home, token: str) -> User:
    async with home.works.write(OpenByLink(home.slug, token, None, None)) as work:
        return await confirm_by_link(work, token)


async def type_in(home: Home, code_id: UUID, typed: str) -> User | None:
    async with home.works.write(open_for_visitor(home.slug, None, None)) as work:
        return await confirm_by_code(work, code_id, typed, SEALER)


async def put(home: Home, person: Person, **fields: Any) -> None:
    async with home.works.write(home.opener()) as work:
        await put_in(work, person, **fields)


async def put_in(work: Work, person: Person, **fields: Any) -> None:
    """Changes a user as an administrator does."""
    changes = UserChanges(**fields)
    user = await locked(work, person)
    clean = clean_changes(user, changes, None)
    await change_user(work, user, clean, verified_after(user, changes, clean))


async def test_a_link_goes_to_the_address_and_verifies_it_once(home: Home, tmp_path: Path) -> None:
    ann = await home.user(name="Ann Lee")
    await ask(home, ann)
    [mail] = await inbox(home, tmp_path)
    assert (mail.to, mail.subject) == ("ann@example.com", "Verify your email address for Acme")
    assert "Hello Ann," in mail.text
    assert "24 hours" in mail.text
    token = secret_in(mail.text)
    assert (await user_now(home, ann)).email_verified is False
    await use(home, token)
    after = await user_now(home, ann)
    assert (after.email_verified, after.version) == (True, 2)
    assert await types_of(home) == ["user.email_verification_requested", "user.email_verified"]
    [(actor, actor_id)] = await rows(
        home, "select actor_kind, actor_id from events where type = 'user.email_verified'"
    )
    assert (actor, actor_id) == ("user", ann.user.id)
    with pytest.raises(CodeRefused) as refused:
        await use(home, token)
    assert refused.value.state is CodeState.USED


async def test_a_code_is_typed_where_the_tenant_wants_codes(home: Home, tmp_path: Path) -> None:
    await change(home, "verification", emailForm="otp")
    ann = await home.user()
    code_id = await ask(home, ann)
    [mail] = await inbox(home, tmp_path)
    digits = otp_in(mail.text)
    assert mail.subject == f"{digits} is your Acme code"
    assert secret_in(mail.text) == str(code_id)
    assert await type_in(home, code_id, other(digits)) is None
    assert (await user_now(home, ann)).email_verified is False
    assert await type_in(home, code_id, digits) is not None
    assert (await user_now(home, ann)).email_verified is True
    failed = await rows(home, "select outcome, data from events where type = 'user.verification.failed'")
    assert failed == [("failure", {"reason": "wrong_code", "kind": "email_verification"})]


async def test_a_sign_in_verifies_by_the_code_that_its_user_was_sent(home: Home, tmp_path: Path) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    await ask(home, ann, form=Form.OTP)
    [mail] = await inbox(home, tmp_path)
    digits = otp_in(mail.text)
    async with home.works.write(open_for_visitor(home.slug, None, None)) as work:
        assert await confirm_by_otp(work, bob.user.id, digits, SEALER) is False
        assert await confirm_by_otp(work, ann.user.id, other(digits), SEALER) is False
        assert await confirm_by_otp(work, ann.user.id, digits, SEALER) is True
    assert (await user_now(home, bob)).email_verified is False


async def test_guessed_codes_end_after_the_last_try_and_nothing_is_verified(
    home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    code_id = await ask(home, ann, form=Form.OTP)
    [mail] = await inbox(home, tmp_path)
    digits = otp_in(mail.text)
    for _ in range(5):
        assert await type_in(home, code_id, other(digits)) is None
    assert await type_in(home, code_id, digits) is None
    assert (await user_now(home, ann)).email_verified is False
    assert await type_in(home, uuid4(), digits) is None


async def test_a_code_of_one_tenant_verifies_nobody_in_another(
    home: Home, neighbour: Home, tmp_path: Path
) -> None:
    ann, theirs = await home.user(), await neighbour.user()
    code_id = await ask(home, ann, form=Form.OTP)
    [mail] = await inbox(home, tmp_path)
    assert await type_in(neighbour, code_id, otp_in(mail.text)) is None
    assert (await user_now(neighbour, theirs)).email_verified is False
    assert (await user_now(home, ann)).email_verified is False


async def test_a_new_link_kills_the_one_before_and_the_history_stays(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    await ask(home, ann)
    [first] = await inbox(home, tmp_path)
    clock.advance(timedelta(minutes=1))
    await ask(home, ann)
    [second, _] = await inbox(home, tmp_path)
    with pytest.raises(CodeRefused) as refused:
        await use(home, secret_in(first.text))
    assert refused.value.state is CodeState.OVERTAKEN
    await use(home, secret_in(second.text))
    assert await rows(home, "select count(*) from codes") == [(2,)]


async def test_a_changed_address_is_not_verified_by_the_link_to_the_old_one(
    home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    await ask(home, ann)
    [mail] = await inbox(home, tmp_path)
    await put(home, ann, email="ann.lee@example.com")
    with pytest.raises(CodeRefused):
        await use(home, secret_in(mail.text))
    assert (await user_now(home, ann)).email_verified is False


async def test_many_requests_at_once_send_one_mail(busy_home: Home, tmp_path: Path) -> None:
    ann = await busy_home.user()
    answers = await asyncio.gather(*(ask(busy_home, ann) for _ in range(6)), return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, UUID)] == [TooManyCodes] * 5
    assert len(await inbox(busy_home, tmp_path)) == 1


async def test_so_many_mails_are_sent_in_an_hour_and_no_more(home: Home, clock: FrozenClock) -> None:
    ann = await home.user()
    for _ in range(5):
        await ask(home, ann)
        clock.advance(timedelta(minutes=1))
    with pytest.raises(TooManyCodes) as refused:
        await ask(home, ann)
    assert refused.value.retry_after == 55 * 60 + 1
    clock.advance(timedelta(minutes=56))
    await ask(home, ann)


async def test_a_number_is_verified_by_the_code_that_is_sent_to_it(home: Home, tmp_path: Path) -> None:
    ann = await home.user(phone=NUMBER)
    code_id = await ask_by_phone(home, ann)
    assert (await user_now(home, ann)).phone_pending is True
    [text] = await inbox(home, tmp_path)
    assert text.to == NUMBER
    assert f"/verify-phone?id={code_id}" in text.text
    assert await type_in(home, code_id, other(otp_in(text.text))) is None
    assert await type_in(home, code_id, otp_in(text.text)) is not None
    after = await user_now(home, ann)
    assert (after.phone_verified, after.phone_pending, after.email_verified) == (True, False, False)
    assert "user.phone_verified" in await types_of(home)


async def test_another_number_ends_the_verification_under_way(home: Home, tmp_path: Path) -> None:
    ann = await home.user(phone=NUMBER)
    code_id = await ask_by_phone(home, ann)
    [text] = await inbox(home, tmp_path)
    await put(home, ann, phone="+46701740606")
    assert (await user_now(home, ann)).phone_pending is False
    assert await type_in(home, code_id, otp_in(text.text)) is None
    assert (await user_now(home, ann)).phone_verified is False


async def test_a_number_that_an_administrator_vouches_for_is_no_longer_pending(home: Home) -> None:
    ann = await home.user(phone=NUMBER)
    await ask_by_phone(home, ann)
    await put(home, ann, name="Ann")
    assert (await user_now(home, ann)).phone_pending is True
    await put(home, ann, phone_verified=True)
    assert (await user_now(home, ann)).phone_pending is False


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"email": None, "username": "ann"}, NothingToVerify),
        ({"email_verified": True}, AlreadyVerified),
        ({"blocked": True}, VerificationUseless),
    ],
)
async def test_nothing_is_sent_that_would_be_of_no_use(
    home: Home, fields: dict[str, Any], expected: type[DomainError], tmp_path: Path
) -> None:
    ann = await home.user(**fields)
    with pytest.raises(expected):
        await ask(home, ann)
    assert await inbox(home, tmp_path) == []


async def test_a_number_that_is_missing_or_verified_gets_no_code(home: Home) -> None:
    with pytest.raises(NothingToVerify):
        await ask_by_phone(home, await home.user())
    with pytest.raises(AlreadyVerified):
        await ask_by_phone(home, await home.user("b@example.com", phone=NUMBER, phone_verified=True))


async def test_a_link_waits_while_its_user_is_suspended(home: Home, tmp_path: Path) -> None:
    ann = await home.user()
    await ask(home, ann)
    [mail] = await inbox(home, tmp_path)
    async with home.works.write(home.opener()) as work:
        await change_state(work, await locked(work, ann), SUSPENDED, on=True)
    with pytest.raises(CodeRefused) as refused:
        await use(home, secret_in(mail.text))
    assert refused.value.state is CodeState.REFUSED


async def test_a_verified_address_gets_no_mail_that_was_still_on_its_way(home: Home, tmp_path: Path) -> None:
    ann = await home.user()
    await ask(home, ann)
    await put(home, ann, email_verified=True)
    assert await inbox(home, tmp_path) == []


async def test_markup_in_a_name_is_text_in_the_mail(home: Home, tmp_path: Path) -> None:
    ann = await home.user(name="<img src=x> Ann", given_name="<b>Ann</b>")
    await ask(home, ann)
    [mail] = await inbox(home, tmp_path)
    assert mail.html is not None
    assert "&lt;b&gt;Ann&lt;/b&gt;" in mail.html
    assert "<b>Ann" not in mail.html


async def test_asking_needs_the_right_to_change_users(home: Home) -> None:
    ann = await home.user()
    with pytest.raises(DomainError) as refused:
        async with acting(home, "users:read") as work:
            await request_email_verification(work, ann.user)
    assert refused.value.code == "insufficient_scope"
