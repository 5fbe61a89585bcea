"""API keys over the admin API."""

import httpx
import pytest

from tests.support.access import bearer, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
NEW = {"name": "Nightly sync", "scopes": ["admin:users"], "expiresAt": "2090-01-15T10:30:00Z"}


async def test_a_key_is_shown_once_works_and_dies_when_it_is_revoked(api: httpx.AsyncClient) -> None:
    created = await api.post("/api-keys", json=NEW)
    assert created.status_code == 201
    key = created.json()["data"]
    secret = key.pop("key")
    assert secret.startswith(key["hint"])
    assert (key["status"], key["scopes"], key["expiresAt"]) == (
        "active",
        ["admin:users"],
        "2090-01-15T10:30:00Z",
    )
    assert (await api.get("/users", headers=bearer(secret))).status_code == 200
    assert (await api.get("/api-keys", headers=bearer(secret))).status_code == 403
    one = await api.get(f"/api-keys/{key['id']}")
    assert one.json()["data"] == key
    assert secret not in (await api.get("/api-keys")).text
    revoked = await api.delete(f"/api-keys/{key['id']}")
    assert (revoked.status_code, revoked.json()["data"]["status"]) == (200, "revoked")
    assert (await api.get("/users", headers=bearer(secret))).status_code == 401
    assert (await api.delete(f"/api-keys/{key['id']}")).status_code == 200


async def test_a_repeated_request_gets_the_answer_without_the_key(api: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await api.post("/api-keys", json=NEW, headers=headers)
    second = await api.post("/api-keys", json=NEW, headers=headers)
    assert second.status_code == 201
    assert "key" not in second.json()["data"]
    assert second.json()["data"]["id"] == first.json()["data"]["id"]
    assert second.headers["Idempotency-Secret-Left-Out"] == "true"
    assert (await api.get("/api-keys", params={"search": "nightly"})).json()["pagination"]["total"] == 1


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"name": " "}, 422, "name"),
        ({"scopes": []}, 422, "scopes"),
        ({"scopes": ["admin:everything"]}, 422, "scopes"),
        ({"scopes": "admin:read"}, 400, "scopes"),
        ({"expiresAt": "2020-01-15T10:30:00Z"}, 422, "expiresAt"),
        ({"expiresAt": "2090-01-15T10:30:00"}, 422, "expiresAt"),
        ({"expiresAt": "tomorrow"}, 400, "expiresAt"),
        ({"readRate": 0}, 422, "readRate"),
        ({"writeRate": 10**9}, 422, "writeRate"),
        ({"key": "sk_live_mine"}, 422, "key"),
    ],
)
async def test_bad_bodies_name_the_field(
    api: httpx.AsyncClient, changed: dict[str, object], status: int, field: str
) -> None:
    response = await api.post("/api-keys", json={**NEW, **changed})
    assert (response.status_code, list(response.json()["details"])) == (status, [field])


async def test_keys_are_listed_searched_and_sorted(api: httpx.AsyncClient) -> None:
    for name in ("beta", "Alpha"):
        await api.post("/api-keys", json={**NEW, "name": name})

    async def names(**query: str) -> list[str]:
        return [row["name"] for row in (await api.get("/api-keys", params=query)).json()["data"]]

    assert await names() == ["Alpha", "beta", "test"]
    assert await names(sortBy="createdAt") == ["Alpha", "beta", "test"]
    assert await names(search="ALP") == ["Alpha"]
    assert (await api.get("/api-keys", params={"sortBy": "slug"})).status_code == 400


async def test_unknown_keys_are_not_found(api: httpx.AsyncClient) -> None:
    for ref in ("nonsense", "01890000-0000-7000-8000-000000000000"):
        assert (await api.get(f"/api-keys/{ref}")).status_code == 404
        assert (await api.delete(f"/api-keys/{ref}")).status_code == 404


async def test_only_a_key_that_may_everything_makes_keys(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    for scope in ("admin:read", "admin:users", "admin:roles", "admin:audit"):
        response = await api.post("/api-keys", json=NEW, headers=bearer(await home.new_key(scope)))
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


async def test_a_neighbours_key_is_not_there(api: httpx.AsyncClient, home: Home, neighbour: Home) -> None:
    other = str(api.base_url).replace(home.slug, neighbour.slug)
    theirs = await api.post(f"{other}/api-keys", json=NEW, headers=bearer(neighbour.key))
    ref = theirs.json()["data"]["id"]
    assert (await api.get(f"/api-keys/{ref}")).status_code == 404
    assert (await api.delete(f"/api-keys/{ref}")).status_code == 404
    assert (await api.get("/api-keys")).json()["pagination"]["total"] == 1
