"""The figures over the admin API."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.access import bearer
from tests.support.invitations import invited
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
STATES = {
    "active", "deleted", "disabled", "expired", "locked", "suspended", "pending_email_verification",
    "pending_initial_password_setup", "pending_mobile_verification", "pending_password_reset",
}  # fmt: skip


async def figures(api: httpx.AsyncClient, query: str = "", **headers: Any) -> dict[str, Any]:
    answer = await api.get(f"/figures{query}", **headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_the_figures_tell_of_people_days_and_actions(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ann = (await api.post("/users", json={"email": "ann@example.com"})).json()["data"]
    clock.advance(timedelta(days=1))
    await api.post(f"/users/{ann['id']}/block", json={"reason": "terms of use"})
    await invited(home)
    found = await figures(api, "?days=2")
    assert found["people"]["total"] == 1
    assert set(found["people"]["states"]) == STATES
    assert found["people"]["states"]["suspended"] == {"count": 1, "precision": "exact", "countedAt": None}
    assert found["people"]["states"]["active"]["count"] == 0
    assert found["pendingInvitations"]["count"] == 1
    nothing = {
        "signUps": 0,
        "signIns": 0,
        "failedSignIns": 0,
        "invitations": 0,
        "acceptances": 0,
        "deletions": 0,
    }
    assert found["days"] == [
        nothing | {"day": "2026-03-04", "signUps": 1},
        nothing | {"day": "2026-03-05", "invitations": 1},
    ]
    assert found["asOf"] == "2026-03-05T12:00:00Z"
    assert [entry["action"] for entry in found["recentActions"]] == ["user.suspended", "user.created"]
    assert found["recentActions"][0]["actor"]["label"] == "test"
    assert found["recentActions"][0]["target"]["id"] == ann["id"]


async def test_thirty_days_are_shown_unless_asked_otherwise(api: httpx.AsyncClient) -> None:
    assert len((await figures(api))["days"]) == 30
    assert len((await figures(api, "?days=366"))["days"]) == 366


@pytest.mark.parametrize(
    "query", ["days=0", "days=367", "days=-1", "days=many", "days=1.5", "days=1&days=2", "color=red"]
)
async def test_a_bad_query_is_refused_by_name(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/figures?{query}")
    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {query.partition("=")[0]}


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("admin:read", {"people", "pendingInvitations", "days", "asOf", "recentActions"}),
        ("admin:users", {"people", "pendingInvitations", "days", "asOf"}),
        ("admin:audit", {"recentActions"}),
    ],
)
async def test_what_a_key_may_not_see_is_null(
    api: httpx.AsyncClient, home: Home, scope: str, shown: set[str]
) -> None:
    found = await figures(api, headers=bearer(await home.new_key(scope)))
    assert {name for name, value in found.items() if value is not None} == shown


async def test_a_key_that_may_see_none_of_it_is_refused(api: httpx.AsyncClient, home: Home) -> None:
    key = await home.new_key("internal_user_mgt_create")
    answer = await api.get("/figures", headers=bearer(key))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_a_neighbour_sees_its_own_figures_alone(
    api: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await api.post("/users", json={"email": "ann@example.com"})
    await invited(home)
    there = f"http://localhost/t/{neighbour.slug}/api/v1/admin/figures"
    found = (await api.get(there, headers=bearer(neighbour.key))).json()["data"]
    assert found["people"]["total"] == 0
    assert found["pendingInvitations"]["count"] == 0
    assert not any(day["signUps"] or day["invitations"] for day in found["days"])
    assert found["recentActions"] == []
    assert (await api.get(there)).status_code == 401
