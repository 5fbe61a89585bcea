"""The admin API of passwords, factors and sessions."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.sessions.actions import start_session
from tenantry.domain.sessions.errors import SessionEnded
from tenantry.domain.sessions.model import Caller
from tenantry.domain.sessions.opening import OpenBySession
from tenantry.domain.users.actions import set_mfa_facts
from tenantry.domain.users.model import PasswordPending
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.ids import new_id
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "SecurePass123!"


async def rows(home: Home, query: Any, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def start(home: Home, person: Person) -> str:
    async with home.works.write(home.opener()) as work:
        caller = Caller(None, "192.0.2.7", "a browser")
        return (await start_session(work, person.user, caller, remember=False, method="password")).token


async def is_alive(home: Home, token: str) -> bool:
    try:
        async with home.works.read(
            OpenBySession(home.slug, Caller(token_hash(token)), home.works.clock.now())
        ):
            return True
    except SessionEnded:
        return False


async def session_ids(api: httpx.AsyncClient, user_id: UUID) -> list[str]:
    return [row["id"] for row in (await api.get(f"/users/{user_id}/sessions")).json()["data"]]


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("by_email", [True, False])
async def test_an_administrator_sets_a_password(
    api: httpx.AsyncClient, home: Home, services: Services, method: str, by_email: bool
) -> None:
    ann = await home.user(password_pending=PasswordPending.RESET)
    token = await start(home, ann)
    ref = "Ann@Example.com" if by_email else ann.user.id
    answer = await api.request(method, f"/users/{ref}/password", json={"password": GOOD})
    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "Password updated"
    assert (body["data"]["id"], body["data"]["hasPassword"]) == (str(ann.user.id), True)
    assert body["data"]["status"] == "pending_email_verification"
    assert answer.headers["etag"] == f'"{body["data"]["version"]}"'
    assert not await is_alive(home, token)
    stored = (await rows(home, "select hash from password_credentials"))[0][0]
    assert stored.startswith("$argon2id$")
    assert await services.hasher.verify(stored, GOOD)
    assert GOOD not in str(await rows(home, "select events::text from events"))


async def test_a_temporary_password_must_be_changed(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    answer = await api.put(f"/users/{ann.user.id}/password", json={"password": GOOD, "temporary": True})
    assert answer.json()["data"]["mustChangePassword"] is True
    told = await rows(home, "select data from events where type = 'user.password_set_by_admin'")
    assert told == [({"temporary": True, "notify": False},)]


async def test_a_new_password_unlocks_the_account(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(email_verified=True)
    await api.post(f"/users/{ann.user.id}/lock", json={})
    answer = await api.put(f"/users/{ann.user.id}/password", json={"password": GOOD})
    assert answer.json()["data"]["status"] == "active"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"password": "short"}, 422, "password"),
        ({"password": ""}, 422, "password"),
        ({"password": "x" * 257}, 422, "password"),
        ({"password": "x" * 900_000}, 422, "password"),
        ({"password": "nul\u0000nulnul"}, 422, "password"),
        ({}, 422, "password"),
        ({"password": GOOD, "temp": True}, 422, "temp"),
        ({"password": 12345678}, 400, "password"),
        ({"password": None}, 400, "password"),
        ({"password": GOOD, "temporary": "yes"}, 400, "temporary"),
        ([], 400, "body"),
    ],
)
async def test_bad_input_names_the_field_and_writes_nothing(
    api: httpx.AsyncClient, home: Home, body: Any, status: int, field: str
) -> None:
    ann = await home.user()
    answer = await api.put(f"/users/{ann.user.id}/password", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, "validation_error")
    assert field in answer.json()["details"]
    assert await rows(home, "select 1 from password_credentials") == []


@pytest.mark.parametrize("raw", [b"{", b'{"password": "\\ud800 12345678"}', b"\xff", b"[" * 50_000])
async def test_what_is_no_json_is_refused(api: httpx.AsyncClient, home: Home, raw: bytes) -> None:
    ann = await home.user()
    answer = await api.put(f"/users/{ann.user.id}/password", content=raw)
    assert answer.status_code == 400


async def test_a_refusal_names_every_rule_that_failed(api: httpx.AsyncClient, home: Home) -> None:
    await change(
        home, "passwordPolicy", minLength=12, requireUppercase=True, requireNumbers=True, historyCount=3
    )
    ann = await home.user()
    refusal = (await api.put(f"/users/{ann.user.id}/password", json={"password": "anne"})).json()
    assert refusal["message"].startswith("The password must be at least 12 characters long; must contain ")
    assert set(refusal["details"]) == {
        "password",
        "password.minLength",
        "password.uppercase",
        "password.numbers",
        "password.common",
    }
    assert refusal["details"]["password"] == "does not meet the policy"
    assert "12" in refusal["details"]["password.minLength"]


async def test_a_user_is_not_created_and_no_rule_is_said_twice(api: httpx.AsyncClient, home: Home) -> None:
    await change(home, "passwordPolicy", minLength=12, requireNumbers=True)
    body = {"email": "bob@example.com", "password": "Lampe-Tisch"}
    refusal = (await api.post("/users", json=body)).json()
    assert set(refusal["details"]) == {"password", "password.minLength", "password.numbers"}
    for rule in ("password.minLength", "password.numbers"):
        assert refusal["message"].count(refusal["details"][rule]) == 1


async def test_a_refused_body_is_told_of_its_password_as_well(api: httpx.AsyncClient) -> None:
    body = {"email": "bob@nowhere", "password": "short"}
    refusal = (await api.post("/users", json=body)).json()
    assert set(refusal["details"]) >= {"email", "password", "password.minLength"}


async def test_an_earlier_password_is_refused_but_a_repeated_request_is_not(
    api: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "passwordPolicy", historyCount=3)
    ann = await home.user()
    path, key = f"/users/{ann.user.id}/password", {"Idempotency-Key": "k-1"}
    first = await api.post(path, json={"password": GOOD}, headers=key)
    again = await api.post(path, json={"password": GOOD}, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    refused = await api.post(path, json={"password": GOOD})
    assert refused.status_code == 422
    assert refused.json()["details"]["password.history"] == "must not be any of the last 3 passwords"
    assert await rows(home, "select count(*) from events where type = 'user.password_set_by_admin'") == [(1,)]


async def test_a_stale_version_stops_a_password_and_a_reset_of_factors(
    api: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    for method, path, body in (("PUT", "password", {"password": GOOD}), ("POST", "mfa/reset", {})):
        stale = await api.request(
            method, f"/users/{ann.user.id}/{path}", json=body, headers={"If-Match": '"77"'}
        )
        assert stale.status_code == 412
    assert await rows(home, "select 1 from password_credentials") == []
    fresh = await api.put(
        f"/users/{ann.user.id}/password", json={"password": GOOD}, headers={"If-Match": '"1"'}
    )
    assert fresh.status_code == 200


async def test_a_reset_mail_is_asked_for(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    answer = await api.post("/users/ann@example.com/password-reset")
    assert (answer.status_code, answer.json()) == (200, {"message": "Password reset email sent"})
    told = await rows(home, "select target_id from events where type = 'user.password_reset_requested'")
    assert told == [(ann.user.id,)]


async def test_a_reset_mail_needs_an_address(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(None, username="ann")
    answer = await api.post(f"/users/{ann.user.id}/password-reset")
    assert (answer.status_code, set(answer.json()["details"])) == (422, {"email"})


async def test_a_reset_of_factors_answers_with_the_user(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            "insert into factors (id, user_id, kind, created_at) values (%s, %s, 'totp', %s)",
            (new_id(), ann.user.id, work.now),
        )
        await set_mfa_facts(work, ann.user.id, enabled=True)
    for _ in range(2):
        answer = await api.post(f"/users/{ann.user.id}/mfa/reset")
        assert (answer.status_code, answer.json()["message"]) == (200, "MFA reset")
        assert answer.json()["data"]["mfaEnabled"] is False
        assert answer.headers["etag"]
    assert await rows(home, "select 1 from factors") == []
    assert len(await rows(home, "select 1 from events where type = 'mfa.factor_admin_reset'")) == 2


async def test_sessions_are_listed_and_ended(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    tokens = [await start(home, ann) for _ in range(3)]
    listed = (await api.get(f"/users/{ann.user.id}/sessions?limit=2")).json()
    assert (len(listed["data"]), listed["pagination"]["total"], listed["meta"]) == (
        2,
        3,
        listed["pagination"],
    )
    assert (listed["data"][0]["ipAddress"], listed["data"][0]["userAgent"]) == ("192.0.2.7", "a browser")
    rest = await api.get(
        f"/users/{ann.user.id}/sessions", params={"limit": 2, "cursor": listed["pagination"]["nextCursor"]}
    )
    oldest = rest.json()["data"][0]["id"]
    one = await api.delete(f"/users/{ann.user.id}/sessions/{oldest}")
    assert (one.status_code, one.json()) == (200, {"message": "Session ended"})
    assert [await is_alive(home, token) for token in tokens] == [False, True, True]
    everything = await api.delete(f"/users/{ann.user.id}/sessions")
    assert (everything.status_code, everything.json()) == (200, {"message": "Sessions ended"})
    assert [await is_alive(home, token) for token in tokens] == [False, False, False]
    assert await session_ids(api, ann.user.id) == []
    told = await rows(home, "select data from events where type = 'user.session_revoked' order by id")
    assert [row[0]["all"] for row in told] == [False, True]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "page=-1", "cursor=%21", "page=1&cursor=x", "sort=x"]
)
async def test_a_bad_page_of_sessions_is_refused(api: httpx.AsyncClient, home: Home, query: str) -> None:
    ann = await home.user()
    assert (await api.get(f"/users/{ann.user.id}/sessions?{query}")).status_code == 400


async def test_a_page_past_the_end_is_empty(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    await start(home, ann)
    answer = await api.get(f"/users/{ann.user.id}/sessions?page=1000000000")
    assert (answer.status_code, answer.json()["data"]) == (200, [])


@pytest.mark.parametrize("session_id", ["nonsense", "00000000-0000-0000-0000-000000000000", "%00"])
async def test_an_unknown_session_is_not_found(api: httpx.AsyncClient, home: Home, session_id: str) -> None:
    ann = await home.user()
    assert (await api.delete(f"/users/{ann.user.id}/sessions/{session_id}")).status_code == 404


CALLS = [
    ("PUT", "password", {"password": GOOD}),
    ("POST", "password", {"password": GOOD}),
    ("POST", "password-reset", {}),
    ("POST", "mfa/reset", {}),
    ("GET", "sessions", None),
    ("DELETE", "sessions", None),
    ("DELETE", "sessions/00000000-0000-0000-0000-000000000000", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_an_unknown_user_is_not_found(
    api: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    for ref in ("nobody@example.com", "00000000-0000-0000-0000-000000000000", "nonsense"):
        answer = await api.request(method, f"/users/{ref}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_found")


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_a_key_without_the_scope_is_refused(
    api: httpx.AsyncClient, home: Home, method: str, path: str, body: Any
) -> None:
    ann = await home.user()
    for scope in ("admin:audit", "admin:read"):
        if (method, scope) == ("GET", "admin:read"):
            continue
        headers = {"Authorization": f"Bearer {await home.new_key(scope)}"}
        answer = await api.request(method, f"/users/{ann.user.id}/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert await rows(home, "select 1 from password_credentials") == []


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_a_neighbours_user_is_not_found_and_does_not_move(
    api: httpx.AsyncClient, home: Home, neighbour: Home, method: str, path: str, body: Any
) -> None:
    theirs = await neighbour.user(password_hash="theirs")
    token = await start(neighbour, theirs)
    before = await rows(neighbour, "select users::text from users")
    for ref in (theirs.user.id, "ann@example.com"):
        assert (await api.request(method, f"/users/{ref}/{path}", json=body)).status_code == 404
    assert await rows(neighbour, "select users::text from users") == before
    assert await rows(neighbour, "select hash from password_credentials") == [("theirs",)]
    assert await is_alive(neighbour, token)
