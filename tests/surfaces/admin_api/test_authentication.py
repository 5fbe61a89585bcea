"""Who may call the admin API, and what everybody else hears."""

from datetime import timedelta

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer sk_live_wrong"}, {"Authorization": "Basic abc"}, {"X-API-Key": "nope"},
     {"Authorization": "Bearer " + "x" * 10_000}],
)  # fmt: skip
async def test_no_key_or_a_wrong_one_is_unauthenticated(
    api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    del api.headers["Authorization"]
    answer = await api.get("/users", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_token"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_malformed_body_without_a_key_is_unauthenticated_not_malformed(
    api: httpx.AsyncClient,
) -> None:
    del api.headers["Authorization"]
    assert (await api.post("/users", content=b"{")).status_code == 401


async def test_the_key_may_come_as_x_api_key(api: httpx.AsyncClient, home: Home) -> None:
    del api.headers["Authorization"]
    assert (await api.get("/users", headers={"X-API-Key": home.key})).status_code == 200


async def test_an_unknown_tenant_is_not_found(api: httpx.AsyncClient) -> None:
    for slug in ("nobody", "acme%00", "%00"):
        answer = await api.get(f"http://localhost/t/{slug}/api/v1/admin/users")
        assert answer.status_code == 404
        assert answer.json()["code"] == "tenant_not_found"


async def test_a_key_of_another_tenant_is_unknown_here(api: httpx.AsyncClient, neighbour: Home) -> None:
    answer = await api.get("/users", headers={"Authorization": f"Bearer {neighbour.key}"})
    assert answer.status_code == 401


async def test_an_expired_key_is_refused(api: httpx.AsyncClient, home: Home, clock: FrozenClock) -> None:
    key = await home.new_key("admin:read", expires_at=clock.now() + timedelta(days=1))
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            "update api_keys set expires_at = now() - interval '1 second' where expires_at is not null"
        )
    answer = await api.get("/users", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401


async def test_a_revoked_key_is_refused_at_its_next_call(api: httpx.AsyncClient, home: Home) -> None:
    key = await home.new_key("admin:read")
    headers = {"Authorization": f"Bearer {key}"}
    assert (await api.get("/users", headers=headers)).status_code == 200
    keys = (await api.get("/api-keys")).json()["data"]
    revoked = next(found for found in keys if found["scopes"] == ["admin:read"])
    assert (await api.delete(f"/api-keys/{revoked['id']}")).status_code == 200
    assert (await api.get("/users", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("admin:read", "POST", "/users"),
        ("admin:audit", "GET", "/users"),
        ("admin:groups", "DELETE", "/users/ann@example.com"),
        ("admin:roles", "POST", "/users"),
        ("admin:users", "GET", "/audit-logs"),
        ("admin:users", "PUT", "/settings"),
        ("internal_user_mgt_list", "DELETE", "/users/ann@example.com"),
    ],
)
async def test_a_key_without_the_scope_is_forbidden(
    api: httpx.AsyncClient, home: Home, scope: str, method: str, path: str
) -> None:
    await home.user()
    key = await home.new_key(scope)
    body = {"email": "x@example.com"} if method == "POST" else {}
    answer = await api.request(
        method,
        path,
        headers={"Authorization": f"Bearer {key}"},
        json=None if method in ("GET", "DELETE") else body,
    )
    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] == "insufficient_scope"
    assert (await api.get("/users/ann@example.com")).status_code == 200


async def test_no_secret_and_no_address_stands_in_a_path_of_the_log(
    api: httpx.AsyncClient, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    await home.user()
    await api.get("/users/ann@example.com")
    await api.get("/users/ann%40example.com")
    printed = capsys.readouterr()
    assert "ann" not in printed.err + printed.out
    assert home.key not in printed.err + printed.out
