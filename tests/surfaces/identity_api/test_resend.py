"""Each scenario is sent anew, end to end; what is not awaited is not sent, and the audit log says so."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tenantry.domain.codes.model import Form
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.request_actions import force_password_reset
from tenantry.domain.verification.actions import request_email_verification, request_phone_verification
from tenantry.domain.verification.change_actions import request_email_change
from tenantry.kernel.clock import FrozenClock
from tests.support.access import bearer
from tests.support.makers import Home
from tests.support.verification import (
    inbox,
    locked,
    otp_in,
    page_in,
    rows,
    types_of,
    user_now,
)
from tests.surfaces.identity_api.conftest import (
    NEW,
    NUMBER,
    SETUP,
    body,
    choose_password,
    jane,
    press,
    resend,
    type_code,
)

pytestmark = pytest.mark.asyncio


async def test_a_set_up_link_is_sent_anew(
    identity: httpx.AsyncClient, browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    person = await jane(home, **SETUP)
    answer = await resend(identity, "ASK_PASSWORD")
    assert (answer.status_code, answer.content) == (201, b"")
    [mail] = await inbox(home, tmp_path)
    assert mail.subject == "Choose your Acme password"
    await choose_password(browser, page_in(mail.text))
    assert (await user_now(home, person)).password_pending is None


@pytest.mark.parametrize(
    ("scenario", "to"),
    [("ASK_PASSWORD_VIA_EMAIL_OTP", "jane@example.com"), ("ASK_PASSWORD_VIA_SMS_OTP", NUMBER)],
)
async def test_a_set_up_code_is_sent_anew(
    identity: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    home: Home,
    tmp_path: Path,
    scenario: str,
    to: str,
) -> None:
    person = await jane(home, **SETUP)
    assert (await resend(identity, scenario)).status_code == 201
    [message] = await inbox(home, tmp_path)
    assert message.to == to
    typed = await type_code(browser, page_in(message.text), otp_in(message.text))
    assert typed.status_code == 303, typed.text
    await choose_password(browser, typed.headers["location"])
    after = await user_now(home, person)
    assert (after.password_pending, after.email_verified, after.phone_verified) == (
        None,
        to != NUMBER,
        to == NUMBER,
    )


@pytest.mark.parametrize(
    ("scenario", "method", "to"),
    [
        ("ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK", Method.EMAIL_LINK, "jane@example.com"),
        ("ADMIN_FORCED_PASSWORD_RESET_VIA_OTP", Method.EMAIL_OTP, "jane@example.com"),
        ("ADMIN_FORCED_PASSWORD_RESET_VIA_SMS_OTP", Method.SMS_OTP, NUMBER),
    ],
)
async def test_a_forced_reset_is_sent_anew_and_kills_the_first(
    identity: httpx.AsyncClient, browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path,
    scenario: str, method: Method, to: str,
) -> None:  # fmt: skip
    person = await jane(home)
    async with home.works.write(home.opener()) as work:
        await force_password_reset(work, await locked(work, person), method)
    [first] = await inbox(home, tmp_path, to)
    clock.advance(timedelta(minutes=1))
    assert (await resend(identity, scenario)).status_code == 201
    [second, _] = await inbox(home, tmp_path, to)
    if method is Method.EMAIL_LINK:
        assert (await browser.get(page_in(first.text))).status_code == 410
        await choose_password(browser, page_in(second.text))
    else:
        dead = await type_code(browser, page_in(first.text), otp_in(first.text))
        assert dead.status_code == 422
        typed = await type_code(browser, page_in(second.text), otp_in(second.text))
        await choose_password(browser, typed.headers["location"])
    assert (await user_now(home, person)).password_pending is None
    history = await rows(home, "select scenario, count(*) from codes where channel <> 'offline' group by 1")
    assert history == [(scenario, 2)]


async def test_a_verification_link_is_sent_anew(
    identity: httpx.AsyncClient, browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    person = await jane(home)
    assert (await resend(identity, "EMAIL_VERIFICATION")).status_code == 201
    [mail] = await inbox(home, tmp_path)
    assert "is verified" in (await press(browser, page_in(mail.text))).text
    assert (await user_now(home, person)).email_verified is True


async def test_a_verification_code_is_sent_anew(
    identity: httpx.AsyncClient, browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    person = await jane(home)
    assert (await resend(identity, "EMAIL_VERIFICATION_OTP")).status_code == 201
    [mail] = await inbox(home, tmp_path)
    assert (await type_code(browser, page_in(mail.text), otp_in(mail.text))).status_code == 200
    assert (await user_now(home, person)).email_verified is True


@pytest.mark.parametrize("scenario", ["SELF_SIGN_UP", None, ""])
async def test_a_sign_up_is_sent_anew_also_where_no_scenario_is_named(
    identity: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    home: Home,
    clock: FrozenClock,
    tmp_path: Path,
    scenario: str | None,
) -> None:
    person = await jane(home)
    async with home.works.write(home.opener()) as work:
        await request_email_verification(
            work, await locked(work, person), form=Form.LINK, scenario="SELF_SIGN_UP"
        )
    [first] = await inbox(home, tmp_path)
    clock.advance(timedelta(minutes=1))
    assert (await resend(identity, scenario)).status_code == 201
    [second, _] = await inbox(home, tmp_path)
    assert (await browser.get(page_in(first.text))).status_code == 410
    assert "is verified" in (await press(browser, page_in(second.text))).text


async def test_whoever_did_not_sign_up_is_not_sent_a_sign_up(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await jane(home)
    assert (await resend(identity, "SELF_SIGN_UP")).status_code == 201
    assert await inbox(home, tmp_path) == []


async def test_a_code_for_a_number_is_sent_anew(
    identity: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    home: Home,
    clock: FrozenClock,
    tmp_path: Path,
) -> None:
    person = await jane(home)
    async with home.works.write(home.opener()) as work:
        await request_phone_verification(work, await locked(work, person))
    await inbox(home, tmp_path)
    clock.advance(timedelta(minutes=1))
    assert (await resend(identity, "MOBILE_VERIFICATION_ON_UPDATE")).status_code == 201
    [text, _] = await inbox(home, tmp_path, NUMBER)
    assert (await type_code(browser, page_in(text.text), otp_in(text.text))).status_code == 200
    assert (await user_now(home, person)).phone_verified is True


async def test_the_link_of_a_change_is_sent_anew(
    identity: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    home: Home,
    clock: FrozenClock,
    tmp_path: Path,
) -> None:
    person = await jane(home)
    async with home.works.write(home.opener()) as work:
        await request_email_change(work, await locked(work, person), NEW)
    await inbox(home, tmp_path)
    clock.advance(timedelta(minutes=1))
    assert (await resend(identity, "EMAIL_VERIFICATION_ON_UPDATE")).status_code == 201
    [mail, _] = await inbox(home, tmp_path, NEW)
    await press(browser, page_in(mail.text))
    assert (await user_now(home, person)).email == NEW


SCENARIOS = [
    "ASK_PASSWORD",
    "ASK_PASSWORD_VIA_EMAIL_OTP",
    "ASK_PASSWORD_VIA_SMS_OTP",
    "ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK",
    "ADMIN_FORCED_PASSWORD_RESET_VIA_OTP",
    "ADMIN_FORCED_PASSWORD_RESET_VIA_SMS_OTP",
    "EMAIL_VERIFICATION",
    "EMAIL_VERIFICATION_OTP",
    "SELF_SIGN_UP",
    "EMAIL_VERIFICATION_ON_UPDATE",
    "MOBILE_VERIFICATION_ON_UPDATE",
]


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_what_nobody_waits_for_is_201_and_not_sent_and_the_audit_says_so(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path, scenario: str
) -> None:
    person = await jane(home, email_verified=True)
    answer = await resend(identity, scenario)
    assert (answer.status_code, answer.content) == (201, b"")
    assert await inbox(home, tmp_path) == []
    said = await rows(
        home,
        "select type, outcome, target_id, data, actor_kind from events where type <> 'user.created'"
        " and type like 'user.%%'",
    )
    assert said == [("user.code_resend_ignored", "denied", person.user.id, {"scenario": scenario}, "api_key")]


@pytest.mark.parametrize(
    "username", ["jane", "JANE", "jane@example.com", "Jane@Example.com", NUMBER, " jane "]
)
async def test_every_identifier_names_the_user(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path, username: str
) -> None:
    await jane(home)
    assert (await resend(identity, "EMAIL_VERIFICATION", username=username)).status_code == 201
    assert len(await inbox(home, tmp_path)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        body("ASK_PASSWORD", username="nobody"),
        body("ASK_PASSWORD", username=""),
        body("ASK_PASSWORD", username="PRIMARY/jane"),
        body("ASK_PASSWORD", realm="LDAP"),
        body("NO_SUCH_SCENARIO"),
        body("ask_password"),
        {**body("ASK_PASSWORD"), "properties": body("ASK_PASSWORD")["properties"] * 2},
        {"user": {"realm": "PRIMARY"}},
        {"properties": []},
        {**body("ASK_PASSWORD"), "extra": 1},
        {"user": "jane"},
        {"user": {"username": 7}},
        body("ASK_PASSWORD", username="ja\x00ne"),
    ],
)
async def test_what_cannot_be_done_is_400_with_code_message_and_description(
    identity: httpx.AsyncClient, home: Home, sent: dict[str, Any]
) -> None:
    await jane(home, **SETUP)
    answer = await identity.post("/resend-code", json=sent)
    assert (answer.status_code, sorted(answer.json())) == (400, ["code", "description", "message"])
    assert all(answer.json().values())
    assert await types_of(home) == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"user":{"username":"jane"}'])
async def test_broken_json_is_400_in_the_same_words(identity: httpx.AsyncClient, raw: bytes) -> None:
    answer = await identity.post("/resend-code", content=raw)
    assert (answer.status_code, sorted(answer.json())) == (400, ["code", "description", "message"])


async def test_the_realm_may_be_left_out(identity: httpx.AsyncClient, home: Home, tmp_path: Path) -> None:
    await jane(home)
    assert (await resend(identity, "EMAIL_VERIFICATION", realm="")).status_code == 201
    assert len(await inbox(home, tmp_path)) == 1


@pytest.mark.parametrize("scenario", ["ASK_PASSWORD", "EMAIL_VERIFICATION"])
async def test_it_is_rate_limited_before_the_first_mail_has_left(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path, scenario: str
) -> None:
    await jane(home, **SETUP)
    assert (await resend(identity, scenario)).status_code == 201
    again = await resend(identity, scenario)
    assert (again.status_code, again.headers["retry-after"]) == (429, "31")
    assert sorted(again.json()) == ["code", "description", "message"]
    assert len(await inbox(home, tmp_path)) == 1


async def test_keys_need_the_right_to_change_users(
    identity: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await jane(home, **SETUP)
    sent = body("ASK_PASSWORD")
    refusals = [
        (401, {}),
        (401, bearer("sk_live_unknown")),
        (401, bearer(neighbour.key)),
        (403, bearer(await home.new_key("admin:read"))),
        (403, bearer(await home.new_key("internal_user_mgt_view"))),
    ]
    for path in ("/resend-code", "/validate-code", "/introspect-code"):
        content = sent if path == "/resend-code" else {"code": "x"}
        for status, headers in refusals:
            identity.headers.pop("authorization", None)
            answer = await identity.post(path, json=content, headers=headers)
            assert (path, answer.status_code) == (path, status)
            assert sorted(answer.json()) == ["code", "description", "message"]
    assert "www-authenticate" in (await identity.post("/resend-code", json=sent)).headers
    for scope in ("admin:users", "admin:write", "internal_user_mgt_update"):
        headers = bearer(await home.new_key(scope))
        ignored = await identity.post(
            "/resend-code", json=body("EMAIL_VERIFICATION_ON_UPDATE"), headers=headers
        )
        assert ignored.status_code == 201


async def test_unknown_paths_and_tenants_speak_the_same_dialect(identity: httpx.AsyncClient) -> None:
    for answer in (
        await identity.post("/nothing-here", json={}),
        await identity.get("/resend-code"),
        await identity.post(
            "http://localhost:8400/t/nobody/api/identity/user/v1.0/resend-code", json=body("ASK_PASSWORD")
        ),
    ):
        assert answer.status_code in (404, 405)
        assert sorted(answer.json()) == ["code", "description", "message"]


async def test_a_neighbours_jane_is_not_touched(
    identity: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    await jane(neighbour, **SETUP)
    assert (await resend(identity, "ASK_PASSWORD")).status_code == 400
    assert await inbox(neighbour, tmp_path) == []


async def test_a_repeated_idempotency_key_sends_once(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await jane(home, **SETUP)
    for _ in range(2):
        answer = await identity.post(
            "/resend-code", json=body("ASK_PASSWORD"), headers={"Idempotency-Key": "r-1"}
        )
        assert answer.status_code == 201
    assert len(await inbox(home, tmp_path)) == 1
