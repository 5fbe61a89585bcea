"""The audit log over the admin API."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.db import Handle, Params, Query
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def created(api: httpx.AsyncClient, email: str = "ann@example.com", **fields: Any) -> dict[str, Any]:
    answer = await api.post("/users", json={"email": email, **fields})
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()["data"]
    return user


async def entries(api: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    answer = await api.get("/audit-logs", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def test_an_entry_names_actor_target_and_request(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/users", json={"email": "ann@example.com"}, headers={"X-Request-Id": "req-1", "User-Agent": "curl/8"}
    )
    (entry,) = await entries(api, action="user.created")
    assert entry["category"] == "user_management"
    assert entry["outcome"] == "success"
    assert entry["actor"]["type"] == "api_key"
    assert entry["actor"]["label"] == "test"
    assert entry["target"] == {
        "type": "user", "id": answer.json()["data"]["id"], "label": "ann@example.com", "email": "ann@example.com",
    }  # fmt: skip
    assert (entry["requestId"], entry["userAgent"], entry["ipAddress"]) == ("req-1", "curl/8", "127.0.0.1")
    assert entry["timestamp"] == "2026-03-04T12:00:00Z"
    assert entry["changes"] is None


async def test_a_change_shows_what_was_before_and_after(api: httpx.AsyncClient) -> None:
    user = await created(api, name="Ann")
    await api.put(f"/users/{user['id']}", json={"name": "Anna"})
    (entry,) = await entries(api, action="user.updated")
    assert entry["changes"]["name"] == {"from": "Ann", "to": "Anna"}


async def test_one_entry_is_got_by_its_id(api: httpx.AsyncClient) -> None:
    await created(api)
    (entry,) = await entries(api, action="user.created")
    answer = await api.get(f"/audit-logs/{entry['id']}")
    assert answer.json() == {"data": entry}
    for unknown in ("00000000-0000-7000-8000-000000000000", "nonsense"):
        answer = await api.get(f"/audit-logs/{unknown}")
        assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_found")


async def test_filters_come_from_the_query(api: httpx.AsyncClient, clock: FrozenClock) -> None:
    ann = await created(api)
    clock.advance(timedelta(days=1))
    bob = await created(api, "bob@example.com")
    assert [e["target"]["id"] for e in await entries(api, action="user.created")] == [bob["id"], ann["id"]]
    assert {e["target"]["id"] for e in await entries(api, targetId=ann["id"])} == {ann["id"]}
    assert [e["target"]["id"] for e in await entries(api, action="user.created", endDate="2026-03-04")] == [
        ann["id"]
    ]
    assert [e["target"]["id"] for e in await entries(api, action="user.created", startDate="2026-03-05")] == [
        bob["id"]
    ]
    moment = "2026-03-05T12:00:00Z"
    assert not await entries(api, action="user.created", startDate="2026-03-05", endDate=moment)
    assert {e["category"] for e in await entries(api, category="user_management")} == {"user_management"}
    assert await entries(api, outcome="denied") == []
    actor = (await entries(api, action="user.created"))[0]["actor"]["id"]
    assert len(await entries(api, actorId=actor, action="user.*")) == len(await entries(api, action="user.*"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("startDate=yesterday", "startDate"),
        ("startDate=2026-03-04T12:00:00", "startDate"),
        ("endDate=9999-12-31", "endDate"),
        ("startDate=0001-01-01T00:00:00%2B14:00", "startDate"),
        ("startDate=2026-03-04&endDate=2026-03-01", "endDate"),
        ("actorId=ann", "actorId"),
        ("outcome=great", "outcome"),
        ("category=none", "category"),
        ("action=a*b", "action"),
        ("action=", "action"),
        ("limit=101", "limit"),
        ("cursor=nonsense", "cursor"),
        ("color=red", "color"),
    ],
)
async def test_a_bad_query_is_refused_by_name(api: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await api.get(f"/audit-logs?{query}")
    assert answer.status_code == 400
    assert field in answer.json()["details"]


async def test_pages_carry_the_block_of_every_list(api: httpx.AsyncClient) -> None:
    for number in range(3):
        await created(api, f"ann{number}@example.com")
    first = (await api.get("/audit-logs", params={"action": "user.created", "limit": 2})).json()
    assert first["pagination"] == first["meta"]
    assert (first["meta"]["total"], first["meta"]["totalPages"], first["meta"]["totalIsExact"]) == (
        3,
        2,
        True,
    )
    cursor = first["meta"]["nextCursor"]
    second = (
        await api.get("/audit-logs", params={"action": "user.created", "limit": 2, "cursor": cursor})
    ).json()
    assert len(second["data"]) == 1
    assert second["meta"]["nextCursor"] is None


async def test_actions_and_counts(api: httpx.AsyncClient, clock: FrozenClock) -> None:
    await created(api)
    await created(api, "bob@example.com")
    clock.advance(timedelta(minutes=1))
    actions = (await api.get("/audit-logs/actions")).json()["data"]
    assert {"action": "user.created", "category": "user_management"} in actions
    stats = (await api.get("/audit-logs/stats")).json()["data"]
    assert {
        "action": "user.created",
        "category": "user_management",
        "count": 2,
        "countIsExact": True,
    } in stats["actions"]
    assert stats["byCategory"]["user_management"] >= 2
    assert stats["to"] == "2026-03-04T12:01:00Z"
    answer = await api.get("/audit-logs/stats", params={"startDate": "2020-01-01", "endDate": "2026-01-01"})
    assert answer.status_code == 400


async def test_retention_is_a_setting(api: httpx.AsyncClient) -> None:
    assert (await api.get("/audit-logs/retention")).json()["data"] == {
        "retentionDays": 90,
        "autoDelete": False,
    }
    answer = await api.put("/audit-logs/retention", json={"retentionDays": 365})
    assert answer.json()["data"] == {"retentionDays": 365, "autoDelete": False}
    await api.put("/audit-logs/retention", json={"retentionDays": None, "autoDelete": True})
    assert (await api.get("/audit-logs/retention")).json()["data"] == {
        "retentionDays": 90,
        "autoDelete": True,
    }
    assert (await api.get("/settings")).json()["data"]["audit"] == {"retentionDays": 90, "autoDelete": True}
    assert len(await entries(api, action="config.updated")) == 2


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"retentionDays": 0}, 422, "audit.retentionDays"),
        ({"retentionDays": 100_000}, 422, "audit.retentionDays"),
        ({"retentionDays": "90"}, 400, "retentionDays"),
        ({"planLimitDays": 90}, 422, "planLimitDays"),
    ],
)
async def test_a_bad_retention_is_refused_by_name(
    api: httpx.AsyncClient, body: dict[str, Any], status: int, field: str
) -> None:
    answer = await api.put("/audit-logs/retention", json=body)
    assert answer.status_code == status
    assert field in answer.json()["details"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_export_streams_every_entry_and_records_itself(
    api: httpx.AsyncClient, clock: FrozenClock, method: str
) -> None:
    for number in range(30):
        await created(api, f"ann{number}@example.com")
    clock.advance(timedelta(minutes=1))
    answer = await api.request(method, "/audit-logs/export?format=json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.json"'
    assert "content-length" not in answer.headers
    exported = answer.json()
    (own,) = await entries(api, action="audit.exported")
    assert own["metadata"]["format"] == "json"
    listed = [entry for entry in await entries(api, limit="100") if entry["id"] != own["id"]]
    assert exported == listed


async def test_an_empty_export_is_an_empty_array_or_a_head_line(api: httpx.AsyncClient) -> None:
    query = "from=2020-01-01&to=2020-01-02"
    assert (await api.get(f"/audit-logs/export?format=json&{query}")).json() == []
    assert (await api.get(f"/audit-logs/export?format=csv&{query}")).text.count("\r\n") == 1


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", 'a,"b"\nc'])
async def test_no_cell_of_a_csv_is_a_formula(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock, name: str
) -> None:
    await api.post(
        "/users", json={"email": "ann@example.com"}, headers={"User-Agent": name.replace("\n", " ")}
    )
    clock.advance(timedelta(minutes=1))
    answer = await api.get("/audit-logs/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, *lines = csv.reader(io.StringIO(answer.text))
    for line in lines:
        assert len(line) == len(head)
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)
    row = next(dict(zip(head, line, strict=True)) for line in lines if "user.created" in line)
    assert row["userAgent"].lstrip("'") == name.replace("\n", " ")
    assert row["target"] == "ann@example.com"


async def test_the_eleventh_export_of_an_hour_is_one_too_many(api: httpx.AsyncClient) -> None:
    for number in range(10):
        answer = await api.get("/audit-logs/export")
        assert answer.status_code == 200
        assert answer.headers["x-ratelimit-limit"] == "10"
        assert answer.headers["x-ratelimit-remaining"] == str(9 - number)
    answer = await api.get("/audit-logs/export")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 60
    assert len(await entries(api, action="audit.exported")) == 10


@pytest.mark.parametrize(
    "query", ["format=xml", "from=yesterday", "to=2020-01-01&from=2021-01-01", "since=1"]
)
async def test_a_bad_export_is_refused_and_not_recorded(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(f"/audit-logs/export?{query}")).status_code == 400
    assert await entries(api, action="audit.exported") == []


async def test_an_unknown_format_is_told_which_there_are(api: httpx.AsyncClient) -> None:
    answer = await api.get("/audit-logs/export?format=xml")
    assert answer.json()["details"] == {"format": "must be one of csv, json"}


async def test_a_repeated_export_streams_the_same_range_and_is_recorded_once(
    api: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await created(api)
    clock.advance(timedelta(minutes=1))
    key = {"Idempotency-Key": "export-1"}
    first = await api.post("/audit-logs/export?format=json", headers=key)
    clock.advance(timedelta(minutes=1))
    await created(api, "bob@example.com")
    again = await api.post("/audit-logs/export?format=json", headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["content-type"] == "application/json"
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert len(await entries(api, action="audit.exported")) == 1
    other = await api.post("/audit-logs/export?format=csv", headers=key)
    assert (other.status_code, list(other.json()["details"])) == (422, ["Idempotency-Key"])


@pytest.mark.parametrize(
    ("scope", "reads", "exports", "retains"),
    [("admin:audit", 200, 200, 403), ("admin:read", 200, 403, 403), ("admin:users", 403, 403, 403)],
)
async def test_scopes(
    api: httpx.AsyncClient, home: Home, scope: str, reads: int, exports: int, retains: int
) -> None:
    api.headers["Authorization"] = f"Bearer {await home.new_key(scope)}"
    for path in ("", "/actions", "/stats", "/retention"):
        assert (await api.get(f"/audit-logs{path}")).status_code == reads
    assert (await api.get("/audit-logs/export")).status_code == exports
    assert (await api.put("/audit-logs/retention", json={"autoDelete": True})).status_code == retains


async def test_a_neighbour_sees_nothing_of_it(
    api: httpx.AsyncClient, home: Home, neighbour: Home, clock: FrozenClock
) -> None:
    await created(api)
    (entry,) = await entries(api, action="user.created")
    clock.advance(timedelta(minutes=1))
    there = f"http://localhost/t/{neighbour.slug}/api/v1/admin/audit-logs"
    headers = {"Authorization": f"Bearer {neighbour.key}"}
    assert (await api.get(f"{there}/{entry['id']}", headers=headers)).status_code == 404
    assert (await api.get(f"{there}?action=user.created", headers=headers)).json()["data"] == []
    exported = (await api.get(f"{there}/export?format=json", headers=headers)).json()
    assert exported
    assert not any(one["id"] == entry["id"] or "ann@example.com" in str(one) for one in exported)


@pytest.mark.parametrize(
    "path", ["", "?action=user.*", "?category=authentication", "/actions", "/stats", "/retention"]
)
async def test_a_call_costs_at_most_three_statements(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    run: list[Query] = []
    send = Handle._run

    async def counted(handle: Handle, query: Query, params: Params) -> Any:
        run.append(query)
        return await send(handle, query, params)

    monkeypatch.setattr(Handle, "_run", counted)
    assert (await api.get(f"/audit-logs{path}")).status_code == 200
    assert 1 <= len(run) <= 3
