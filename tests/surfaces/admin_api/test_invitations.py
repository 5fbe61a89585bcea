"""Invitations over the API: the same keys, errors, limits and repeated requests as the admin API."""

from typing import Any

import httpx
import pytest

from tests.support.access import bearer, events_of, made
from tests.support.invitations import ANITA, accept
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
BODY = {"email": ANITA, "name": "Anita Singh", "message": "Hello"}


@pytest.fixture
def portal(api: httpx.AsyncClient, home: Home) -> httpx.AsyncClient:
    """The application and the key, one step up from the admin API."""
    api.base_url = httpx.URL(f"http://localhost/t/{home.slug}/api/v1/")
    return api


async def invited(portal: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    return await made(portal, "invitations", **{**BODY, **more})


async def states(portal: httpx.AsyncClient, **query: Any) -> dict[str, str]:
    answer = await portal.get("invitations", params=query)
    assert answer.status_code == 200, answer.text
    return {row["email"]: row["state"] for row in answer.json()["data"]}


async def test_an_invitation_is_made_shown_and_listed(portal: httpx.AsyncClient, home: Home) -> None:
    await made(portal, "admin/groups", name="Engineering")
    answer = await portal.post("invitations", json={**BODY, "roles": ["user"], "groups": ["engineering"]})
    assert answer.status_code == 201
    one = answer.json()["data"]
    assert answer.headers["location"] == f"/t/{home.slug}/api/v1/invitations/{one['id']}"
    assert (one["state"], one["roles"][0]["slug"], one["groups"][0]["name"]) == (
        "pending",
        "user",
        "Engineering",
    )
    shown = (await portal.get(f"invitations/{one['id']}")).json()["data"]
    assert (shown["links"], shown["expiresAt"]) == ([], "2026-03-11T12:00:00Z")
    listed = (await portal.get("invitations")).json()
    assert (listed["data"], listed["pagination"]["total"]) == ([one], 1)


async def test_a_duplicate_is_409_and_says_what_is_there(portal: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    one = await invited(portal)
    taken = await portal.post("invitations", json={"email": "ANN@example.com"})
    assert (taken.status_code, taken.json()["code"]) == (409, "duplicate_resource")
    assert taken.json()["details"] == {
        "email": "a user with this email already exists",
        "userId": str(ann.user.id),
    }
    again = await portal.post("invitations", json=BODY)
    assert (again.status_code, again.json()["details"]["invitationId"]) == (409, one["id"])
    created = await portal.post("admin/users", json={"email": ANITA})
    assert (created.status_code, created.json()["code"]) == (409, "duplicate_resource")
    assert "reserved" in created.json()["details"]["email"]


async def test_inviting_again_after_a_revocation_is_allowed(portal: httpx.AsyncClient) -> None:
    one = await invited(portal)
    revoked = await portal.post(f"invitations/{one['id']}/revoke")
    assert (revoked.status_code, revoked.json()["data"]["state"]) == (200, "revoked")
    again = await portal.delete(f"invitations/{one['id']}")
    assert (again.status_code, again.json()["message"]) == (200, "Invitation was revoked before")
    two = await invited(portal)
    assert (await portal.delete(f"invitations/{two['id']}")).json()["message"] == "Invitation revoked"


async def test_a_link_to_hand_over_is_shown_once(portal: httpx.AsyncClient, home: Home) -> None:
    one = await invited(portal, sendEmail=False)
    headers = {"Idempotency-Key": "once"}
    first = await portal.post(f"invitations/{one['id']}/link", headers=headers)
    link = first.json()["data"]["link"]
    assert link.startswith(f"http://localhost:8400/t/{home.slug}/invitation?token=")
    repeated = await portal.post(f"invitations/{one['id']}/link", headers=headers)
    assert repeated.json()["data"] == {"expiresAt": "2026-03-11T12:00:00Z"}
    assert repeated.headers["idempotency-secret-left-out"] == "true"
    user = await accept(home, link.partition("token=")[2])
    shown = (await portal.get(f"invitations/{one['id']}")).json()["data"]
    assert (shown["state"], shown["userId"]) == ("accepted", str(user.id))
    assert [(link["channel"], link["state"]) for link in shown["links"]] == [("offline", "used")]
    closed = await portal.post(f"invitations/{one['id']}/resend")
    assert (closed.status_code, closed.json()["details"]) == (409, {"state": "the invitation was accepted"})


async def test_sending_again_too_soon_is_429(portal: httpx.AsyncClient) -> None:
    one = await invited(portal)
    answer = await portal.post(f"invitations/{one['id']}/resend")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "31")


async def test_a_list_is_filtered_and_goes_on_by_cursor(portal: httpx.AsyncClient) -> None:
    three = [await invited(portal, email=f"{name}@example.com") for name in ("a", "b", "c")]
    await portal.delete(f"invitations/{three[2]['id']}")
    assert await states(portal, state="pending") == {"a@example.com": "pending", "b@example.com": "pending"}
    assert await states(portal, email="C@example.com") == {"c@example.com": "revoked"}
    assert await states(portal, search="b@") == {"b@example.com": "pending"}
    first = (await portal.get("invitations", params={"limit": 2})).json()
    rest = await portal.get("invitations", params={"limit": 2, "cursor": first["pagination"]["nextCursor"]})
    assert [row["email"] for row in rest.json()["data"]] == ["a@example.com"]


@pytest.mark.parametrize(
    ("query", "named"), [("state=lost", "state"), ("sortBy=name", "sortBy"), ("nonsense=1", "nonsense")]
)
async def test_a_bad_query_is_400_and_named(portal: httpx.AsyncClient, query: str, named: str) -> None:
    answer = await portal.get(f"invitations?{query}")
    assert (answer.status_code, list(answer.json()["details"])) == (400, [named])


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({}, 422, "email"),
        ({"email": "nobody"}, 422, "email"),
        ({"email": 3}, 400, "email"),
        ({**BODY, "role": "user"}, 422, "role"),
        ({**BODY, "roles": ["nobody"]}, 422, "roles"),
        ({**BODY, "groups": ["nobody"]}, 422, "groups"),
        ({**BODY, "message": "x" * 2001}, 422, "message"),
        ({**BODY, "name": "a\x00"}, 422, "name"),
    ],
)
async def test_bad_input_names_the_field(
    portal: httpx.AsyncClient, body: dict[str, Any], status: int, named: str
) -> None:
    answer = await portal.post("invitations", json=body)
    assert (answer.status_code, list(answer.json()["details"])) == (status, [named])
    assert await states(portal) == {}


@pytest.mark.parametrize("ref", ["nonsense", "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20"])
async def test_an_unknown_invitation_is_404_everywhere(portal: httpx.AsyncClient, ref: str) -> None:
    calls = [("GET", ""), ("DELETE", ""), ("POST", "/resend"), ("POST", "/link"), ("POST", "/revoke")]
    for method, path in calls:
        assert (await portal.request(method, f"invitations/{ref}{path}")).status_code == 404


async def test_what_a_key_may_do_depends_on_its_scopes(portal: httpx.AsyncClient, home: Home) -> None:
    reader = bearer(await home.new_key("admin:read"))
    creator = bearer(await home.new_key("internal_user_mgt_create"))
    assert (await portal.get("invitations", headers=reader)).status_code == 200
    refused = await portal.post("invitations", json=BODY, headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert (await portal.post("invitations", json=BODY, headers=creator)).status_code == 201
    with_role = {"email": "bob@example.com", "roles": ["user"]}
    assert (await portal.post("invitations", json=with_role, headers=creator)).status_code == 403
    assert (await portal.get("invitations", headers=creator)).status_code == 403
    assert (await portal.get("invitations", headers=bearer("sk_live_x"))).status_code == 401


async def test_nobody_invites_administrators_without_being_one(portal: httpx.AsyncClient, home: Home) -> None:
    manager = bearer(await home.new_key("admin:users"))
    refused = await portal.post("invitations", json={**BODY, "roles": ["admin"]}, headers=manager)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    one = await invited(portal, roles=["admin"])
    for path in ("/link", "/resend", "/revoke"):
        answer = await portal.post(f"invitations/{one['id']}{path}", headers=manager)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


async def test_many_get_a_row_each(portal: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com")
    entries: list[Any] = [
        BODY,
        {"email": "ann@example.com"},
        {"email": ANITA},
        {"email": "nobody"},
        {"mail": "x"},
        3,
        {"email": "bob@example.com", "roles": ["nobody"]},
        {"email": "zoe@example.com", "roles": ["user"]},
    ]
    answer = await portal.post("invitations/bulk", json={"invitations": entries})
    assert answer.status_code == 200, answer.text
    result = answer.json()["data"]
    assert (result["invited"], result["refused"]) == (2, 6)
    assert [row["status"] for row in result["results"]] == [201, 409, 409, 422, 422, 400, 422, 201]
    assert [row["index"] for row in result["results"]] == list(range(8))
    assert result["results"][1]["error"]["details"]["email"] == "a user with this email already exists"
    assert await states(portal) == {ANITA: "pending", "zoe@example.com": "pending"}
    assert len(await events_of(home, "user.invited")) == 2


@pytest.mark.parametrize("count", [0, 1001])
async def test_nobody_or_too_many_at_once_are_refused(portal: httpx.AsyncClient, count: int) -> None:
    entries = [{"email": f"person{number}@example.com"} for number in range(count)]
    answer = await portal.post("invitations/bulk", json={"invitations": entries})
    assert (answer.status_code, list(answer.json()["details"])) == (422, ["invitations"])
    assert await states(portal) == {}


async def test_a_thousand_are_invited_in_one_call(portal: httpx.AsyncClient) -> None:
    entries = [{"email": f"person{number}@example.com"} for number in range(1000)]
    answer = await portal.post("invitations/bulk", json={"invitations": entries})
    assert (answer.status_code, answer.json()["data"]["invited"]) == (200, 1000)


async def test_a_repeated_request_invites_once(portal: httpx.AsyncClient, home: Home) -> None:
    headers = {"Idempotency-Key": "again"}
    first = await portal.post("invitations", json=BODY, headers=headers)
    second = await portal.post("invitations", json=BODY, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(await events_of(home, "user.invited")) == 1


async def test_the_neighbours_invitations_are_not_ours(
    portal: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    one = await invited(portal)
    theirs = bearer(neighbour.key)
    path = f"http://localhost/t/{neighbour.slug}/api/v1/invitations"
    assert (await portal.get(f"{path}/{one['id']}", headers=theirs)).status_code == 404
    assert (await portal.delete(f"{path}/{one['id']}", headers=theirs)).status_code == 404
    assert (await portal.post(path, json=BODY, headers=theirs)).status_code == 201
    assert (await portal.get("invitations", headers=theirs)).status_code == 401
