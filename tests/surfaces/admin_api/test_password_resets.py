"""The admin API of passwords that are made up, sent for, or demanded."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.domain.credentials.generated import DIGITS, LOWER, SYMBOLS, UPPER
from tenantry.domain.users.lockout import count_failure
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.recovery import follow_newest, mails, rows, token_in
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
NUMBER = "+46701740605"
HASH = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g"


@pytest_asyncio.fixture
async def browser(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app: Any = build(services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8400") as client:
        yield client


async def test_a_generated_password_is_shown_once_and_works(
    api: httpx.AsyncClient, home: Home, services: Services
) -> None:
    ann = await home.user(password_hash=HASH)
    path, key = f"/users/{ann.user.id}/password/generate", {"Idempotency-Key": "g-1"}
    answer = await api.post(path, json={"temporary": True}, headers=key)
    body = answer.json()
    password = body["data"].pop("password")
    assert (answer.status_code, len(password)) == (200, 16)
    for signs in (UPPER, LOWER, DIGITS, SYMBOLS):
        assert set(password) & set(signs)
    assert (body["data"]["mustChangePassword"], body["data"]["hasPassword"]) == (True, True)
    assert answer.headers["etag"] == f'"{body["data"]["version"]}"'
    [(stored,)] = await rows(home, "select hash from password_credentials")
    assert await services.hasher.verify(stored, password)
    replay = await api.post(path, json={"temporary": True}, headers=key)
    assert (replay.status_code, replay.headers["idempotency-replayed"]) == (200, "true")
    assert "password" not in replay.json()["data"]
    assert await rows(home, "select hash from password_credentials") == [(stored,)]
    assert password not in str(await rows(home, "select events::text from events"))
    got = await api.get(f"/users/{ann.user.id}")
    assert "password" not in got.json()["data"]


async def test_a_generated_password_meets_the_policy_and_has_no_body_to_send(
    api: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "passwordPolicy", minLength=24, requireSymbols=True, requireNumbers=True, minScore=4)
    ann = await home.user(name="Al Bo")
    made = {
        (await api.post(f"/users/{ann.user.id}/password/generate")).json()["data"]["password"]
        for _ in range(3)
    }
    assert [len(one) for one in made] == [24, 24, 24]


@pytest.mark.parametrize("path", ["password/generate", "password/force-reset", "password-reset"])
@pytest.mark.parametrize(
    ("body", "status"), [({"other": 1}, 422), ([], 400), ({"temporary": "yes", "method": "pigeon"}, 400)]
)
async def test_bad_bodies_are_refused_and_write_nothing(
    api: httpx.AsyncClient, home: Home, path: str, body: Any, status: int
) -> None:
    ann = await home.user(password_hash=HASH)
    answer = await api.post(f"/users/{ann.user.id}/{path}", json=body)
    assert answer.status_code in (status, 422), answer.text
    assert answer.json()["code"] == "validation_error"
    assert await rows(home, "select hash from password_credentials") == [(HASH,)]
    assert await rows(home, "select 1 from events where type like 'user.%%password%%'") == []


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("email_link", "Password reset email sent"),
        ("email_otp", "Password reset code sent by email"),
        ("sms_otp", "Password reset code sent by text message"),
    ],
)
async def test_a_reset_is_sent_by_the_way_that_was_named(
    api: httpx.AsyncClient, home: Home, tmp_path: Path, method: str, message: str
) -> None:
    ann = await home.user(phone=NUMBER, password_hash=HASH)
    answer = await api.post(f"/users/{ann.user.id}/password-reset", json={"method": method})
    assert (answer.status_code, answer.json()) == (200, {"message": message})
    await follow_newest(home, tmp_path)
    [sent] = await mails(tmp_path)
    if method == "email_link":
        assert token_in(sent.text)
    else:
        assert (sent.to, sent.kind) == (
            (NUMBER, "sms") if method == "sms_otp" else ("ann@example.com", "mail")
        )
        assert re.search(r"\b\d{6}\b", sent.text)
        # Nobody stands at the page yet, so the message says where it is.
        assert "http://localhost:8400/t/acme-corp/forgot-password/code?id=" in sent.text
    assert await rows(home, "select hash from password_credentials") == [(HASH,)]


@pytest.mark.parametrize(("method", "field"), [("sms_otp", "phoneNumber"), ("email_otp", "email")])
@pytest.mark.parametrize("path", ["password-reset", "password/force-reset"])
async def test_a_way_that_leads_nowhere_is_refused(
    api: httpx.AsyncClient, home: Home, path: str, method: str, field: str
) -> None:
    ann = await home.user(None, username="ann", password_hash=HASH)
    answer = await api.post(f"/users/{ann.user.id}/{path}", json={"method": method})
    assert (answer.status_code, set(answer.json()["details"])) == (422, {field})
    assert await rows(home, "select password_pending from users") == [(None,)]


@pytest.mark.parametrize(
    ("method", "scenario"),
    [
        ("email_link", "ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK"),
        ("email_otp", "ADMIN_FORCED_PASSWORD_RESET_VIA_OTP"),
        ("sms_otp", "ADMIN_FORCED_PASSWORD_RESET_VIA_SMS_OTP"),
    ],
)
async def test_a_new_password_is_demanded(
    api: httpx.AsyncClient, home: Home, tmp_path: Path, method: str, scenario: str
) -> None:
    ann = await home.user(phone=NUMBER, password_hash=HASH, email_verified=True)
    answer = await api.post(f"/users/{ann.user.id}/password/force-reset", json={"method": method})
    body = answer.json()
    assert (answer.status_code, body["message"]) == (200, "Password reset demanded")
    assert body["data"]["status"] == "pending_password_reset"
    [(data, epoch)] = await rows(
        home,
        "select e.data, u.credential_epoch from events e, users u where e.type = 'user.force_password_reset_set'",
    )
    assert (data["scenario"], data["oldPasswordWorks"], epoch) == (scenario, False, 1)
    await follow_newest(home, tmp_path, "user.force_password_reset_set")
    assert await rows(home, "select scenario, kind from codes") == [(scenario, "password_reset")]
    [sent] = await mails(tmp_path)
    if method == "email_link":
        assert "Your present password no longer works" in sent.text
    listed = await api.get("/users?status=pending_password_reset")
    assert [row["id"] for row in listed.json()["data"]] == [str(ann.user.id)]


async def test_the_next_sign_in_can_be_the_place_only_while_the_old_password_works(
    api: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(password_hash=HASH)
    path = f"/users/{ann.user.id}/password/force-reset"
    refused = await api.post(path, json={"method": "at_sign_in"})
    assert (refused.status_code, set(refused.json()["details"])) == (422, {"method"})
    await change(home, "recovery", oldPasswordWorksUntilReset=True)
    for body in ({"method": "at_sign_in"}, {}):
        assert (await api.post(path, json=body)).status_code == 200
    told = await rows(home, "select data from events where type = 'user.force_password_reset_set'")
    assert told == [({"method": "at_sign_in", "oldPasswordWorks": True},)] * 2


async def test_without_a_word_the_link_is_mailed_where_the_old_password_is_dead(
    api: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(password_hash=HASH)
    await api.post(f"/users/{ann.user.id}/password/force-reset")
    [(data,)] = await rows(home, "select data from events where type = 'user.force_password_reset_set'")
    assert data["method"] == "email_link"


async def test_nothing_is_demanded_of_somebody_without_a_password_nor_where_a_link_would_not_work(
    api: httpx.AsyncClient, home: Home
) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com", password_hash=HASH, blocked=True)
    for person in (ann, bob):
        answer = await api.post(f"/users/{person.user.id}/password/force-reset", json={})
        assert (answer.status_code, set(answer.json()["details"])) == (422, {"status"})


async def test_a_password_from_an_administrator_ends_the_demand_and_the_lockout(
    api: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "lockout", maxFailures=1)
    ann = await home.user(password_hash=HASH, email_verified=True)
    await api.post(f"/users/{ann.user.id}/password/force-reset")
    async with home.works.write(home.opener()) as work:
        await count_failure(work, ann.user.id)
    assert await rows(home, "select 1 from user_activity where locked_out_until is not null") == [(1,)]
    body = {"password": "SecurePass123!", "notify": True}
    answer = await api.put(f"/users/{ann.user.id}/password", json=body)
    assert (answer.json()["data"]["status"], answer.json()["data"]["stateDetails"]) == ("active", {})
    assert await rows(home, "select failed_logins, locked_out_until from user_activity") == [(0, None)]


async def test_a_stronger_user_is_left_alone(api: httpx.AsyncClient, home: Home) -> None:
    boss = await home.user(roles=["tenant_admin"], password_hash=HASH)
    headers = {"Authorization": f"Bearer {await home.new_key('admin:users')}"}
    for path in ("password/generate", "password/force-reset"):
        answer = await api.post(f"/users/{boss.user.id}/{path}", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert await rows(home, "select hash, password_pending from password_credentials, users") == [
        (HASH, None)
    ]


@pytest.mark.parametrize("path", ["password/generate", "password/force-reset", "password-reset"])
async def test_a_neighbours_user_an_unknown_one_and_a_weak_key_get_nowhere(
    api: httpx.AsyncClient, home: Home, neighbour: Home, path: str
) -> None:
    theirs = await neighbour.user(password_hash=HASH)
    before = await rows(neighbour, "select users::text from users")
    for ref in (theirs.user.id, "ann@example.com", "nonsense"):
        assert (await api.post(f"/users/{ref}/{path}", json={})).status_code == 404
    assert await rows(neighbour, "select users::text from users") == before
    mine = await home.user(password_hash=HASH)
    weak = {"Authorization": f"Bearer {await home.new_key('admin:read')}"}
    answer = await api.post(f"/users/{mine.user.id}/{path}", json={}, headers=weak)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    stale = await api.post(f"/users/{mine.user.id}/{path}", json={}, headers={"If-Match": '"77"'})
    assert stale.status_code == 412
    assert await rows(home, "select hash, password_pending from password_credentials, users") == [
        (HASH, None)
    ]


async def test_a_user_is_created_with_a_generated_password_that_is_shown_once(
    api: httpx.AsyncClient, home: Home, services: Services
) -> None:
    body = {
        "email": "ann@example.com",
        "generatePassword": True,
        "mustChangePassword": True,
        "mustEnrolMfa": True,
    }
    key = {"Idempotency-Key": "c-1"}
    answer = await api.post("/users", json={**body, "emailVerified": True}, headers=key)
    data = answer.json()["data"]
    password = data["password"]
    assert answer.status_code == 201
    assert (data["mustChangePassword"], data["mustEnrolMfa"], data["status"]) == (True, True, "active")
    [(stored,)] = await rows(home, "select hash from password_credentials")
    assert await services.hasher.verify(stored, password)
    replay = await api.post("/users", json={**body, "emailVerified": True}, headers=key)
    assert (replay.status_code, "password" in replay.json()["data"]) == (201, False)
    assert replay.json()["data"]["id"] == data["id"]


async def test_a_generated_password_and_a_given_one_exclude_one_another(
    api: httpx.AsyncClient, home: Home
) -> None:
    body = {"email": "ann@example.com", "generatePassword": True, "password": "SecurePass123!"}
    answer = await api.post("/users", json=body)
    assert (answer.status_code, set(answer.json()["details"])) == (422, {"generatePassword"})
    assert await rows(home, "select 1 from users") == []


@pytest.mark.parametrize(
    ("method", "scenario"),
    [
        (None, "ASK_PASSWORD"),
        ("email_otp", "ASK_PASSWORD_VIA_EMAIL_OTP"),
        ("sms_otp", "ASK_PASSWORD_VIA_SMS_OTP"),
    ],
)
async def test_a_first_password_is_set_up_by_the_way_that_was_named(
    api: httpx.AsyncClient, home: Home, tmp_path: Path, method: str | None, scenario: str
) -> None:
    body = {"email": "ann@example.com", "phoneNumber": NUMBER} | ({"setupMethod": method} if method else {})
    answer = await api.post("/users", json=body)
    assert answer.json()["data"]["status"] == "pending_initial_password_setup"
    await follow_newest(home, tmp_path, "user.created")
    assert await rows(home, "select scenario, kind from codes") == [(scenario, "password_setup")]
    [sent] = await mails(tmp_path)
    assert sent.kind == ("sms" if method == "sms_otp" else "mail")


@pytest.mark.parametrize(
    ("body", "scenario"),
    [
        ({"phoneNumber": NUMBER}, "ASK_PASSWORD_VIA_SMS_OTP"),
        ({"email": "ann@example.com", "phoneNumber": NUMBER}, "ASK_PASSWORD_VIA_SMS_OTP"),
        ({"email": "ann@example.com"}, "ASK_PASSWORD"),
        (
            {"email": "ann@example.com", "phoneNumber": NUMBER, "setupMethod": "email_otp"},
            "ASK_PASSWORD_VIA_EMAIL_OTP",
        ),
    ],
)
async def test_the_tenant_says_how_people_come_to_their_first_password_where_the_call_does_not(
    api: httpx.AsyncClient, home: Home, tmp_path: Path, body: dict[str, str], scenario: str
) -> None:
    await change(home, "accounts", setupMethod="sms_otp")
    assert (await api.post("/users", json=body)).status_code == 201
    await follow_newest(home, tmp_path, "user.created")
    assert await rows(home, "select scenario, kind from codes") == [(scenario, "password_setup")]


async def test_a_way_to_set_up_needs_its_address(api: httpx.AsyncClient) -> None:
    for body in (
        {"email": "ann@example.com", "setupMethod": "sms_otp"},
        {"username": "ann", "setupMethod": "email_otp"},
    ):
        answer = await api.post("/users", json=body)
        assert (answer.status_code, set(answer.json()["details"])) == (422, {"setupMethod"})


async def test_somebody_types_the_code_of_a_text_message_and_their_number_counts_as_verified(
    api: httpx.AsyncClient, browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await api.post("/users", json={"phoneNumber": NUMBER, "setupMethod": "sms_otp"})
    await follow_newest(home, tmp_path, "user.created")
    [sent] = await mails(tmp_path)
    place = re.search(r"http://localhost:8400(/t/\S+)", sent.text)
    code = re.search(r"^(\d{6}) is your Acme code", sent.text)
    assert place is not None
    assert code is not None
    page = await browser.get(place[1])
    fields = dict(re.findall(r'name="(id|via|csrf)" value="([^"]+)"', page.text))
    answer = await browser.post(f"/t/{home.slug}/forgot-password/code", data={**fields, "code": code[1]})
    reset = await browser.get(answer.headers["location"])
    assert "Choose a password" in reset.text
    field = re.search(r'name="csrf" value="([^"]+)"', reset.text)
    assert field is not None
    form = {"csrf": field[1], "password": "correct horse battery staple"}
    assert (await browser.post(answer.headers["location"], data=form)).status_code == 200
    assert await rows(home, "select phone_verified, password_pending from users") == [(True, None)]


async def test_no_more_codes_are_sent_for_an_administrator_than_the_tenant_allows(
    api: httpx.AsyncClient, home: Home
) -> None:
    """Each code bears a few tries, so a key that had one after the other sent could guess its way into a stronger account."""
    await home.user("boss@example.com", roles=["admin"], password_hash=HASH)
    await change(home, "oneTimeCodes", secondsBetweenSends=0, maxSendsPerHour=3)
    headers = {"Authorization": f"Bearer {await home.new_key('internal_user_mgt_update')}"}

    async def sent(method: str) -> int:
        body = {"method": method}
        path = "/users/boss@example.com/password-reset"
        return (await api.post(path, json=body, headers=headers)).status_code

    assert [await sent("email_otp") for _ in range(4)] == [200, 200, 200, 429]
    # A link cannot be guessed.
    assert await sent("email_link") == 200
