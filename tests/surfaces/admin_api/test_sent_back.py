"""What GET answered is sent back whole: nothing changes, and what cannot be changed is refused by name."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.access import bearer, events_of, made, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio

THINGS: dict[str, dict[str, Any]] = {
    "/users/ann@example.com": {"email": "ann@example.com", "roles": ["user"], "groups": []},
    "/groups/sales": {"name": "Sales", "description": "Who sells", "roles": ["user", "auditor"]},
    "/roles/support": {"name": "Support", "permissions": ["users:read", "orders:refund"]},
    "/permissions/orders:refund": {"slug": "orders:refund", "name": "Refund orders"},
}
CHANGED = {
    "/users/ann@example.com": ("user.updated", {"name": "Ann Lee"}),
    "/groups/sales": ("group.updated", {"description": "New"}),
    "/roles/support": ("role.updated", {"description": "New"}),
    "/permissions/orders:refund": ("permission.updated", {"description": "New"}),
}
IDS = [address.split("/")[1] for address in THINGS]
in_each = pytest.mark.parametrize("address", THINGS, ids=IDS)


@pytest_asyncio.fixture
async def furnished(api: httpx.AsyncClient, home: Home) -> httpx.AsyncClient:
    await with_permissions(home)
    for address in (
        "/permissions/orders:refund",
        "/roles/support",
        "/groups/sales",
        "/users/ann@example.com",
    ):
        await made(api, "/" + address.split("/")[1], **THINGS[address])
    return api


async def got(api: httpx.AsyncClient, address: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await api.get(address)).json()
    return answer


@in_each
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_whole_answer_is_accepted_and_changes_nothing(
    furnished: httpx.AsyncClient, home: Home, address: str, method: str
) -> None:
    whole = await got(furnished, address)
    for body in (whole, whole["data"], {"message": "as it came", **whole}):
        answer = await furnished.request(method, address, json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == whole["data"]
    assert await events_of(home, CHANGED[address][0]) == []


@in_each
async def test_one_field_is_changed_in_a_whole_answer(furnished: httpx.AsyncClient, address: str) -> None:
    whole = await got(furnished, address)
    _, change = CHANGED[address]
    whole["data"].update(change)
    answer = await furnished.put(address, json=whole)
    assert answer.status_code == 200, answer.text
    assert change.items() <= answer.json()["data"].items()
    assert change.items() <= (await got(furnished, address))["data"].items()


@in_each
async def test_every_changed_read_only_field_is_named_and_nothing_is_written(
    furnished: httpx.AsyncClient, home: Home, address: str
) -> None:
    whole = await got(furnished, address)
    wrong = {"id": "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20", "createdAt": "2020-01-01T00:00:00Z"}
    answer = await furnished.put(address, json={"data": {**whole["data"], **CHANGED[address][1], **wrong}})
    assert answer.status_code == 422
    assert set(answer.json()["details"]) == set(wrong)
    assert await got(furnished, address) == whole
    assert await events_of(home, CHANGED[address][0]) == []


async def test_counts_and_sign_ins_may_have_moved_meanwhile(furnished: httpx.AsyncClient) -> None:
    group = (await got(furnished, "/groups/sales"))["data"]
    assert (
        await furnished.post("/groups/sales/members", json={"userIds": ["ann@example.com"]})
    ).status_code == 200
    answer = await furnished.put("/groups/sales", json=group)
    assert (answer.status_code, answer.json()["data"]["memberCount"]) == (200, 1)
    ann = (await got(furnished, "/users/ann@example.com"))["data"]
    assert (await furnished.put("/users/ann@example.com", json={**ann, "loginCount": 7})).status_code == 200


async def test_the_members_of_a_group_are_read_only_too(furnished: httpx.AsyncClient) -> None:
    await furnished.post("/groups/sales/members", json={"userIds": ["ann@example.com"]})
    whole = await got(furnished, "/groups/sales?include=members")
    assert len(whole["data"]["members"]) == 1
    assert (await furnished.put("/groups/sales", json=whole)).status_code == 200
    whole["data"]["members"] = []
    answer = await furnished.put("/groups/sales", json=whole)
    assert (answer.status_code, list(answer.json()["details"])) == (422, ["members"])
    assert "/members" in answer.json()["details"]["members"]


@pytest.mark.parametrize(
    ("address", "field", "kept", "new"),
    [
        ("/groups/sales", "roles", "user", "admin"),
        ("/roles/support", "permissions", "users:read", "groups:read"),
    ],
)
async def test_a_list_may_mix_what_get_shows_with_slugs(
    furnished: httpx.AsyncClient, address: str, field: str, kept: str, new: str
) -> None:
    shown = {row["slug"]: row for row in (await got(furnished, address))["data"][field]}
    answer = await furnished.patch(address, json={field: [shown[kept], new]})
    assert answer.status_code == 200, answer.text
    assert {row["slug"] for row in answer.json()["data"][field]} == {kept, new}


@pytest.mark.parametrize(
    ("address", "field"), [("/groups/sales", "roles"), ("/roles/support", "permissions")]
)
async def test_the_name_of_a_role_or_permission_is_not_changed_from_outside(
    furnished: httpx.AsyncClient, address: str, field: str
) -> None:
    whole = await got(furnished, address)
    sent = {
        **whole["data"],
        "description": "New",
        field: [{**row, "name": "Another"} for row in whole["data"][field]],
    }
    answer = await furnished.put(address, json=sent)
    assert (answer.status_code, list(answer.json()["details"])) == (422, [field])
    assert await got(furnished, address) == whole


async def test_unchanged_roles_need_no_right_to_give_roles_out(
    furnished: httpx.AsyncClient, home: Home
) -> None:
    key = bearer(await home.new_key("admin:groups"))
    whole = await got(furnished, "/groups/sales")
    whole["data"]["description"] = "New"
    assert (await furnished.put("/groups/sales", json=whole, headers=key)).status_code == 200
    whole["data"]["roles"] = []
    assert (await furnished.put("/groups/sales", json={"roles": []}, headers=key)).status_code == 403


async def test_a_blocked_flag_says_where_blocking_is_done(furnished: httpx.AsyncClient) -> None:
    for method in ("PUT", "PATCH"):
        answer = await furnished.request(method, "/users/ann@example.com", json={"blocked": True})
        assert answer.status_code == 422
        assert "POST …/block" in answer.json()["details"]["blocked"]
        assert "POST …/unblock" in answer.json()["message"]


async def test_the_settings_and_the_retention_are_taken_back_whole(
    api: httpx.AsyncClient, home: Home
) -> None:
    await user_id(home)
    assert (await api.put("/settings", json={"audit": {"retentionDays": 30}})).status_code == 200
    for address in ("/settings", "/audit-logs/retention"):
        whole = await got(api, address)
        for body in (whole, whole["data"]):
            answer = await api.put(address, json=body)
            assert (answer.status_code, answer.json()["data"]) == (200, whole["data"])
    assert len(await events_of(home, "config.updated")) == 1


@pytest.mark.parametrize(
    "body", [{"data": 5}, {"data": {"name": "x"}, "colour": "red"}, {"data": {"colour": "red"}}]
)
async def test_a_wrapped_body_is_checked_like_a_bare_one(
    furnished: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await furnished.put("/groups/sales", json=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["details"]


@pytest.mark.parametrize(
    "address", ["/roles/admin", "/roles/user", "/roles/auditor", "/permissions/users:read"]
)
async def test_what_the_system_has_fixed_is_taken_back_as_it_is_and_in_no_other_way(
    furnished: httpx.AsyncClient, home: Home, address: str
) -> None:
    whole = await got(furnished, address)
    for body in (whole, whole["data"]):
        answer = await furnished.put(address, json=body)
        assert (answer.status_code, answer.json()["data"]) == (200, whole["data"])
    assert (await furnished.patch(address, json={"name": "Mine"})).status_code == 403
    permissions = whole["data"].get("permissions")
    if permissions:
        assert (await furnished.put(address, json={"permissions": permissions[1:]})).status_code == 403
    assert await events_of(home, "role.updated") == await events_of(home, "permission.updated") == []
