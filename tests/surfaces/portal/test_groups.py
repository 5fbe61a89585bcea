"""The pages of groups: the list, one group, its members, its roles, its settings."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.groups.actions import change_group, create_group
from tenantry.domain.groups.model import Group, GroupChanges, NewGroup
from tenantry.domain.groups.queries import find_group_id, get_group, list_members
from tenantry.domain.roles.actions import add_group_roles
from tenantry.domain.users.finding import ListOf
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
GROUPS = "access-management/groups"
SCRIPT = "<script>alert(1)</script>"
FIRST = Criteria(EVERYTHING, Sort("name"), Page(20))
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


async def make_group(home: Home, name: str = "Engineering", **fields: Any) -> UUID:
    async with acting(home) as work:
        return await create_group(work, NewGroup(name=name, **fields))


async def group(home: Home, ref: UUID) -> Group:
    async with acting(home) as work:
        return await get_group(work, str(ref))


async def members(home: Home, ref: UUID) -> list[str | None]:
    async with acting(home) as work:
        return [one.email for one in (await list_members(work, ListOf(ref), FIRST)).members]


async def send(
    browser: httpx.AsyncClient, path: str, page: str | None = None, **fields: Any
) -> httpx.Response:
    """Sends a form of a page; `page` is where it stands."""
    guard = form_csrf(await browser.get(page or path))
    return await browser.post(path, data={"csrf": guard, **fields})


async def settings_form(browser: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The hidden fields of the form that edits, as a browser sends them back."""
    page = await browser.get(path)
    found = dict(HIDDEN.findall(page.text))
    return {**found, "csrf": form_csrf(page)}


async def test_the_list_shows_searches_and_sorts_groups(admin: httpx.AsyncClient, home: Home) -> None:
    engineering = await make_group(home, description="Builds it")
    await make_group(home, "Sales")
    await home.user("ann@example.com", groups=["engineering"])
    page = await admin.get(GROUPS)
    assert page.text.index("Engineering") < page.text.index("Sales")
    assert "Builds it" in page.text
    assert f"{GROUPS}/{engineering}" in page.text
    turned = await admin.get(f"{GROUPS}?sortBy=name&sortDir=DESC")
    assert turned.text.index("Sales") < turned.text.index("Engineering")
    found = await admin.get(f"{GROUPS}?search=sal")
    assert "Sales" in found.text
    assert "Engineering" not in found.text


async def test_a_list_without_groups_says_what_to_do(admin: httpx.AsyncClient) -> None:
    assert "No groups yet" in (await admin.get(GROUPS)).text
    assert "No group matches" in (await admin.get(f"{GROUPS}?search=x")).text


async def test_no_page_takes_more_than_six_statements(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    for path in (GROUPS, f"{GROUPS}/new", *(f"{GROUPS}/{ref}{tab}" for tab in ("", "/roles", "/settings"))):
        before = statements()
        assert (await admin.get(path)).status_code == 200
        assert statements() - before <= 6


async def test_a_group_is_created_and_shown(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await send(
        admin, f"{GROUPS}/new", name="Night shift", slug="", description="Line one\r\nLine two"
    )
    assert answer.status_code == 303
    page = await admin.get(f"http://localhost:8400{answer.headers['location']}")
    assert "Night shift" in page.text
    assert "The group has been created." in page.text
    async with acting(home) as work:
        made = await get_group(work, "night-shift")
    assert made.description == "Line one\nLine two"


async def test_a_fault_stands_under_its_field_and_nothing_typed_is_lost(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await make_group(home)
    answer = await send(
        admin, f"{GROUPS}/new", name="Other", slug="engineering", description=f"kept {SCRIPT}"
    )
    assert answer.status_code == 409
    assert 'id="slug-problems"' in answer.text
    assert "A group with this slug already exists." in answer.text
    assert 'value="Other"' in answer.text
    assert "kept &lt;script&gt;" in answer.text
    assert SCRIPT not in answer.text
    empty = await send(admin, f"{GROUPS}/new", name=" ", slug="", description="")
    assert empty.status_code == 422
    assert 'id="name-problems"' in empty.text


async def test_members_are_added_by_email_username_or_id(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    await home.user("ann@example.com")
    await home.user("bob@example.com", username="bob")
    eve = await home.user("eve@example.com")
    people = f"Ann@Example.com, BOB\r\n{eve.user.id}"
    answer = await send(admin, f"{GROUPS}/{ref}/members", f"{GROUPS}/{ref}", people=people)
    assert answer.headers["location"].endswith(f"{GROUPS}/{ref}?told=added")
    assert set(await members(home, ref)) == {"ann@example.com", "bob@example.com", "eve@example.com"}
    again = await send(admin, f"{GROUPS}/{ref}/members", f"{GROUPS}/{ref}", people="bob")
    assert again.headers["location"].endswith("told=there")


async def test_whoever_is_unknown_is_named_and_nobody_is_added(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    await home.user("ann@example.com")
    people = "ann@example.com nobody-here"
    answer = await send(admin, f"{GROUPS}/{ref}/members", f"{GROUPS}/{ref}", people=people)
    assert answer.status_code == 422
    assert "Unknown: nobody-here." in answer.text
    assert people in answer.text
    assert await members(home, ref) == []
    assert (await send(admin, f"{GROUPS}/{ref}/members", f"{GROUPS}/{ref}", people=" ")).status_code == 422


async def test_members_are_searched_and_removed(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    ann = await home.user("ann@example.com", name=f"Ann {SCRIPT}", groups=["engineering"])
    await home.user("bob@example.com", name="Bob", groups=["engineering"])
    page = await admin.get(f"{GROUPS}/{ref}")
    assert "Bob" in page.text
    assert SCRIPT not in page.text
    found = await admin.get(f"{GROUPS}/{ref}?search=ann@")
    assert "bob@example.com" not in found.text
    form = {"user": str(ann.user.id)}
    answer = await send(admin, f"{GROUPS}/{ref}/members/remove", f"{GROUPS}/{ref}", **form)
    assert answer.headers["location"].endswith("told=removed")
    assert await members(home, ref) == ["bob@example.com"]
    again = await send(admin, f"{GROUPS}/{ref}/members/remove", f"{GROUPS}/{ref}", **form)
    assert again.headers["location"].endswith("told=gone")


async def test_roles_are_given_to_a_group_and_taken(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    page = f"{GROUPS}/{ref}/roles"
    assert (await send(admin, page, roles="auditor")).headers["location"].endswith("told=given")
    shown = await admin.get(page)
    assert "access-management/roles/auditor" in shown.text
    assert '<option value="auditor">' not in shown.text
    gone = await send(admin, f"{page}/remove", page, role="auditor")
    assert gone.headers["location"].endswith("told=taken")
    assert (await group(home, ref)).role_count == 0
    unknown = await send(admin, page, roles="nonsense")
    assert unknown.status_code == 422
    assert "Unknown: nonsense." in unknown.text


async def test_a_group_is_changed(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    path = f"{GROUPS}/engineering/settings"
    form = await settings_form(admin, path)
    answer = await admin.post(path, data={**form, "name": "Builders", "slug": "builders", "description": "x"})
    assert answer.headers["location"].endswith(f"{GROUPS}/{ref}/settings?told=saved")
    changed = await group(home, ref)
    assert (changed.name, changed.slug, changed.description) == ("Builders", "builders", "x")


async def test_a_stale_form_shows_what_changed_meanwhile_and_writes_nothing(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ref = await make_group(home)
    path = f"{GROUPS}/{ref}/settings"
    form = await settings_form(admin, path)
    clock.advance(timedelta(minutes=1))
    async with acting(home) as work:
        await change_group(work, str(ref), GroupChanges(name="Theirs"))
    mine = {"name": "Mine", "slug": "engineering", "description": ""}
    answer = await admin.post(path, data={**form, **mine})
    assert answer.status_code == 409
    assert "changed while you were editing" in answer.text
    for text in ("<td>Engineering</td>", "<td>Theirs</td>", "<td>Mine</td>", 'value="Mine"'):
        assert text in answer.text
    assert (await group(home, ref)).name == "Theirs"
    again = {**dict(HIDDEN.findall(answer.text)), "csrf": form_csrf(answer)}
    assert (await admin.post(path, data={**again, **mine})).status_code == 303
    assert (await group(home, ref)).name == "Mine"


async def test_a_form_that_does_not_say_what_it_was_filled_in_for_counts_as_stale(
    admin: httpx.AsyncClient, home: Home
) -> None:
    path = f"{GROUPS}/{await make_group(home)}/settings"
    for seen in ("", "yesterday", "2026-01-01T00:00:00"):
        answer = await send(admin, path, name="Mine", slug="engineering", description="", seen=seen)
        assert answer.status_code == 409


async def test_a_group_is_deleted_once_its_slug_is_typed(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    page, path = f"{GROUPS}/{ref}/settings", f"{GROUPS}/{ref}/delete"
    refused = await send(admin, path, page, word="delete")
    assert refused.status_code == 422
    assert "Type engineering to confirm." in refused.text
    answer = await send(admin, path, page, word="engineering")
    assert answer.headers["location"].endswith(f"{GROUPS}?told=deleted")
    assert (await admin.get(f"{GROUPS}/{ref}")).status_code == 404


async def test_an_auditor_sees_and_the_domain_refuses_what_they_forge(
    auditor: httpx.AsyncClient, home: Home
) -> None:
    ref = await make_group(home)
    ann = await home.user("ann@example.com", groups=["engineering"])
    page = await auditor.get(f"{GROUPS}/{ref}")
    assert page.status_code == 200
    for absent in ("Add members", "Remove", "Settings"):
        assert f">{absent}<" not in page.text
    guard = form_csrf(await auditor.get("access-management/roles/user"))
    forged = {
        "new": {"name": "X"},
        f"{ref}/members": {"people": "audit@example.com"},
        f"{ref}/members/remove": {"user": str(ann.user.id)},
        f"{ref}/roles": {"roles": "admin"},
        f"{ref}/roles/remove": {"role": "admin"},
        f"{ref}/settings": {"name": "X", "slug": "x"},
        f"{ref}/delete": {"word": "engineering"},
    }
    for path, fields in forged.items():
        answer = await auditor.post(f"{GROUPS}/{path}", data={"csrf": guard, **fields})
        assert answer.status_code == 403, path
    assert (await auditor.get(f"{GROUPS}/new")).status_code == 403
    assert await members(home, ref) == ["ann@example.com"]


async def test_nobody_adds_to_a_group_that_gives_more_than_they_have(enter: Enters, home: Home) -> None:
    ref = await make_group(home)
    async with acting(home) as work:
        await add_group_roles(work, await find_group_id(work, str(ref)), ["admin"])
    manager = await enter("user_manager")
    answer = await send(
        manager, f"{GROUPS}/{ref}/members", f"{GROUPS}/{ref}", people="user_manager@example.com"
    )
    assert answer.status_code == 403
    assert "which you do not hold yourself" in answer.text
    assert await members(home, ref) == []


async def test_a_form_without_its_guard_changes_nothing(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_group(home)
    answer = await admin.post(f"{GROUPS}/{ref}/delete", data={"word": "engineering", "csrf": "x"})
    assert answer.status_code == 403
    assert (await group(home, ref)).slug == "engineering"
