"""Groups, their members and their roles over the admin API."""

import httpx
import pytest

from tests.support.access import bearer, made, slugs, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def test_a_group_is_created_read_changed_and_deleted(api: httpx.AsyncClient) -> None:
    created = await api.post("/groups", json={"name": "Ärzte", "description": "On call"})
    assert created.status_code == 201
    group = created.json()["data"]
    assert created.json()["message"] == "Group created"
    assert created.headers["Location"].endswith(f"/groups/{group['id']}")
    assert {
        key: group[key]
        for key in ("name", "slug", "description", "memberCount", "roleCount", "isSystem", "roles")
    } == {
        "name": "Ärzte",
        "slug": "arzte",
        "description": "On call",
        "memberCount": 0,
        "roleCount": 0,
        "isSystem": False,
        "roles": [],
    }
    assert "members" not in group
    for ref in (group["id"], "arzte"):
        assert (await api.get(f"/groups/{ref}")).json()["data"] == group
    changed = await api.patch(
        "/groups/arzte", json={"name": "Doctors", "slug": "doctors", "description": None}
    )
    assert changed.status_code == 200
    assert [changed.json()["data"][key] for key in ("name", "slug", "description")] == [
        "Doctors",
        "doctors",
        None,
    ]
    assert (await api.put("/groups/doctors", json={})).status_code == 200
    gone = await api.delete("/groups/doctors")
    assert (gone.status_code, gone.json()) == (200, {"message": "Group deleted"})
    missing = await api.get("/groups/doctors")
    assert (missing.status_code, missing.json()["code"]) == (404, "resource_not_found")


async def test_a_taken_slug_is_a_conflict_that_names_the_field(api: httpx.AsyncClient) -> None:
    await made(api, "/groups", name="Sales")
    await made(api, "/groups", name="Support")
    for response in (
        await api.post("/groups", json={"name": "x", "slug": "sales"}),
        await api.put("/groups/support", json={"slug": "sales"}),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "duplicate_resource")
        assert list(response.json()["details"]) == ["slug"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "name"),
        ({"name": 5}, 400, "name"),
        ({"name": ""}, 422, "name"),
        ({"name": "x", "slug": "A b"}, 422, "slug"),
        ({"name": "x", "colour": "red"}, 422, "colour"),
        ({"name": "x", "roles": ["nope"]}, 422, "roles"),
        ({"name": "x", "description": "y" * 1001}, 422, "description"),
        ({"name": "a\x00b"}, 422, "name"),
    ],
)
async def test_bad_bodies_name_the_field_and_leave_nothing(
    api: httpx.AsyncClient, body: dict[str, object], status: int, field: str
) -> None:
    response = await api.post("/groups", json=body)
    assert response.status_code == status
    assert list(response.json()["details"]) == [field]
    assert (await api.get("/groups")).json()["pagination"]["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"page": -1}, "page"),
        ({"cursor": "x"}, "cursor"),
        ({"sortBy": "size"}, "sortBy"),
        ({"sortDir": "up"}, "sortDir"),
        ({"search": "x" * 257}, "search"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_bad_list_parameters_name_the_field(
    api: httpx.AsyncClient, query: dict[str, str], field: str
) -> None:
    response = await api.get("/groups", params=query)
    assert (response.status_code, response.json()["code"]) == (400, "validation_error")
    assert list(response.json()["details"]) == [field]


async def test_the_list_is_searched_sorted_and_paged(api: httpx.AsyncClient) -> None:
    for name in ("delta", "Alpha", "charlie", "Bravo"):
        await made(api, "/groups", name=name)
    assert await slugs(api, "/groups") == ["alpha", "bravo", "charlie", "delta"]
    assert await slugs(api, "/groups", sortBy="slug", sortDir="desc") == [
        "delta",
        "charlie",
        "bravo",
        "alpha",
    ]
    assert await slugs(api, "/groups", sortBy="createdAt") == ["bravo", "charlie", "alpha", "delta"]
    assert await slugs(api, "/groups", search="RA") == ["bravo"]
    assert await slugs(api, "/groups", search="%") == []
    assert await slugs(api, "/groups", page=2, limit=3) == ["delta"]
    far = (await api.get("/groups", params={"page": 10**9})).json()
    assert (far["data"], far["meta"]["total"]) == ([], 4)
    assert far["meta"] == far["pagination"]
    for order in ({}, {"sortBy": "slug"}, {"sortBy": "createdAt"}, {"sortBy": "name", "sortDir": "DESC"}):
        seen, cursor = [], None
        while True:
            body = (
                await api.get(
                    "/groups", params={"limit": 3, **order, **({"cursor": cursor} if cursor else {})}
                )
            ).json()
            seen += [row["slug"] for row in body["data"]]
            cursor = body["pagination"]["nextCursor"]
            if cursor is None:
                break
        assert seen == await slugs(api, "/groups", **order)


async def test_members_are_added_listed_searched_and_removed(api: httpx.AsyncClient, home: Home) -> None:
    await made(api, "/groups", name="Sales")
    ann = await user_id(home, name="Ann Archer")
    await user_id(home, "bob@example.com", name="Bob Baker")
    response = await api.post(
        "/groups/sales/members", json={"userIds": [str(ann), "bob@example.com", str(ann)]}
    )
    assert (response.status_code, response.json()["data"]) == (200, {"added": 2, "alreadyThere": 0})
    again = await api.post("/groups/sales/members", json={"userIds": ["ann@example.com"]})
    assert again.json()["data"] == {"added": 0, "alreadyThere": 1}

    async def emails(**query: str | int) -> list[str]:
        body = (await api.get("/groups/sales/members", params=query)).json()
        return [row["email"] for row in body["data"]]

    assert await emails() == ["bob@example.com", "ann@example.com"]
    assert (
        await emails(sortBy="name") == await emails(sortBy="email") == ["ann@example.com", "bob@example.com"]
    )
    assert await emails(search="arch") == await emails(search="an") == ["ann@example.com"]
    assert await emails(limit=1, page=2) == ["ann@example.com"]
    first = (await api.get("/groups/sales/members", params={"limit": 1})).json()
    assert first["pagination"]["total"] == 2
    assert await emails(limit=1, cursor=first["pagination"]["nextCursor"]) == ["ann@example.com"]
    with_members = (await api.get("/groups/sales", params={"include": "members"})).json()["data"]
    assert [row["email"] for row in with_members["members"]] == ["bob@example.com", "ann@example.com"]

    assert (await api.delete("/groups/sales/members/ann@example.com")).status_code == 200
    twice = await api.delete("/groups/sales/members/ann@example.com")
    assert (twice.status_code, list(twice.json()["details"])) == (404, ["userId"])
    assert (await api.get("/groups/sales")).json()["data"]["memberCount"] == 1
    assert (await api.get("/users/ann@example.com")).json()["data"]["groups"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"userIds": "x"}, 400),
        ({"userIds": ["nobody@example.com"]}, 422),
        ({"userIds": ["x"] * 1001}, 422),
    ],
)
async def test_bad_members_name_the_field(
    api: httpx.AsyncClient, body: dict[str, object], status: int
) -> None:
    await made(api, "/groups", name="Sales")
    response = await api.post("/groups/sales/members", json=body)
    assert (response.status_code, list(response.json()["details"])) == (status, ["userIds"])


async def test_roles_of_a_group_are_replaced_added_and_taken(api: httpx.AsyncClient) -> None:
    group = await made(api, "/groups", name="Sales", roles=["user"])
    assert (group["roleCount"], group["roles"]) == (1, [{"slug": "user", "name": "User"}])
    replaced = await api.put("/groups/sales/roles", json={"roles": ["auditor", "user_manager"]})
    assert [role["slug"] for role in replaced.json()["data"]["roles"]] == ["auditor", "user_manager"]
    added = await api.post("/groups/sales/roles", json={"role": "user"})
    assert added.json()["data"]["roleCount"] == 3
    assert await slugs(api, "/groups/sales/roles", sortBy="slug") == ["auditor", "user", "user_manager"]
    taken = await api.delete("/groups/sales/roles/auditor")
    assert taken.json()["data"]["roleCount"] == 2
    assert (await api.delete("/groups/sales/roles/auditor")).status_code == 404
    assert (await api.delete("/groups/sales/roles/nope")).status_code == 404
    cleared = await api.put("/groups/sales", json={"roles": []})
    assert cleared.json()["data"]["roles"] == []
    for body in ({}, {"role": "user", "roles": []}, {"roles": ["nope"]}):
        assert (await api.post("/groups/sales/roles", json=body)).status_code == 422


async def test_every_path_below_an_unknown_group_is_not_found(api: httpx.AsyncClient, home: Home) -> None:
    await user_id(home)
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"name": "x"}),
        ("DELETE", "", None),
        ("GET", "/members", None),
        ("POST", "/members", {"userIds": []}),
        ("DELETE", "/members/ann@example.com", None),
        ("GET", "/roles", None),
        ("PUT", "/roles", {"roles": []}),
        ("POST", "/roles", {"role": "user"}),
        ("DELETE", "/roles/user", None),
    ):
        response = await api.request(method, f"/groups/nope{path}", json=body)
        assert (response.status_code, response.json()["code"]) == (404, "resource_not_found"), (method, path)


async def test_a_key_needs_the_scope(api: httpx.AsyncClient, home: Home) -> None:
    await with_permissions(home)
    await user_id(home)
    await made(api, "/groups", name="Sales", roles=["user"])
    reader, keeper = bearer(await home.new_key("admin:read")), bearer(await home.new_key("admin:groups"))
    assert (await api.get("/groups", headers=reader)).status_code == 200
    for headers, method, path, body in (
        (reader, "POST", "/groups", {"name": "x"}),
        (reader, "POST", "/groups/sales/members", {"userIds": ["ann@example.com"]}),
        (keeper, "PUT", "/groups/sales/roles", {"roles": []}),
        (keeper, "POST", "/groups", {"name": "x", "roles": ["user"]}),
    ):
        response = await api.request(method, path, json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    joined = await api.post("/groups/sales/members", json={"userIds": ["ann@example.com"]}, headers=keeper)
    assert joined.json()["data"]["added"] == 1
    assert (await api.get("/groups")).json()["pagination"]["total"] == 1


async def test_a_groups_key_cannot_smuggle_somebody_into_a_group_of_admins(
    api: httpx.AsyncClient, home: Home
) -> None:
    await with_permissions(home)
    await user_id(home)
    await made(api, "/groups", name="Bosses", roles=["tenant_admin"])
    for scope in ("admin:groups", "admin:users"):
        headers = bearer(await home.new_key(scope))
        for method, path, body in (
            ("POST", "/groups/bosses/members", {"userIds": ["ann@example.com"]}),
            ("POST", "/users/ann@example.com/groups", {"group": "bosses"}),
            ("PUT", "/users/ann@example.com/groups", {"groups": ["bosses"]}),
        ):
            response = await api.request(method, path, json=body, headers=headers)
            assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
            assert "bosses" in response.json()["message"]
    assert (await api.get("/groups/bosses")).json()["data"]["memberCount"] == 0


async def test_a_neighbours_groups_are_not_there(api: httpx.AsyncClient, home: Home, neighbour: Home) -> None:
    mine = await made(api, "/groups", name="Sales")
    other = str(api.base_url).replace(home.slug, neighbour.slug)
    theirs = await api.post(f"{other}/groups", json={"name": "Sales"}, headers=bearer(neighbour.key))
    assert theirs.status_code == 201
    assert theirs.json()["data"]["slug"] == "sales"
    stranger = await user_id(neighbour, "eve@example.com")
    assert (await api.get(f"/groups/{theirs.json()['data']['id']}")).status_code == 404
    assert (await api.post("/groups/sales/members", json={"userIds": [str(stranger)]})).status_code == 422
    assert (await api.post(f"/users/{stranger}/groups", json={"group": "sales"})).status_code == 404
    assert [row["id"] for row in (await api.get("/groups")).json()["data"]] == [mine["id"]]
