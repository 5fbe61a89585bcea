"""Requests that run at once, each on a connection of its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.kit.services import Services
from tests.support.makers import make_home
from tests.support.running import committing

pytestmark = pytest.mark.asyncio
AT_ONCE = 50


@pytest_asyncio.fixture
async def racing_api(
    own_database: str, clock: FrozenClock, services: Services
) -> AsyncIterator[httpx.AsyncClient]:
    async with committing(own_database, clock) as works:
        home = await make_home(works)
        app: Any = build(msgspec.structs.replace(services, works=works))
        transport = httpx.ASGITransport(app=app)
        base = f"http://localhost/t/{home.slug}/api/v1/admin"
        headers = {"Authorization": f"Bearer {home.key}"}
        async with httpx.AsyncClient(
            transport=transport, base_url=base, headers=headers, timeout=60
        ) as client:
            yield client


def rows(conninfo: str, table: str) -> int:
    with psycopg.connect(conninfo) as conn:
        row = conn.execute(f"select count(*) from {table}".encode()).fetchone()
        assert row is not None
        return int(row[0])


async def test_of_fifty_identical_creates_one_wins(racing_api: httpx.AsyncClient, own_database: str) -> None:
    body = {"email": "ann@example.com", "roles": ["user"]}
    answers = await asyncio.gather(*(racing_api.post("/users", json=body) for _ in range(AT_ONCE)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}
    assert {next(iter(a.json()["details"])) for a in answers if a.status_code == 409} == {"email"}
    assert (
        rows(own_database, "users")
        == rows(own_database, "user_activity")
        == rows(own_database, "user_roles")
        == 1
    )


async def test_fifty_creates_with_one_idempotency_key_give_one_user_and_one_answer(
    racing_api: httpx.AsyncClient, own_database: str
) -> None:
    key = {"Idempotency-Key": "once"}
    body = {"email": "ann@example.com"}
    answers = await asyncio.gather(
        *(racing_api.post("/users", json=body, headers=key) for _ in range(AT_ONCE))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == AT_ONCE - 1
    assert rows(own_database, "users") == 1


async def test_of_changes_that_demand_the_same_version_one_wins(racing_api: httpx.AsyncClient) -> None:
    user = (await racing_api.post("/users", json={"email": "ann@example.com"})).json()["data"]
    answers = await asyncio.gather(
        *(
            racing_api.put(f"/users/{user['id']}", json={"name": f"Name {n}"}, headers={"If-Match": '"1"'})
            for n in range(20)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}


async def test_changes_to_different_fields_are_both_kept(racing_api: httpx.AsyncClient) -> None:
    user = (await racing_api.post("/users", json={"email": "ann@example.com"})).json()["data"]
    at = f"/users/{user['id']}"
    await asyncio.gather(
        racing_api.put(at, json={"name": "Ann Lee"}),
        racing_api.put(at, json={"locale": "de"}),
        racing_api.put(at, json={"customData": {"plan": "pro"}}),
    )
    found = (await racing_api.get(at)).json()["data"]
    assert (found["name"], found["locale"], found["customData"], found["version"]) == (
        "Ann Lee",
        "de",
        {"plan": "pro"},
        4,
    )
