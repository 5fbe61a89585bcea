"""Lists of people: order, cursors, filters, search, totals."""

from datetime import timedelta

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
SORTS = ["createdAt", "updatedAt", "email", "name", "lastLoginAt"]


async def emails(api: httpx.AsyncClient, query: str) -> list[str]:
    answer = await api.get(f"/users?{query}")
    assert answer.status_code == 200, answer.text
    return [user["email"] or user["username"] for user in answer.json()["data"]]


async def crowd(home: Home, clock: FrozenClock, count: int = 7) -> list[str]:
    made = []
    for n in range(count):
        email = f"p{n}@example.com"
        await home.user(email, name=f"Person {'abcdefg'[n % 3]}")
        clock.advance(timedelta(seconds=1))
        made.append(email)
    return made


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("sort", SORTS)
async def test_cursors_visit_everybody_once_in_every_order(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock, sort: str, direction: str
) -> None:
    await crowd(home, clock)
    await home.user(None, username="no-mail")
    whole = await emails(api, f"sortBy={sort}&sortDir={direction}")
    seen: list[str] = []
    query = f"sortBy={sort}&sortDir={direction}&limit=3"
    cursor = ""
    while True:
        answer = (await api.get(f"/users?{query}{cursor}")).json()
        seen += [user["email"] or user["username"] for user in answer["data"]]
        if not answer["pagination"]["hasNextPage"]:
            break
        cursor = f"&cursor={answer['pagination']['nextCursor']}"
    assert seen == whole
    assert len(set(seen)) == 8


async def test_pages_by_number_agree_with_the_whole(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await crowd(home, clock)
    whole = await emails(api, "")
    assert whole == sorted(whole, reverse=True), "the newest comes first"
    paged = [email for page in (1, 2, 3) for email in await emails(api, f"limit=3&page={page}")]
    assert paged == whole
    block = (await api.get("/users?limit=3&page=2")).json()["pagination"]
    assert (block["page"], block["limit"], block["total"], block["totalPages"]) == (2, 3, 7, 3)
    assert (block["hasNextPage"], block["hasPreviousPage"], block["totalIsExact"]) == (True, True, True)


async def test_a_cursor_of_another_order_is_refused(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await crowd(home, clock)
    cursor = (await api.get("/users?limit=3&sortBy=name")).json()["pagination"]["nextCursor"]
    answer = await api.get(f"/users?limit=3&sortBy=email&cursor={cursor}")
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["cursor"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anita", ["anita@example.com"]),
        ("SINGH", ["anita@example.com"]),
        ("ita si", ["anita@example.com"]),
        ("an", ["anita@example.com"]),
        ("lee", ["lee"]),
        ("+1555", ["lee"]),
        ("5551234", ["lee"]),
        ("%", []),
        ("_nita", []),
        ("zzz", []),
        ("example.com", ["zoe@example.com", "anita@example.com"]),
        ("Zoë", ["zoe@example.com"]),
    ],
)
async def test_search_looks_into_name_email_username_and_phone(
    api: httpx.AsyncClient, home: Home, neighbour: Home, text: str, found: list[str]
) -> None:
    await home.user("anita@example.com", name="Anita Singh")
    await home.user(None, username="lee", phone="+15551234567")
    await home.user("zoe@example.com", name="Zoë Ångström")
    await neighbour.user("anita@example.com", name="Anita Singh")
    answer = await api.get("/users", params={"search": text})
    assert [u["email"] or u["username"] for u in answer.json()["data"]] == found
    assert answer.json()["pagination"]["total"] == len(found)


async def test_search_finds_an_id(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    await home.user("bob@example.com")
    assert await emails(api, f"search={ann.user.id}") == ["ann@example.com"]
    assert await emails(api, f"search={str(ann.user.id).upper()}") == ["ann@example.com"]


async def test_a_search_can_be_paged_by_cursor(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await crowd(home, clock)
    first = (await api.get("/users?search=person&limit=5")).json()
    assert (len(first["data"]), first["pagination"]["total"]) == (5, 7)
    second = (
        await api.get(f"/users?search=person&limit=5&cursor={first['pagination']['nextCursor']}")
    ).json()
    assert (len(second["data"]), second["pagination"]["total"]) == (2, 7)


async def test_filters_combine(api: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com", roles=["auditor"], email_verified=True, password_hash="x")
    await home.user("bob@example.com", roles=["auditor"], blocked=True)
    await home.user("cid@example.com", email_verified=True)
    assert await emails(api, "role=auditor") == ["bob@example.com", "ann@example.com"]
    assert await emails(api, "role=auditor&blocked=true") == ["bob@example.com"]
    assert await emails(api, "role=auditor&blocked=false&verified=true") == ["ann@example.com"]
    assert await emails(api, "status=active") == ["ann@example.com"]
    assert await emails(api, "active=true") == ["ann@example.com"]
    assert await emails(api, "status=suspended") == ["bob@example.com"]
    assert await emails(api, "status=pending_initial_password_setup&verified=true") == ["cid@example.com"]
    assert await emails(api, "role=no-such-role") == []
    assert await emails(api, "group=no-such-group") == []


async def test_the_active_filter_and_is_active_agree_whatever_the_tenant_demands(
    api: httpx.AsyncClient, home: Home
) -> None:
    await home.user("ann@example.com", email_verified=True, password_hash="x")
    await home.user("bob@example.com", password_hash="x")
    reset = await home.user("cid@example.com", email_verified=True, password_hash="x")
    demanded = await api.post(f"/users/{reset.user.id}/password/force-reset", json={"method": "email_link"})
    assert demanded.status_code == 200
    for old_works, required, expected in (
        (True, False, ["cid", "bob", "ann"]),
        (False, False, ["bob", "ann"]),
        (True, True, ["cid", "ann"]),
        (False, True, ["ann"]),
    ):
        await change(home, "recovery", oldPasswordWorksUntilReset=old_works)
        await change(home, "registration", requireEmailVerification=required)
        rows = (await api.get("/users")).json()["data"]
        assert [row["email"].partition("@")[0] for row in rows if row["isActive"]] == expected
        assert await emails(api, "active=true") == [f"{name}@example.com" for name in expected]
        kept_out = [row["email"] for row in rows if not row["isActive"]]
        assert await emails(api, "active=false&role=user") == []
        assert await emails(api, "active=false") == kept_out


async def test_created_ranges_include_their_beginning_and_exclude_their_end(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await crowd(home, clock, 3)
    assert await emails(api, "createdFrom=2026-03-04T12:00:01Z") == ["p2@example.com", "p1@example.com"]
    assert await emails(api, "createdFrom=2026-03-04T12:00:00Z&createdTo=2026-03-04T12:00:01Z") == [
        "p0@example.com"
    ]
    assert await emails(api, "lastLoginFrom=2020-01-01T00:00:00Z") == []


async def test_a_neighbour_with_the_same_people_is_never_counted(
    api: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await home.user("ann@example.com")
    for email in ("ann@example.com", "bob@example.com"):
        await neighbour.user(email, roles=["auditor"])
    listed = (await api.get("/users")).json()
    assert (len(listed["data"]), listed["pagination"]["total"]) == (1, 1)
    theirs = await neighbour.user("eve@example.com")
    assert (await api.get(f"/users/{theirs.user.id}")).status_code == 404
    assert (await api.get("/users/bob@example.com")).status_code == 404
    for method, path in (
        ("POST", "block"),
        ("PUT", "roles"),
        ("POST", "password-reset"),
        ("POST", "mfa/reset"),
    ):
        answer = await api.request(
            method, f"/users/{theirs.user.id}/{path}", json={"roles": []} if path == "roles" else None
        )
        assert answer.status_code == 404
    assert (await api.delete(f"/users/{theirs.user.id}?permanent=true")).status_code == 404
