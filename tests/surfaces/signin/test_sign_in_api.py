"""The sign-in in JSON: the same steps, and a token to go on with."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.settings import change
from tests.support.signing_in import GOOD, WRONG, events

pytestmark = pytest.mark.asyncio
BETTER = "a much better pass phrase"
ANN = {"identifier": "ann@example.com", "password": GOOD}


@pytest_asyncio.fixture
async def client(app: Any, home: Home) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://localhost:8400/t/{home.slug}/api/v1"
    ) as made:
        yield made


async def person(home: Home, services: Services, **fields: Any) -> None:
    await home.user(password_hash=await services.hasher.hash(GOOD), **fields)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def token_of(client: httpx.AsyncClient) -> str:
    answer = await client.post("/sign-in", json=ANN)
    token: str = answer.json()["data"]["session"]["token"]
    return token


async def test_a_password_gives_a_session_whose_token_opens_what_is_ones_own(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services)
    answer = await client.post("/sign-in", json={**ANN, "remember": True})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "set-cookie" not in answer.headers
    data = answer.json()["data"]
    assert (data["step"], sorted(data["session"])) == ("done", ["expiresAt", "id", "token"])
    shown = await client.get("/session", headers=bearer(data["session"]["token"]))
    assert shown.status_code == 200
    assert (shown.json()["data"]["id"], shown.json()["data"]["current"]) == (data["session"]["id"], True)
    assert shown.json()["data"]["authMethod"] == "password"


async def test_a_refusal_has_the_one_form_of_all_refusals(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services)
    for identifier in ("ann@example.com", "nobody@example.com"):
        answer = await client.post("/sign-in", json={"identifier": identifier, "password": WRONG})
        assert answer.status_code == 401
        assert answer.json() == {
            "error": True,
            "message": "The sign-in name or the password is wrong.",
            "status": 401,
            "code": "invalid_credentials",
            "details": {},
        }


async def test_the_steps_of_the_pages_are_those_of_the_flow(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services, must_change_password=True)
    begun = (await client.post("/sign-in", json=ANN)).json()["data"]
    assert (begun["step"], "session" in begun) == ("change_password", False)
    attempt = begun["attempt"]["token"]
    other = await client.post("/sign-in/verify_email", json={"attempt": attempt, "code": "1"})
    assert other.status_code in (409, 422)
    weak = await client.post("/sign-in/change_password", json={"attempt": attempt, "password": "short"})
    assert (weak.status_code, "password.minLength" in weak.json()["details"]) == (422, True)
    done = await client.post("/sign-in/change_password", json={"attempt": attempt, "password": BETTER})
    assert done.json()["data"]["step"] == "done"
    again = await client.post("/sign-in/change_password", json={"attempt": attempt, "password": GOOD})
    assert (again.status_code, again.json()["code"]) == (401, "sign_in_expired")
    assert len(await events(home, "user.signed_in")) == 1


async def test_an_attempts_token_is_no_session(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services, must_change_password=True)
    attempt = (await client.post("/sign-in", json=ANN)).json()["data"]["attempt"]["token"]
    assert (await client.get("/session", headers=bearer(attempt))).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/sign-in", {}, 422),
        ("/sign-in", {"identifier": 1, "password": "x"}, 400),
        ("/sign-in", {**ANN, "next": "x"}, 422),
        ("/sign-in", {**ANN, "identifier": "a\x00b"}, 422),
        ("/sign-in/change_password", {"attempt": "x"}, 422),
        ("/sign-in/change_password", {"attempt": "x", "password": "y"}, 401),
        ("/sign-in/verify_email", {"attempt": "x" * 5000, "code": "y"}, 401),
        ("/sign-in/resend-code", {"attempt": ""}, 401),
        ("/sign-in/fly", {"attempt": "x"}, 404),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    client: httpx.AsyncClient, home: Home, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] is True
    assert await events(home, "user.signed_in") == []


async def test_one_sees_and_ends_ones_own_sessions(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services)
    await home.user("bob@example.com", password_hash=await services.hasher.hash(GOOD))
    first, second, third = [await token_of(client) for _ in range(3)]
    listed = (await client.get("/sessions", headers=bearer(first))).json()["data"]
    assert [row["current"] for row in listed] == [True, False, False]
    ended = await client.delete(f"/sessions/{listed[1]['id']}", headers=bearer(first))
    assert ended.status_code == 200
    assert (await client.get("/session", headers=bearer(third))).status_code == 401
    assert (await client.delete(f"/sessions/{listed[1]['id']}", headers=bearer(first))).status_code == 404
    assert (await client.delete("/sessions/nonsense", headers=bearer(first))).status_code == 404
    fourth = await token_of(client)
    kept = await client.delete("/sessions?keepCurrent=true", headers=bearer(fourth))
    assert kept.status_code == 200
    alive = [
        (await client.get("/session", headers=bearer(token))).status_code for token in (first, second, fourth)
    ]
    assert alive == [401, 401, 200]
    assert (await client.delete("/session", headers=bearer(fourth))).json() == {"message": "Signed out"}
    assert (await client.get("/session", headers=bearer(fourth))).status_code == 401
    assert len(await events(home, "user.signed_out")) == 1


async def test_nobody_ends_the_session_of_somebody_else(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services)
    await home.user("bob@example.com", password_hash=await services.hasher.hash(GOOD))
    mine = await token_of(client)
    theirs = await client.post("/sign-in", json={"identifier": "bob@example.com", "password": GOOD})
    session = theirs.json()["data"]["session"]
    assert (await client.delete(f"/sessions/{session['id']}", headers=bearer(mine))).status_code == 404
    assert (await client.delete("/sessions", headers=bearer(mine))).status_code == 200
    assert (await client.get("/session", headers=bearer(session["token"]))).status_code == 200


async def test_a_session_is_no_key_and_a_key_no_session(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await person(home, services)
    token = await token_of(client)
    assert (await client.get("/admin/users", headers=bearer(token))).status_code == 401
    assert (await client.get("/session", headers=bearer(home.key))).status_code == 401
    assert (await client.get("/session")).status_code == 401


async def test_a_session_of_one_tenant_is_refused_in_another(
    client: httpx.AsyncClient, home: Home, neighbour: Home, services: Services
) -> None:
    await person(home, services)
    token = await token_of(client)
    theirs = f"http://localhost:8400/t/{neighbour.slug}/api/v1/session"
    assert (await client.get(theirs, headers=bearer(token))).status_code == 401


async def test_where_a_verified_address_is_demanded_the_flow_asks_for_the_code(
    client: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    await person(home, services)
    begun = (await client.post("/sign-in", json=ANN)).json()["data"]
    assert begun["step"] == "verify_email"
    attempt = begun["attempt"]["token"]
    wrong = await client.post("/sign-in/verify_email", json={"attempt": attempt, "code": "nonsense"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_code")
    still = await client.post("/sign-in/verify_email", json={"attempt": attempt})
    assert still.json()["data"] == {"step": "verify_email"}
