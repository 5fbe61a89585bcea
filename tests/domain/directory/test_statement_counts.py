"""A list or a get costs at most three SQL statements, the one that opens the tenant by the key among them."""

import httpx
import pytest
from prometheus_client import REGISTRY

from tenantry.app.web import ADMIN_API
from tenantry.domain.notices.outbox import queue_message
from tenantry.kernel.mail import Message
from tenantry.surfaces.kit.paging import MOST
from tests.support.database import SEALER
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio

AT_MOST = 3
# A download of the whole log, which is recorded itself before it begins; no list and no get.
EXPORT = "/audit-logs/export"
GETS = sorted(
    path
    for resource in ADMIN_API
    for route in resource.ROUTES
    if "GET" in route.http_methods
    for path in route.paths
    if path != EXPORT
)
FILTERS = {
    "users": (
        "search=ann", "search=an", "role=editor", "group=staff", "role=nobody&group=nobody", "blocked=false", "active=true",
        "status=active", "status=deleted", "verified=true", "createdFrom=2020-01-01T00:00:00Z",
        "lastLoginFrom=2020-01-01T00:00:00Z", "sortBy=name", "sortBy=email", "sortBy=updatedAt", "sortBy=lastLoginAt",
        "search=ann&role=editor&group=staff&status=active&sortBy=lastLoginAt", "limit=1&page=2",
    ),
    "groups": ("search=staff", "sortBy=createdAt", "page=2"),
    "groups/staff/members": ("search=ann", "sortBy=name"),
    "roles": ("search=editor", "sortBy=createdAt", "page=2"),
    "roles/editor/users": ("search=ann", "sortBy=name"),
    "permissions": ("search=users", "page=2"),
    "audit-logs": ("action=user.created", "action=user.*", "outcome=success", "startDate=2020-01-01", "limit=1&page=2"),
}  # fmt: skip
FILTERED = [f"/{path}?{query}" for path, queries in FILTERS.items() for query in queries]


async def furnish(api: httpx.AsyncClient, home: Home) -> dict[str, str]:
    """One of everything that an address can name, by the name of its path parameter."""
    permission = {"slug": "documents:read", "name": "Read documents"}
    made = [
        await api.post("/permissions", json=permission),
        await api.post(
            "/roles", json={"slug": "editor", "name": "Editor", "permissions": [permission["slug"]]}
        ),
        await api.post("/groups", json={"slug": "staff", "name": "Staff"}),
    ]
    assert [answer.status_code for answer in made] == [201] * len(made)
    people = [
        await home.user(f"ann{number}@example.com", roles=["editor"], groups=["staff"]) for number in range(3)
    ]
    async with home.works.write(home.opener()) as work:
        mail = Message("ann0@example.com", "Hello", "Hello")
        message_id = await queue_message(work, "notices.welcome", people[0].user.id, None, mail, SEALER)
    key = (await api.get("/api-keys")).json()["data"][0]
    entry = (await api.get("/audit-logs")).json()["data"][0]
    job = (await api.post("/bulk-jobs", json={"action": "mark_verified", "filter": {}})).json()["data"]
    return {
        "user_id": str(people[0].user.id),
        "role": "editor",
        "group": "staff",
        "permission": permission["slug"],
        "key_id": key["id"],
        "entry_id": entry["id"],
        "kind": "invitation",
        "message_id": str(message_id),
        "job_id": job["id"],
    }


async def statements_of(api: httpx.AsyncClient, address: str) -> float:
    """How many statements the server ran for one GET that succeeded."""
    before = _counted()
    answer = await api.get(address)
    assert answer.status_code == 200, answer.text
    return _counted() - before


def _counted() -> float:
    found = REGISTRY.get_sample_value("tenantry_sql_statements_total")
    assert found is not None
    return found


@pytest.mark.parametrize("path", GETS)
async def test_every_list_and_get_takes_at_most_three_statements(
    api: httpx.AsyncClient, home: Home, path: str
) -> None:
    address = path.replace(":str}", "}").format_map(await furnish(api, home))
    assert await statements_of(api, address) <= AT_MOST


@pytest.mark.parametrize("address", FILTERED)
async def test_filters_and_orders_take_no_further_statement(
    api: httpx.AsyncClient, home: Home, address: str
) -> None:
    await furnish(api, home)
    assert await statements_of(api, address) <= AT_MOST


async def test_a_user_by_address_and_the_page_after_a_cursor_take_no_further_statement(
    api: httpx.AsyncClient, home: Home
) -> None:
    await furnish(api, home)
    cursor = (await api.get("/users?limit=1")).json()["pagination"]["nextCursor"]
    assert await statements_of(api, "/users/ann1@example.com") <= AT_MOST
    assert await statements_of(api, f"/users?limit=1&cursor={cursor}") <= AT_MOST


async def test_a_full_page_takes_no_more_statements_than_one_person(
    api: httpx.AsyncClient, home: Home
) -> None:
    await furnish(api, home)
    for number in range(30):
        await home.user(f"more{number}@example.com", roles=["editor"], groups=["staff"])
    assert await statements_of(api, "/users?limit=1") == await statements_of(api, f"/users?limit={MOST}")
