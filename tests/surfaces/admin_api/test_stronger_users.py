"""A key can neither strip somebody stronger of what they may do nor shut them out, and makes no key beyond its own limits."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.domain.groups.queries import get_group_for_change
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.kit.services import Services
from tests.support.access import acting, bearer, made, slugs, with_permissions
from tests.support.makers import Home, make_home
from tests.support.running import committing, until

pytestmark = pytest.mark.asyncio
HOUR = timedelta(hours=1)
Call = tuple[str, str, dict[str, Any] | None]
BOSS = "/users/boss@example.com"


@pytest_asyncio.fixture
async def staffed(api: httpx.AsyncClient, home: Home) -> Home:
    """An administrator by a role, another through a group, and a group and a role that grant nothing."""
    await with_permissions(home)
    await made(api, "/groups", name="Chiefs", roles=["admin"])
    await made(api, "/groups", name="Sales")
    await made(api, "/roles", name="Editor", permissions=["users:update"])
    await home.user("boss@example.com", roles=["admin", "user"], groups=["sales"], password_hash="x")
    await home.user("chief@example.com", groups=["chiefs", "sales"], password_hash="x")
    await home.user("ann@example.com", roles=["user"])
    return home


async def lock_is_awaited(conninfo: str) -> bool:
    """Whether a statement in this database waits for a row that another transaction holds."""
    async with await psycopg.AsyncConnection.connect(conninfo) as conn:
        found = await conn.execute("""
            select
            from pg_stat_activity
            where datname = current_database()
              and wait_event_type = 'Lock'
            """)
        return await found.fetchone() is not None


async def refused(api: httpx.AsyncClient, call: Call, key: str) -> dict[str, Any]:
    method, path, body = call
    answer = await api.request(method, path, json=body, headers=bearer(key))
    assert answer.status_code == 403, answer.text
    told: dict[str, Any] = answer.json()
    assert told["code"] == "permission_denied"
    return told


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        ("admin:users", ("DELETE", f"{BOSS}/roles/admin", None)),
        ("admin:users", ("PUT", f"{BOSS}/roles", {"roles": ["user"]})),
        ("admin:users", ("PUT", f"{BOSS}/roles", {"roles": []})),
        ("admin:users", ("DELETE", "/users/chief@example.com/groups/chiefs", None)),
        ("admin:users", ("PUT", "/users/chief@example.com/groups", {"groups": ["sales"]})),
        ("admin:users", ("DELETE", "/groups/chiefs/members/chief@example.com", None)),
        ("admin:users", ("DELETE", "/groups/chiefs/roles/admin", None)),
        ("admin:users", ("PUT", "/groups/chiefs/roles", {"roles": []})),
        ("admin:groups", ("DELETE", "/groups/chiefs", None)),
        ("admin:roles", ("DELETE", "/roles/editor", None)),
        ("admin:roles", ("PUT", "/roles/editor", {"permissions": []})),
    ],
)
async def test_what_may_not_be_handed_out_may_not_be_taken_away(
    api: httpx.AsyncClient, staffed: Home, scope: str, call: Call
) -> None:
    told = await refused(api, call, await staffed.new_key(scope))
    assert "cannot take away" in told["message"]
    assert await slugs(api, f"{BOSS}/roles") == ["admin", "user"]
    assert await slugs(api, "/users/chief@example.com/roles", effective="true") == ["admin"]
    assert (await api.get("/roles/editor")).json()["data"]["permissions"] != []


@pytest.mark.parametrize(
    "call",
    [
        ("DELETE", f"{BOSS}/roles/user", None),
        ("PUT", f"{BOSS}/roles", {"roles": ["admin"]}),
        ("DELETE", f"{BOSS}/groups/sales", None),
        ("PUT", "/users/chief@example.com/groups", {"groups": ["chiefs"]}),
        ("DELETE", "/groups/sales/members/chief@example.com", None),
    ],
)
async def test_what_grants_nothing_may_still_be_taken_away(
    api: httpx.AsyncClient, staffed: Home, call: Call
) -> None:
    method, path, body = call
    headers = bearer(await staffed.new_key("admin:users"))
    answer = await api.request(method, path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("who", ["boss", "chief"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        *(("POST", f"/{verb}", {}) for verb in ("block", "unblock", "lock", "unlock", "disable", "enable")),
        ("PUT", "", {"isActive": False}),
        ("PUT", "", {"validUntil": "2020-01-01T00:00:00Z"}),
        ("PUT", "", {"emailVerified": True}),
        ("PUT", "", {"mustChangePassword": True}),
        ("PUT", "", {"mustEnrolMfa": True}),
        ("DELETE", "", None),
        ("DELETE", "?permanent=true", None),
        ("DELETE", "/sessions", None),
        ("DELETE", "/sessions/0190a000-0000-7000-8000-000000000000", None),
    ],
)
async def test_a_user_manager_cannot_shut_out_an_administrator(
    api: httpx.AsyncClient, staffed: Home, who: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    user = f"/users/{who}@example.com"
    told = await refused(api, (method, f"{user}{path}", body), await staffed.new_key("admin:users"))
    assert "cannot change this user's account" in told["message"]
    assert (await api.get(user)).json()["data"]["version"] == 1


async def test_a_user_manager_cannot_restore_an_administrator(api: httpx.AsyncClient, staffed: Home) -> None:
    key = await staffed.new_key("admin:users")
    kept = await api.put("/settings", json={"deletion": {"adminApiRetentionDays": 30}})
    assert kept.status_code == 200, kept.text
    for who in ("boss", "ann"):
        user = (await api.get(f"/users/{who}@example.com")).json()["data"]
        assert (await api.delete(f"/users/{user['id']}")).status_code == 200
        restore = f"/users/{user['id']}/restore"
        if who == "boss":
            await refused(api, ("POST", restore, None), key)
            assert (await api.get(f"/users/{user['id']}")).status_code == 404
        else:
            assert (await api.post(restore, headers=bearer(key))).status_code == 200


async def test_a_user_manager_may_still_shut_out_everybody_else(
    api: httpx.AsyncClient, staffed: Home
) -> None:
    headers = bearer(await staffed.new_key("admin:users"))
    for path in ("/block", "/unblock", "/lock", "/unlock"):
        assert (await api.post(f"/users/ann@example.com{path}", json={}, headers=headers)).status_code == 200
    assert (await api.delete("/users/ann@example.com/sessions", headers=headers)).status_code == 200
    # This scope deletes without being able to change.
    deleter = bearer(await staffed.new_key("internal_user_mgt_delete"))
    assert (await api.delete("/users/ann@example.com", headers=deleter)).status_code == 200


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
        "2090-01-01T00:00:00",
    ],
)  # fmt: skip
async def test_a_moment_that_cannot_be_read_again_is_refused(
    api: httpx.AsyncClient, staffed: Home, moment: str
) -> None:
    body = {"name": "x", "scopes": ["admin:read"], "expiresAt": moment}
    for path, sent, field in (
        ("/api-keys", body, "expiresAt"),
        ("/users/ann@example.com/lock", {"until": moment}, "until"),
    ):
        answer = await api.post(path, json=sent)
        assert answer.status_code == 422, answer.text
        assert set(answer.json()["details"]) == {field}
    assert (await api.get("/api-keys")).status_code == 200
    assert (await api.get("/users/ann@example.com")).status_code == 200


async def test_a_moment_in_another_time_zone_is_kept_as_the_same_moment(
    api: httpx.AsyncClient, staffed: Home
) -> None:
    sent = {"name": "x", "scopes": ["admin:read"], "expiresAt": "2200-12-31T23:30:00+01:00"}
    assert (await made(api, "/api-keys", **sent))["expiresAt"] == "2200-12-31T22:30:00Z"


@pytest.mark.parametrize(
    ("limits", "asked", "fields"),
    [
        ({"expires": True}, {}, {"expiresAt"}),
        ({"expires": True}, {"later": 2 * HOUR}, {"expiresAt"}),
        ({"expires": True}, {"later": HOUR}, set()),
        ({}, {}, set()),
        ({}, {"readRate": 1001, "writeRate": 101}, {"readRate", "writeRate"}),
        ({}, {"readRate": 1000, "writeRate": 100}, set()),
        ({"read_rate": 5000}, {"readRate": 5001, "writeRate": 101}, {"readRate", "writeRate"}),
        ({"read_rate": 5000}, {"readRate": 5000}, set()),
        ({"read_rate": 50, "write_rate": 50}, {}, {"readRate", "writeRate"}),
        ({"read_rate": 50, "write_rate": 50}, {"readRate": 50, "writeRate": 50}, set()),
    ],
)
async def test_a_key_makes_no_key_beyond_its_own_limits(
    api: httpx.AsyncClient, home: Home, limits: dict[str, Any], asked: dict[str, Any], fields: set[str]
) -> None:
    # The database tells by its own clock whether a key has ended, so the end is counted from the real time.
    now = datetime.now(UTC)
    limits, asked = dict(limits), dict(asked)
    if limits.pop("expires", False):
        limits["expires_at"] = now + HOUR
    if "later" in asked:
        asked["expiresAt"] = (now + asked.pop("later")).isoformat()
    key = await home.new_key("admin:write", **limits)
    before = (await api.get("/api-keys")).json()["data"]
    sent = {"name": "child", "scopes": ["admin:read"], **asked}
    answer = await api.post("/api-keys", json=sent, headers=bearer(key))
    assert answer.status_code == (422 if fields else 201), answer.text
    assert not fields or set(answer.json()["details"]) == fields
    assert len((await api.get("/api-keys")).json()["data"]) == len(before) + (0 if fields else 1)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/groups/chiefs/roles", {"roles": ["user"]}),
        ("POST", "/groups/chiefs/roles", {"role": "user"}),
        ("DELETE", "/groups/chiefs/roles/admin", None),
    ],
)
async def test_changes_of_the_roles_of_one_group_wait_for_one_another(
    own_database: str,
    clock: FrozenClock,
    services: Services,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    async with committing(own_database, clock) as works:
        home = await make_home(works)
        app: Any = build(msgspec.structs.replace(services, works=works))
        base = f"http://localhost/t/{home.slug}/api/v1/admin"
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=bearer(home.key)) as api:
            await made(api, "/groups", name="Chiefs", roles=["admin"])
            async with acting(home) as work:
                await get_group_for_change(work, "chiefs")
                call = asyncio.create_task(api.request(method, path, json=body))

                async def settled() -> bool:
                    return call.done() or await lock_is_awaited(own_database)

                await until(settled)
                assert not call.done()
            assert (await call).status_code == 200
