"""Roles and groups beyond those that a list holds: found by name, or typed by slug where no script runs."""

import re

import httpx
import pytest

from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.surfaces.portal.conftest import Enters
from tests.surfaces.portal.test_new_user import CREATE, TICKED, create, group, person, problems, recruiter

pytestmark = pytest.mark.asyncio
FIND = "/access-management/picks"
BOX = re.compile(r'name="(\w+)" value="([^"]*)"')


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists that hold two names."""
    monkeypatch.setattr("tenantry.domain.directory.choices.MOST", 2)


async def groups(home: Home, *names: str) -> None:
    for name in names:
        await group(home, name)


async def test_any_group_is_found_by_a_part_of_its_name_or_slug(admin: httpx.AsyncClient, home: Home) -> None:
    await groups(home, "Alpha", "Beta", "Zeta <team>", "Žlutá")
    part = await admin.get(f"{FIND}/groups?find=ETA")
    assert BOX.findall(part.text) == [("groups", "beta"), ("groups", "zeta-team")]
    assert "Zeta &lt;team&gt;" in part.text
    assert "<html" not in part.text
    assert BOX.findall((await admin.get(f"{FIND}/groups?find=žlut")).text) == [("groups", "zluta")]
    assert BOX.findall((await admin.get(f"{FIND}/roles?find=audit")).text) == [("roles", "auditor")]
    assert "Nothing is called “%”." in (await admin.get(f"{FIND}/groups?find=%25")).text
    assert BOX.findall((await admin.get(f"{FIND}/groups?find=")).text) == []
    assert (await admin.get(f"{FIND}/people?find=a")).status_code == 404


async def test_nobody_finds_what_they_may_not_see(
    nobody: httpx.AsyncClient, neighbour: Home, home: Home, admin: httpx.AsyncClient
) -> None:
    await groups(neighbour, "Theirs")
    assert BOX.findall((await admin.get(f"{FIND}/groups?find=theirs")).text) == []
    assert (await nobody.get(f"{FIND}/groups?find=a")).status_code == 403


async def test_a_list_that_does_not_hold_them_all_says_where_the_others_are_found(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await groups(home, "Alpha", "Beta")
    assert "data-picker-find" not in (await admin.get(CREATE)).text


@pytest.mark.usefixtures("short")
async def test_what_no_list_holds_can_be_ticked_and_typed(admin: httpx.AsyncClient, home: Home) -> None:
    await groups(home, "Alpha", "Beta", "Gamma", "Zeta")
    page = await admin.get(CREATE)
    assert f'data-picker-find="/t/acme-corp/portal{FIND}/groups"' in page.text
    assert 'value="beta"' in page.text
    assert 'value="zeta"' not in page.text
    answer = await create(admin, email="no", groups=["zeta"], groupsTyped="gamma, none")
    # Both stand in the list now, and what there is not stays where it was typed.
    assert TICKED.findall(answer.text) == ["gamma", "zeta"]
    assert 'name="groupsTyped" value="none"' in answer.text
    answer = await create(admin, email="anita@example.com", groups=["zeta"], groupsTyped="gamma, none")
    assert answer.status_code == 422
    assert "none" in problems(answer)["groups"]
    assert "deleted or renamed" not in problems(answer)["groups"]
    assert (
        await create(admin, email="anita@example.com", groups=["zeta"], groupsTyped="gamma")
    ).status_code == 200
    made = await person(home)
    assert b'"gamma"' in bytes(made.groups)
    assert b'"zeta"' in bytes(made.groups)


@pytest.mark.usefixtures("short")
async def test_a_filter_keeps_what_it_is_set_to(admin: httpx.AsyncClient, home: Home) -> None:
    await groups(home, "Alpha", "Beta", "Zeta")
    page = await admin.get("/access-management/users?group=zeta&role=no-such")
    assert '<option value="zeta" selected>Zeta</option>' in page.text
    assert '<option value="no-such" selected>no-such</option>' in page.text


@pytest.mark.usefixtures("short")
async def test_nobody_is_offered_to_find_what_they_may_not_give(home: Home, enter: Enters) -> None:
    await groups(home, "Alpha", "Beta", "Zeta")
    browser = await recruiter(home, enter)
    assert "data-picker" not in (await browser.get(CREATE)).text


async def test_finding_takes_two_statements(admin: httpx.AsyncClient) -> None:
    assert form_csrf(await admin.get(CREATE))
    before = statements()
    await admin.get(f"{FIND}/roles?find=a")
    assert statements() - before == 2
