"""Roles, permissions, and the users who hold them, over the admin API."""

import httpx
import pytest

from tests.support.access import bearer, made, slugs, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
SYSTEM = ["admin", "app_manager", "auditor", "tenant_admin", "user", "user_manager"]


async def test_a_role_is_created_read_changed_and_deleted(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    await made(api, "/permissions", slug="orders:refund", name="Refund orders")
    created = await api.post(
        "/roles", json={"name": "Support Team", "permissions": ["users:read", "orders:refund"]}
    )
    assert created.status_code == 201
    role = created.json()["data"]
    assert (role["slug"], role["isSystem"], role["userCount"], role["groupCount"]) == (
        "support-team",
        False,
        0,
        0,
    )
    assert role["permissions"] == [
        {"slug": "orders:refund", "name": "Refund orders"},
        {"slug": "users:read", "name": "users:read"},
    ]
    for ref in (role["id"], "support-team"):
        assert (await api.get(f"/roles/{ref}")).json()["data"] == role
    changed = await api.patch("/roles/support-team", json={"name": "Support", "slug": "support"})
    assert changed.json()["data"]["permissions"] == role["permissions"]
    replaced = await api.put("/roles/support/permissions", json={"permissions": ["orders:refund"]})
    assert [row["slug"] for row in replaced.json()["data"]["permissions"]] == ["orders:refund"]
    assert await slugs(api, "/roles/support/permissions") == ["orders:refund"]
    assert (await api.delete("/roles/support")).json() == {"message": "Role deleted"}
    assert (await api.get("/roles/support")).status_code == 404


async def test_roles_are_listed_searched_and_filtered(api: httpx.AsyncClient) -> None:
    await made(api, "/roles", name="Developer")
    assert await slugs(api, "/roles", sortBy="slug") == sorted([*SYSTEM, "developer"])
    assert await slugs(api, "/roles", isSystem="false") == ["developer"]
    assert await slugs(api, "/roles", search="manager") == ["app_manager", "user_manager"]
    body = (await api.get("/roles", params={"limit": 2})).json()
    assert body["meta"] == body["pagination"]
    assert (body["meta"]["total"], body["meta"]["totalPages"], body["meta"]["hasNextPage"]) == (7, 4, True)


async def test_a_system_role_is_fixed(api: httpx.AsyncClient) -> None:
    for method, path, body in (
        ("PUT", "/roles/admin", {"name": "x"}),
        ("PATCH", "/roles/user", {"description": "x"}),
        ("PUT", "/roles/tenant_admin/permissions", {"permissions": []}),
        ("DELETE", "/roles/auditor", None),
    ):
        response = await api.request(method, path, json=body)
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert "system role" in response.json()["message"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "name"),
        ({"name": "x", "slug": "admin"}, 409, "slug"),
        ({"name": "x", "slug": "no good"}, 422, "slug"),
        ({"name": "x", "permissions": ["no:such"]}, 422, "permissions"),
        ({"name": "x", "permissions": ["users:read"] * 501}, 422, "permissions"),
        ({"name": "x", "isSystem": True}, 422, "isSystem"),
    ],
)
async def test_bad_bodies_name_the_field_and_leave_nothing(
    api: httpx.AsyncClient, body: dict[str, object], status: int, field: str
) -> None:
    response = await api.post("/roles", json=body)
    assert (response.status_code, list(response.json()["details"])) == (status, [field])
    assert (await api.get("/roles", params={"isSystem": "false"})).json()["pagination"]["total"] == 0


async def test_users_are_given_a_role_listed_and_taken_out(api: httpx.AsyncClient, home: Home) -> None:
    ann = await user_id(home)
    await user_id(home, "bob@example.com")
    given = await api.post("/roles/user/users", json={"userIds": [str(ann), "bob@example.com"]})
    assert given.json()["data"] == {"added": 2, "alreadyThere": 0}
    listed = (await api.get("/roles/user/users", params={"sortBy": "email"})).json()
    assert [row["email"] for row in listed["data"]] == ["ann@example.com", "bob@example.com"]
    assert listed["pagination"]["total"] == (await api.get("/roles/user")).json()["data"]["userCount"] == 2
    assert (await api.delete(f"/roles/user/users/{ann}")).status_code == 200
    assert (await api.delete(f"/roles/user/users/{ann}")).status_code == 404
    assert (await api.get(f"/users/{ann}")).json()["data"]["roles"] == []
    unknown = await api.post("/roles/user/users", json={"userIds": ["nobody@example.com"]})
    assert (unknown.status_code, list(unknown.json()["details"])) == (422, ["userIds"])


async def test_every_path_below_an_unknown_role_is_not_found(api: httpx.AsyncClient, home: Home) -> None:
    await user_id(home)
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"name": "x"}),
        ("DELETE", "", None),
        ("GET", "/permissions", None),
        ("PUT", "/permissions", {"permissions": []}),
        ("GET", "/users", None),
        ("POST", "/users", {"userIds": []}),
        ("DELETE", "/users/ann@example.com", None),
    ):
        response = await api.request(method, f"/roles/nope{path}", json=body)
        assert (response.status_code, response.json()["code"]) == (404, "resource_not_found"), (method, path)


async def test_permissions_are_created_changed_used_and_deleted(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    created = await api.post(
        "/permissions", json={"slug": "orders:refund", "description": "Gives money back"}
    )
    assert created.status_code == 201
    permission = created.json()["data"]
    assert [permission[key] for key in ("name", "category", "isSystem", "roleCount")] == [
        "orders:refund",
        "orders",
        False,
        0,
    ]
    await made(api, "/roles", name="Clerk", permissions=["orders:refund"])
    assert await slugs(api, "/permissions/orders:refund/roles") == ["clerk"]
    assert await slugs(api, f"/permissions/{permission['id']}/usage") == ["clerk"]
    assert (await api.get("/permissions/orders:refund")).json()["data"]["roleCount"] == 1
    changed = await api.put("/permissions/orders:refund", json={"name": "Refund", "category": "Money"})
    assert changed.json()["data"]["category"] == "Money"
    assert await slugs(api, "/permissions", category="Money") == ["orders:refund"]
    assert "users:read" in await slugs(api, "/permissions", isSystem="true", search="users")
    assert (await api.delete("/permissions/orders:refund")).status_code == 200
    assert (await api.get("/permissions/orders:refund")).status_code == 404


async def test_a_permission_with_a_dot_or_a_taken_slug_is_refused(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    dotted = await api.post("/permissions", json={"slug": "orders.refund"})
    assert (dotted.status_code, "colon" in dotted.json()["details"]["slug"]) == (422, True)
    taken = await api.post("/permissions", json={"slug": "users:read"})
    assert (taken.status_code, list(taken.json()["details"])) == (409, ["slug"])
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        fixed = await api.request(method, "/permissions/users:read", json=body)
        assert (fixed.status_code, fixed.json()["code"]) == (403, "permission_denied")


async def test_a_roles_key_cannot_make_itself_a_way_up(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    await user_id(home)
    await made(api, "/roles", name="Mine")
    headers = bearer(await home.new_key("admin:roles"))
    for method, path, body in (
        ("POST", "/roles", {"name": "x", "permissions": ["users:delete"]}),
        ("PUT", "/roles/mine", {"permissions": ["apikeys:write"]}),
        ("PUT", "/roles/mine/permissions", {"permissions": ["settings:write"]}),
        ("POST", "/roles/tenant_admin/users", {"userIds": ["ann@example.com"]}),
        ("PUT", "/users/ann@example.com/roles", {"roles": ["admin"]}),
        ("POST", "/users/ann@example.com/roles", {"role": "user_manager"}),
    ):
        response = await api.request(method, path, json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied"), path
    allowed = await api.put("/roles/mine/permissions", json={"permissions": ["users:read"]}, headers=headers)
    assert allowed.status_code == 200
    assert (await api.get("/users/ann@example.com/roles")).json()["data"] == []


async def test_a_neighbours_roles_are_not_there(api: httpx.AsyncClient, home: Home, neighbour: Home) -> None:
    other = str(api.base_url).replace(home.slug, neighbour.slug)
    await made(api, "/roles", name="Support")
    theirs = await api.post(f"{other}/roles", json={"name": "Support"}, headers=bearer(neighbour.key))
    assert theirs.json()["data"]["slug"] == "support"
    ref = theirs.json()["data"]["id"]
    stranger = await user_id(neighbour, "eve@example.com", roles=["support"])
    for method, path, body in (
        ("GET", f"/roles/{ref}", None),
        ("DELETE", f"/roles/{ref}", None),
        ("GET", f"/users/{stranger}/roles", None),
        ("PUT", f"/users/{stranger}/roles", {"roles": []}),
    ):
        assert (await api.request(method, path, json=body)).status_code == 404
    assert (await api.get("/roles/support")).json()["data"]["userCount"] == 0


@pytest.mark.parametrize("path", ["/roles", "/groups", "/permissions"])
async def test_a_nul_in_the_address_finds_nothing(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(f"{path}/admin%00")
    assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_found")
