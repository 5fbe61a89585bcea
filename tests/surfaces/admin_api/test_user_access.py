"""The roles, groups and permissions of one user over the admin API."""

from uuid import uuid4

import httpx
import pytest

from tests.support.access import bearer, made, slugs, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
ANN = "/users/ann@example.com"


async def test_roles_are_replaced_and_the_answer_is_the_whole_user_with_its_etag(
    api: httpx.AsyncClient, home: Home
) -> None:
    ann = await user_id(home, roles=["auditor"])
    before = (await api.get(ANN)).headers["ETag"]
    response = await api.put(
        f"/users/{ann}/roles", json={"roles": ["user", "admin", "user"]}, headers={"If-Match": before}
    )
    assert response.status_code == 200
    user = response.json()["data"]
    assert user["roles"] == [{"slug": "admin", "name": "Administrator"}, {"slug": "user", "name": "User"}]
    assert (user["email"], response.json()["message"]) == ("ann@example.com", "User roles updated")
    assert response.headers["ETag"] == f'"{user["version"]}"' != before
    stale = await api.put(f"/users/{ann}/roles", json={"roles": []}, headers={"If-Match": before})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    cleared = await api.put(
        f"/users/{ann}/roles", json={"roles": []}, headers={"If-Match": response.headers["ETag"]}
    )
    assert cleared.json()["data"]["roles"] == []


async def test_groups_are_replaced_and_the_answer_is_the_whole_user_with_its_etag(
    api: httpx.AsyncClient, home: Home
) -> None:
    for name in ("Sales", "Support"):
        await made(api, "/groups", name=name)
    await user_id(home, groups=["sales"])
    response = await api.put(f"{ANN}/groups", json={"groups": ["support"]})
    assert response.json()["data"]["groups"] == [{"slug": "support", "name": "Support"}]
    assert response.headers["ETag"] == f'"{response.json()["data"]["version"]}"'
    for tag in ('"1"', '"nonsense"'):
        stale = await api.put(f"{ANN}/groups", json={"groups": []}, headers={"If-Match": tag})
        assert stale.status_code == 412
    assert (await api.put(f"{ANN}/groups", json={"groups": []}, headers={"If-Match": "*"})).json()["data"][
        "groups"
    ] == []


async def test_single_roles_are_added_and_taken(api: httpx.AsyncClient, home: Home) -> None:
    await user_id(home)
    for body in ({"role": "user"}, {"roles": ["user", "auditor"]}):
        response = await api.post(f"{ANN}/roles", json=body)
        assert response.status_code == 200
    assert await slugs(api, f"{ANN}/roles") == ["auditor", "user"]
    taken = await api.delete(f"{ANN}/roles/user")
    assert [role["slug"] for role in taken.json()["data"]["roles"]] == ["auditor"]
    for role in ("user", "nope"):
        again = await api.delete(f"{ANN}/roles/{role}")
        assert (again.status_code, again.json()["code"]) == (404, "resource_not_found")


async def test_single_groups_are_added_and_taken(api: httpx.AsyncClient, home: Home) -> None:
    sales = await made(api, "/groups", name="Sales")
    await user_id(home)
    added = await api.post(f"{ANN}/groups", json={"group": sales["id"]})
    assert added.json()["data"]["groups"] == [{"slug": "sales", "name": "Sales"}]
    assert await slugs(api, f"{ANN}/groups") == ["sales"]
    assert (await api.delete(f"{ANN}/groups/{sales['id']}")).json()["data"]["groups"] == []
    assert (await api.delete(f"{ANN}/groups/sales")).status_code == 404
    assert (await api.delete(f"{ANN}/groups/nope")).status_code == 404


async def test_effective_roles_and_permissions_say_where_they_come_from(
    api: httpx.AsyncClient, home: Home
) -> None:
    await with_permissions(home)
    await made(api, "/permissions", slug="orders:refund", name="Refund")
    await made(api, "/roles", name="Clerk", permissions=["orders:refund", "users:read"])
    await made(api, "/groups", name="Shop", roles=["clerk"])
    await made(api, "/groups", name="Desk", roles=["clerk", "auditor"])
    await user_id(home, roles=["clerk"], groups=["shop", "desk"])
    assert await slugs(api, f"{ANN}/roles") == ["clerk"]
    effective = (await api.get(f"{ANN}/roles", params={"effective": "true"})).json()
    assert effective["pagination"]["total"] == 2
    desk, shop = {"slug": "desk", "name": "Desk"}, {"slug": "shop", "name": "Shop"}
    assert [(row["slug"], row["via"]) for row in effective["data"]] == [
        ("auditor", {"direct": False, "groups": [desk]}),
        ("clerk", {"direct": True, "groups": [desk, shop]}),
    ]
    held = (await api.get(f"{ANN}/permissions", params={"sortBy": "slug"})).json()
    assert [row["slug"] for row in held["data"]] == [
        "audit:export", "audit:read", "groups:read", "orders:refund", "roles:read", "users:read",
    ]  # fmt: skip
    assert held["data"][3]["roles"] == [
        {"slug": "clerk", "name": "Clerk", "direct": True, "groups": ["desk", "shop"]}
    ]
    assert [role["slug"] for role in held["data"][5]["roles"]] == ["auditor", "clerk"]


@pytest.mark.parametrize("what", ["roles", "groups"])
async def test_bad_lists_name_the_field_and_change_nothing(
    api: httpx.AsyncClient, home: Home, what: str
) -> None:
    await made(api, "/groups", name="Sales")
    await user_id(home, roles=["user"], groups=["sales"])
    known = {"roles": "user", "groups": "sales"}[what]
    for body, status, field in (
        ({}, 422, what),
        ({what: "x"}, 400, what),
        ({what: [5]}, 400, f"{what}[0]"),
        ({what: [known, "nope", "neither"]}, 422, what),
        ({what: ["x"] * 101}, 422, what),
        ({what: ["y"] * 10_000}, 422, what),
        ({what: [], "extra": 1}, 422, "extra"),
    ):
        response = await api.put(f"{ANN}/{what}", json=body)
        assert (response.status_code, list(response.json()["details"])) == (status, [field])
    unknown = await api.put(f"{ANN}/{what}", json={what: [known, "nope", "neither"]})
    assert unknown.json()["details"] == {what: "unknown: nope, neither"}
    assert await slugs(api, f"{ANN}/{what}") == [known]
    single = what.removesuffix("s")
    for wrong in ({}, {single: known, what: [known]}, {single: "nope"}):
        assert (await api.post(f"{ANN}/{what}", json=wrong)).status_code == 422


async def test_everything_below_an_unknown_user_is_not_found(api: httpx.AsyncClient) -> None:
    await made(api, "/groups", name="Sales")
    for ref in (uuid4(), "nobody@example.com", "nonsense"):
        for method, path, body in (
            ("GET", "roles", None),
            ("PUT", "roles", {"roles": []}),
            ("POST", "roles", {"role": "user"}),
            ("DELETE", "roles/user", None),
            ("GET", "groups", None),
            ("PUT", "groups", {"groups": []}),
            ("POST", "groups", {"group": "sales"}),
            ("DELETE", "groups/sales", None),
            ("GET", "permissions", None),
        ):
            response = await api.request(method, f"/users/{ref}/{path}", json=body)
            assert (response.status_code, response.json()["code"]) == (404, "resource_not_found"), (
                method,
                path,
            )


async def test_a_users_key_cannot_make_an_admin_but_may_do_the_rest(
    api: httpx.AsyncClient, home: Home
) -> None:
    await with_permissions(home)
    await user_id(home)
    headers = bearer(await home.new_key("admin:users"))
    for method, body in (("PUT", {"roles": ["user", "tenant_admin"]}), ("POST", {"role": "admin"})):
        response = await api.request(method, f"{ANN}/roles", json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert "admin" in response.json()["details"]["roles"]
    assert (
        await api.put(f"{ANN}/roles", json={"roles": ["user_manager"]}, headers=headers)
    ).status_code == 200
    assert await slugs(api, f"{ANN}/roles") == ["user_manager"]


async def test_keys_for_roles_and_groups_need_no_right_over_users(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    await made(api, "/groups", name="Sales")
    await user_id(home)
    for scope, what, ref in (("admin:roles", "roles", "user"), ("admin:groups", "groups", "sales")):
        headers = bearer(await home.new_key(scope))
        response = await api.put(f"{ANN}/{what}", json={what: [ref]}, headers=headers)
        assert response.status_code == 200, response.text
        reader = bearer(await home.new_key("admin:read"))
        refused = await api.put(f"{ANN}/{what}", json={what: []}, headers=reader)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
