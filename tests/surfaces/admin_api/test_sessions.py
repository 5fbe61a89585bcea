"""The admin API of sessions."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.sessions.actions import start_session
from tenantry.domain.sessions.model import Caller, StartedSession
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tests.support.makers import Home
from tests.support.signing_in import BROWSER, events

pytestmark = pytest.mark.asyncio


async def start(home: Home, person: Person, ip: str = "192.0.2.7") -> StartedSession:
    async with home.works.write(home.opener()) as work:
        user = await get_user(work, UserRef(person.user.id, None))
        return await start_session(work, user, Caller(None, ip, BROWSER), remember=False, method="password")


async def listed(api: httpx.AsyncClient, path: str = "/sessions") -> list[dict[str, Any]]:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


async def test_a_session_tells_device_address_and_times(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    made = await start(home, ann)
    [row] = await listed(api)
    assert row == {
        "id": str(made.id),
        "userId": str(ann.user.id),
        "userEmail": "ann@example.com",
        "ipAddress": "192.0.2.7",
        "userAgent": BROWSER,
        "device": {"type": "desktop", "os": "Linux", "browser": "Firefox 140"},
        "location": None,
        "authMethod": "password",
        "mfaVerified": False,
        "remember": False,
        "createdAt": "2026-03-04T12:00:00Z",
        "lastActiveAt": "2026-03-04T12:00:00Z",
        "expiresAt": "2026-03-05T12:00:00Z",
    }


async def test_the_list_is_filtered_by_user_and_address_and_paged(
    api: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    for ip in ("192.0.2.7", "192.0.2.8"):
        await start(home, ann, ip)
    await start(home, bob)
    await start(neighbour, await neighbour.user())
    assert len(await listed(api)) == 3
    assert len(await listed(api, f"/sessions?userId={ann.user.id}")) == 2
    assert len(await listed(api, "/sessions?userId=BOB@example.com")) == 1
    assert len(await listed(api, "/sessions?ipAddress=192.0.2.7")) == 2
    assert len(await listed(api, "/sessions?ipAddress=192.0.2.7&userId=ann@example.com")) == 1
    first = (await api.get("/sessions?limit=2")).json()
    assert (first["pagination"]["total"], first["pagination"]["hasNextPage"]) == (3, True)
    rest = await listed(api, f"/sessions?limit=2&cursor={first['pagination']['nextCursor']}")
    assert len({row["id"] for row in [*first["data"], *rest]}) == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("ipAddress=nowhere", 400),
        ("ipAddress=192.0.2.0/24", 400),
        ("userId=nonsense", 404),
        ("userId=nobody@example.com", 404),
        ("user=1", 400),
        ("limit=101", 400),
        ("cursor=x", 400),
    ],
)
async def test_a_bad_filter_is_refused(api: httpx.AsyncClient, query: str, status: int) -> None:
    assert (await api.get(f"/sessions?{query}")).status_code == status


async def test_one_session_ends_by_its_id(api: httpx.AsyncClient, home: Home, neighbour: Home) -> None:
    first, second = [
        await start(home, await home.user(email)) for email in ("a@example.com", "b@example.com")
    ]
    theirs = await start(neighbour, await neighbour.user())
    assert (await api.delete(f"/sessions/{first.id}")).status_code == 200
    assert [row["id"] for row in await listed(api)] == [str(second.id)]
    for gone in (first.id, theirs.id, UUID(int=1), "nonsense"):
        answer = await api.delete(f"/sessions/{gone}")
        assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_found")
    assert len(await events(home, "user.session_revoked")) == 1


async def test_everybody_is_signed_out_only_when_it_is_confirmed(
    api: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    for email in ("a@example.com", "b@example.com"):
        person = await home.user(email)
        await start(home, person)
        await start(home, person)
    await start(neighbour, await neighbour.user())
    for body in ({}, {"confirm": False}, {"confirm": "yes"}, {"confirm": None}):
        assert (await api.post("/sessions/revoke-all", json=body)).status_code == 400
    assert len(await listed(api)) == 4
    answer = await api.post("/sessions/revoke-all", json={"confirm": True})
    assert (answer.status_code, answer.json()["data"]) == (200, {"users": 2})
    assert await listed(api) == []
    [event] = await events(home, "tenant.sessions_revoked")
    assert event["data"] == {"users": 2}
    async with neighbour.works.read(neighbour.opener()) as work:
        assert await work.db.value("select credential_epoch from users") == 0


async def test_a_key_for_users_alone_does_not_sign_everybody_out(api: httpx.AsyncClient, home: Home) -> None:
    key = await home.new_key("admin:users")
    answer = await api.post(
        "/sessions/revoke-all", json={"confirm": True}, headers={"Authorization": f"Bearer {key}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_count_and_figures_speak_of_what_is_alive(api: httpx.AsyncClient, home: Home) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    for person in (ann, ann, bob):
        await start(home, person)
    assert (await api.get("/sessions/count")).json() == {"data": {"count": 3}}
    assert (await api.get("/sessions/stats")).json()["data"] == {
        "total": 3,
        "users": 2,
        "startedInLast24Hours": 3,
        "activeInLast24Hours": 3,
        "byMethod": {"password": 3},
    }
    await api.delete(f"/users/{ann.user.id}/sessions")
    assert (await api.get("/sessions/count")).json() == {"data": {"count": 1}}


@pytest.mark.parametrize("by_post", [True, False])
async def test_the_sessions_of_one_user_end_together(
    api: httpx.AsyncClient, home: Home, by_post: bool
) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    for person in (ann, ann, bob):
        await start(home, person)
    assert len(await listed(api, f"/users/{ann.user.id}/sessions")) == 2
    if by_post:
        answer = await api.post("/users/ann@example.com/sessions/revoke")
    else:
        answer = await api.delete("/users/ann@example.com/sessions")
    assert answer.status_code == 200
    assert await listed(api, f"/users/{ann.user.id}/sessions") == []
    assert len(await listed(api)) == 1


async def test_reading_takes_the_right_to_see_users(api: httpx.AsyncClient, home: Home) -> None:
    key = {"Authorization": f"Bearer {await home.new_key('admin:audit')}"}
    for path in ("/sessions", "/sessions/count", "/sessions/stats"):
        assert (await api.get(path, headers=key)).status_code == 403
