"""The weeks behind the demo tenant: sign-ups and sign-ins as its dashboard shows them, made up once."""

import httpx
import pytest
import pytest_asyncio

from tenantry.app.demo_history import ATTEMPTS, SPAN
from tenantry.app.demo_looks import ACCENT, logo
from tenantry.app.demo_people import COUNT, GROUPS, PHONE_PENDING, ROLES, fill
from tenantry.domain.branding.pictures import checked_picture
from tenantry.domain.figures.model import Day
from tenantry.domain.figures.queries import get_figures
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"


@pytest_asyncio.fixture
async def acme(api: httpx.AsyncClient, home: Home) -> Home:
    """The tenant before its people come."""
    await api.put("/settings", json={"accounts": {"disablingEnabled": True}})
    async with home.works.write(home.opener()) as work:
        for slug in {*ROLES} - {"user"}:
            await create_role(work, NewRole(name=slug, slug=slug))
        for slug in GROUPS:
            await create_group(work, NewGroup(name=slug, slug=slug))
    return home


async def days_of(home: Home) -> list[Day]:
    async with home.works.read(home.opener()) as work:
        days = (await get_figures(work, 90)).days
    assert days is not None
    return days


async def test_people_came_and_signed_in_over_some_weeks(
    api: httpx.AsyncClient, acme: Home, neighbour: Home
) -> None:
    await fill(acme.works, acme.opener(), HASH)
    days = await days_of(acme)
    assert sum(day.sign_ups for day in days) == COUNT - PHONE_PENDING
    first = (acme.works.clock.now() - SPAN).date()
    lively = [day for day in days if day.sign_ups]
    assert lively[0].day >= first
    assert lively[-1].day < acme.works.clock.now().date()
    assert len(lively) > 20
    assert sum(day.sign_ins for day in days) > 500
    assert max(day.failed_sign_ins for day in days) >= ATTEMPTS
    # What a list says of somebody is what the log says of them.
    one = (await api.get("/users", params={"sortBy": "lastLoginAt", "limit": 1})).json()["data"][0]
    told = await api.get(
        "/audit-logs", params={"action": "user.signed_in", "targetId": one["id"], "limit": 100}
    )
    assert one["loginCount"] == told.json()["pagination"]["total"]
    assert one["lastLoginAt"][:19] == told.json()["data"][0]["timestamp"][:19]
    assert all(entry["timestamp"] > one["createdAt"] for entry in told.json()["data"])
    assert sum(day.sign_ups + day.sign_ins for day in await days_of(neighbour)) == 0


async def test_the_newest_in_the_list_is_who_was_created_last(api: httpx.AsyncClient, acme: Home) -> None:
    await fill(acme.works, acme.opener(), HASH)
    listed = (await api.get("/users", params={"limit": 100})).json()["data"]
    made_at = [one["createdAt"] for one in listed]
    assert made_at == sorted(made_at, reverse=True)


async def test_a_second_time_adds_nobody_and_nothing(api: httpx.AsyncClient, acme: Home) -> None:
    await fill(acme.works, acme.opener(), HASH)
    before = await days_of(acme)
    await fill(acme.works, acme.opener(), HASH)
    assert await days_of(acme) == before


async def test_a_start_that_was_stopped_half_way_is_gone_on_with(api: httpx.AsyncClient, acme: Home) -> None:
    await fill(acme.works, acme.opener(), HASH)
    whole = (await api.get("/users")).json()["pagination"]["total"]
    async with acme.works.write(acme.opener()) as work:
        await work.db.run("update user_activity set login_count = 0, last_login_at = null")
        await work.db.run(
            "delete from users where id in (select id from users where deleted_at is null order by id desc limit 50)"
        )
        await work.db.run("delete from address_claims where owner not in (select id from users)")
        await work.db.run("update users set deleted_at = null, purge_at = null")
    await fill(acme.works, acme.opener(), HASH)
    assert (await api.get("/users")).json()["pagination"]["total"] == whole


async def test_the_logo_is_one_that_a_tenant_may_have(home: Home, api: httpx.AsyncClient) -> None:
    facts = checked_picture(logo()).facts
    assert (facts.width, facts.height, facts.clear) == (128, 128, False)
    assert logo() == logo()
    answer = await api.put("/settings", json={"branding": {"accentColor": ACCENT}})
    assert answer.status_code == 200
