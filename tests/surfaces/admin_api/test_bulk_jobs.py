"""Bulk jobs through the admin API: looked at, asked for once, followed, cancelled, and refused to whoever may not."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tenantry.domain.bulk_jobs.model import MOST_OPEN
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.kernel.jobs import TaskEnv
from tests.support.access import acting, bearer, events_of, made, with_permissions
from tests.support.makers import Home
from tests.support.running import task_env

pytestmark = pytest.mark.asyncio
EVERYBODY: dict[str, Any] = {"action": "suspend", "filter": {}}


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


@pytest_asyncio.fixture
async def staff(api: httpx.AsyncClient, home: Home) -> list[str]:
    """Three people in the group `sales` and one who is in none; the ids of the three."""
    await made(api, "/groups", name="Sales")
    await home.user("dora@example.org")
    return [
        str((await home.user(f"{name}@example.com", groups=["sales"])).user.id)
        for name in ("ann", "bob", "cid")
    ]


async def ask(api: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = await api.post("/bulk-jobs", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()["data"]
    assert answer.headers["Location"].endswith(f"/bulk-jobs/{found['id']}")
    return found


async def work_off(home: Home, env: TaskEnv, job: dict[str, Any]) -> None:
    await run(env, {"tenant": str(home.id), "job": job["id"], "round": 0})


async def get(api: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_a_preview_says_whom_it_would_reach_and_writes_nothing(
    api: httpx.AsyncClient, home: Home, staff: list[str]
) -> None:
    await api.post(f"/users/{staff[0]}/block")
    answer = await api.post("/bulk-jobs/preview", json={"action": "suspend", "filter": {"group": "sales"}})
    assert answer.status_code == 200, answer.text
    told = answer.json()["data"]
    assert (told["total"], told["totalIsExact"], told["unchanged"]) == (3, True, 1)
    assert [one["email"] for one in told["sample"]] == [
        "cid@example.com",
        "bob@example.com",
        "ann@example.com",
    ]
    assert [one["id"] for one in told["sample"]] == staff[::-1]
    assert await get(api, "/bulk-jobs") == []
    assert await events_of(home, "bulk_job.started") == []


@pytest.mark.parametrize(
    ("body", "unchanged"),
    [
        ({"action": "enable"}, 2),
        ({"action": "suspend", "params": {"reason": "another one"}}, None),
        ({"action": "mark_verified"}, 1),
        ({"action": "add_group", "params": {"group": "sales"}}, 3),
        ({"action": "remove_group", "params": {"group": "chiefs"}}, 3),
        ({"action": "delete"}, None),
    ],
)
async def test_a_preview_says_how_many_are_as_wanted_already(
    api: httpx.AsyncClient, staff: list[str], body: dict[str, Any], unchanged: int | None
) -> None:
    await made(api, "/groups", name="Chiefs")
    await api.post(f"/users/{staff[0]}/block")
    await api.post(f"/users/{staff[0]}/mark-verified")
    answer = await api.post("/bulk-jobs/preview", json={**body, "ids": staff})
    assert answer.json()["data"]["unchanged"] == unchanged
    assert answer.json()["data"]["total"] == 3


async def test_a_job_is_followed_to_its_end_and_says_what_became_of_each(
    api: httpx.AsyncClient, home: Home, env: TaskEnv, staff: list[str]
) -> None:
    await api.post(f"/users/{staff[0]}/block")
    body = {"action": "suspend", "filter": {"group": "sales", "verified": False, "sortBy": "name"}}
    job = await ask(api, body)
    assert (job["state"], job["total"], job["done"]) == ("queued", 3, 0)
    assert job["filter"] == {"group": "sales", "verified": "false"}
    assert job["startedBy"]["kind"] == "api_key"
    assert job["startedBy"]["label"] == "test"
    await work_off(home, env, job)
    ended = await get(api, f"/bulk-jobs/{job['id']}")
    assert (ended["state"], ended["done"], ended["skipped"], ended["failed"]) == ("done", 2, 1, 0)
    assert ended["finishedAt"] is not None
    skipped = await get(api, f"/bulk-jobs/{job['id']}/results", outcome="skipped")
    assert [(one["userId"], one["email"], one["code"]) for one in skipped] == [
        (staff[0], "ann@example.com", "no_change")
    ]
    first = await api.get(f"/bulk-jobs/{job['id']}/results", params={"limit": 2})
    cursor = first.json()["pagination"]["nextCursor"]
    rest = await get(api, f"/bulk-jobs/{job['id']}/results", limit=2, cursor=cursor)
    assert [one["userId"] for one in first.json()["data"] + rest] == staff[::-1]
    blocked = await get(api, "/users", blocked="true")
    assert {one["email"] for one in blocked} == {"ann@example.com", "bob@example.com", "cid@example.com"}


async def test_what_became_of_each_can_be_had_as_a_file_without_formulas(
    api: httpx.AsyncClient, home: Home, env: TaskEnv, staff: list[str]
) -> None:
    eve = str((await home.user("eve@example.com", name='=HYPERLINK("x")')).user.id)
    await api.post(f"/users/{staff[0]}/block")
    job = await ask(api, {"action": "suspend", "ids": [*staff, eve]})
    await work_off(home, env, job)
    answer = await api.get(f"/bulk-jobs/{job['id']}/results.csv")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == f'attachment; filename="bulk-job-{job["id"]}.csv"'
    head, *lines = csv.reader(io.StringIO(answer.text))
    assert head == ["userId", "name", "email", "outcome", "code", "message", "at"]
    assert [line[0] for line in lines] == [eve, *staff[::-1]]
    assert lines[0][1:4] == ['\'=HYPERLINK("x")', "eve@example.com", "done"]
    assert lines[-1][2:6] == ["ann@example.com", "skipped", "no_change", "There was nothing to do."]
    assert lines[-1][6] == "2026-03-04T12:00:00Z"
    answer = await api.get(f"/bulk-jobs/{job['id']}/results.csv", params={"outcome": "skipped"})
    assert [line[0] for line in csv.reader(io.StringIO(answer.text))] == ["userId", staff[0]]
    answer = await api.get(f"/bulk-jobs/{job['id']}/results.csv", params={"outcome": "odd"})
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["outcome"])


async def test_a_job_that_has_met_nobody_yet_gives_a_file_with_the_names_of_columns_alone(
    api: httpx.AsyncClient, staff: list[str]
) -> None:
    job = await ask(api, EVERYBODY)
    answer = await api.get(f"/bulk-jobs/{job['id']}/results.csv")
    assert answer.text == "userId,name,email,outcome,code,message,at\r\n"


async def test_a_tenant_has_so_many_open_jobs_and_then_one_has_to_end_first(
    api: httpx.AsyncClient, home: Home, neighbour: Home, staff: list[str]
) -> None:
    jobs = [await ask(api, {"action": "mark_verified", "ids": staff}) for _ in range(MOST_OPEN)]
    refused = await api.post("/bulk-jobs", json=EVERYBODY)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_bulk_jobs")
    assert refused.json()["message"].startswith("20 bulk jobs of this tenant are waiting or running already")
    assert len(await events_of(home, "bulk_job.started")) == MOST_OPEN
    base = f"http://localhost/t/{neighbour.slug}/api/v1/admin/bulk-jobs"
    assert (await api.post(base, json=EVERYBODY, headers=bearer(neighbour.key))).status_code == 202
    await api.post(f"/bulk-jobs/{jobs[0]['id']}/cancel")
    await ask(api, EVERYBODY)


async def test_jobs_are_listed_newest_first_and_by_state_and_action(
    api: httpx.AsyncClient, home: Home, env: TaskEnv, staff: list[str]
) -> None:
    first = await ask(api, {"action": "mark_verified", "ids": staff})
    second = await ask(api, EVERYBODY)
    await work_off(home, env, first)
    assert [one["id"] for one in await get(api, "/bulk-jobs")] == [second["id"], first["id"]]
    assert [one["id"] for one in await get(api, "/bulk-jobs", state="done")] == [first["id"]]
    assert [one["id"] for one in await get(api, "/bulk-jobs", action="suspend")] == [second["id"]]


async def test_a_request_that_is_repeated_with_its_key_makes_one_job(
    api: httpx.AsyncClient, home: Home, staff: list[str]
) -> None:
    answers = [
        await api.post("/bulk-jobs", json=EVERYBODY, headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(await get(api, "/bulk-jobs")) == 1
    assert len(await events_of(home, "bulk_job.started")) == 1


async def test_a_job_is_cancelled_once_and_then_does_nobody(
    api: httpx.AsyncClient, home: Home, env: TaskEnv, staff: list[str]
) -> None:
    job = await ask(api, EVERYBODY)
    answer = await api.post(f"/bulk-jobs/{job['id']}/cancel")
    assert (answer.status_code, answer.json()["data"]["state"]) == (200, "cancelled")
    await work_off(home, env, job)
    assert await get(api, "/users", blocked="true") == []
    other = await ask(api, {"action": "mark_verified", "ids": staff})
    await work_off(home, env, other)
    refused = await api.post(f"/bulk-jobs/{other['id']}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("scope", "action", "params"),
    [
        ("admin:read", "suspend", {}),
        ("internal_user_mgt_update", "delete", {}),
        ("internal_user_mgt_delete", "suspend", {}),
        ("internal_user_mgt_update", "add_role", {"role": "user"}),
        ("admin:roles", "add_group", {"group": "sales"}),
        ("admin:groups", "remove_role", {"role": "user"}),
        ("admin:audit", "resend", {}),
        ("admin:groups", "revoke_sessions", {}),
        ("admin:roles", "restore", {}),
        ("admin:read", "mark_verified", {}),
        ("admin:groups", "enable", {}),
    ],
)
@pytest.mark.parametrize("path", ["/bulk-jobs", "/bulk-jobs/preview"])
async def test_a_forged_request_of_a_key_that_may_not_is_refused_and_writes_nothing(
    api: httpx.AsyncClient,
    home: Home,
    staff: list[str],
    scope: str,
    action: str,
    params: dict[str, Any],
    path: str,
) -> None:
    body = {"action": action, "params": params, "filter": {}}
    answer = await api.post(path, json=body, headers=bearer(await home.new_key(scope)))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert await get(api, "/bulk-jobs") == []


@pytest.mark.parametrize("path", ["/bulk-jobs", "/bulk-jobs/preview"])
async def test_a_role_that_grants_more_than_one_has_is_refused_at_once(
    api: httpx.AsyncClient, home: Home, staff: list[str], path: str
) -> None:
    await with_permissions(home)
    body = {"action": "add_role", "params": {"role": "admin"}, "filter": {}}
    answer = await api.post(path, json=body, headers=bearer(await home.new_key("admin:users")))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "params.role" in answer.json()["details"]


async def test_a_key_reaches_nobody_stronger_and_stops_when_it_is_revoked(
    api: httpx.AsyncClient, home: Home, env: TaskEnv, staff: list[str]
) -> None:
    await with_permissions(home)
    boss = (await home.user("boss@example.com", roles=["admin"])).user.id
    key = await made(api, "/api-keys", name="Users", scopes=["admin:users"])
    secret = bearer(key["key"])
    job = await ask(api, {"action": "suspend", "ids": [str(boss), staff[0]]}, **secret)
    await work_off(home, env, job)
    told = {
        one["email"]: (one["outcome"], one["code"])
        for one in await get(api, f"/bulk-jobs/{job['id']}/results")
    }
    assert told == {"boss@example.com": ("failed", "permission_denied"), "ann@example.com": ("done", None)}
    async with acting(home) as work:
        assert await work.db.value("select actor_kind from events where type = 'user.suspended'") == "api_key"
    job = await ask(api, {"action": "enable", "ids": [staff[0]]}, **secret)
    assert (await api.delete(f"/api-keys/{key['id']}")).status_code == 200
    await work_off(home, env, job)
    ended = await get(api, f"/bulk-jobs/{job['id']}")
    assert (ended["state"], ended["reason"], ended["done"]) == ("stopped", "actor_gone", 0)
    assert ended["message"].startswith("Whoever asked for this cannot act any more")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "action"),
        ({"action": "explode", "filter": {}}, 400, "action"),
        ({"action": "suspend"}, 422, "filter"),
        ({"action": "suspend", "filter": {}, "ids": [str(uuid4())]}, 422, "filter"),
        ({"action": "suspend", "ids": ["x"]}, 400, "ids[0]"),
        ({"action": "suspend", "filter": {"colour": "red"}}, 400, "colour"),
        ({"action": "suspend", "filter": {"status": "red"}}, 400, "status"),
        ({"action": "suspend", "filter": {"verified": "perhaps"}}, 400, "verified"),
        ({"action": "suspend", "filter": {"createdFrom": "2024-01-01T00:00:00"}}, 400, "createdFrom"),
        ({"action": "suspend", "filter": {"search": "x" * 300}}, 400, "search"),
        (
            {"action": "suspend", "filter": {}, "params": {"until": "2001-01-01T00:00:00Z"}},
            422,
            "params.until",
        ),
        ({"action": "add_role", "filter": {}, "params": {"role": "nowhere"}}, 422, "params.role"),
        ({"action": "add_group", "filter": {}}, 422, "params.group"),
        ({"action": "suspend", "filter": {}, "snapshotAt": "2100-01-01T00:00:00Z"}, 422, "snapshotAt"),
    ],
)
@pytest.mark.parametrize("path", ["/bulk-jobs", "/bulk-jobs/preview"])
async def test_a_body_that_makes_no_sense_is_refused_by_the_name_of_the_field(
    api: httpx.AsyncClient, body: dict[str, Any], status: int, field: str, path: str
) -> None:
    answer = await api.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert field in answer.json()["details"]
    assert await get(api, "/bulk-jobs") == []


async def test_a_job_that_is_not_there_is_not_found(api: httpx.AsyncClient) -> None:
    for job in (str(uuid4()), "none"):
        for method, path in (("GET", ""), ("GET", "/results"), ("GET", "/results.csv"), ("POST", "/cancel")):
            answer = await api.request(method, f"/bulk-jobs/{job}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_found")


async def test_another_tenant_sees_and_cancels_no_job(
    api: httpx.AsyncClient, home: Home, neighbour: Home, staff: list[str]
) -> None:
    job = await ask(api, EVERYBODY)
    base = f"http://localhost/t/{neighbour.slug}/api/v1/admin/bulk-jobs"
    assert (await api.get(base, headers=bearer(neighbour.key))).json()["data"] == []
    for method, path in (("GET", ""), ("GET", "/results"), ("GET", "/results.csv"), ("POST", "/cancel")):
        answer = await api.request(method, f"{base}/{job['id']}{path}", headers=bearer(neighbour.key))
        assert answer.status_code == 404
    assert (await get(api, f"/bulk-jobs/{job['id']}"))["state"] == "queued"
