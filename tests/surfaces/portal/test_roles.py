"""The pages of roles: the list, the matrix of permissions, who holds a role and whence, its settings."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.actions import replace_group_roles
from tenantry.domain.roles.model import NewPermission, NewRole, Role, RoleChanges
from tenantry.domain.roles.permission_actions import create_permission
from tenantry.domain.roles.queries import get_role
from tenantry.domain.roles.role_actions import change_role, create_role
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.portal.matrix import named_in
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
ROLES = "access-management/roles"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
BOX = re.compile(r'name="permissions" value="([^"]+)"([^>]*)>')


async def make_role(home: Home, *permissions: str, name: str = "Support") -> UUID:
    async with acting(home) as work:
        return await create_role(work, NewRole(name=name, permissions=list(permissions)))


async def role(home: Home, ref: UUID | str) -> Role:
    async with acting(home) as work:
        return await get_role(work, str(ref))


async def granted(home: Home, ref: UUID) -> set[str]:
    return named_in((await role(home, ref)).permissions)


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the forms of a page, as a browser sends them back."""
    return {**dict(HIDDEN.findall(page.text)), "csrf": form_csrf(page)}


def ticked(page: httpx.Response) -> set[str]:
    return {slug for slug, rest in BOX.findall(page.text) if "checked" in rest.split()}


async def send(
    browser: httpx.AsyncClient, path: str, page: str | None = None, **fields: str
) -> httpx.Response:
    form = hidden(await browser.get(page or path))
    return await browser.post(path, data={**form, **fields})


async def test_the_list_shows_searches_and_tells_system_roles_apart(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await make_role(home, "users:read", name="<b>Support</b>")
    page = await admin.get(ROLES)
    assert "Tenant Admin" in page.text
    assert "&lt;b&gt;Support" in page.text
    assert "<b>Support" not in page.text
    own = await admin.get(f"{ROLES}?isSystem=false")
    assert "Tenant Admin" not in own.text
    assert "Support" in own.text
    found = await admin.get(f"{ROLES}?search=audit")
    assert "Auditor" in found.text
    assert "Support" not in found.text


async def test_no_page_takes_more_than_six_statements(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_role(home)
    for path in (ROLES, f"{ROLES}/new", *(f"{ROLES}/{ref}{tab}" for tab in ("", "/people", "/settings"))):
        before = statements()
        assert (await admin.get(path)).status_code == 200
        assert statements() - before <= 6


async def test_a_role_is_created_with_faults_under_their_fields(admin: httpx.AsyncClient, home: Home) -> None:
    refused = await send(admin, f"{ROLES}/new", name="Kept", slug="Not A Slug", description="")
    assert refused.status_code == 422
    assert 'id="slug-problems"' in refused.text
    assert 'value="Kept"' in refused.text
    answer = await send(admin, f"{ROLES}/new", name="Support", slug="", description="")
    assert answer.headers["location"].endswith(f"{ROLES}/{(await role(home, 'support')).id}?told=created")


async def test_a_system_role_says_that_it_is_fixed_and_offers_nothing(
    admin: httpx.AsyncClient, home: Home
) -> None:
    page = await admin.get(f"{ROLES}/user_manager")
    assert "cannot be changed or deleted" in page.text
    assert "Save permissions" not in page.text
    assert '/settings"' not in page.text
    assert (await admin.get(f"{ROLES}/user_manager/settings")).status_code == 403
    assert all("disabled" in rest.split() for _, rest in BOX.findall(page.text))
    assert ticked(page) == named_in((await role(home, "user_manager")).permissions)
    everything = await admin.get(f"{ROLES}/admin")
    assert ticked(everything) == {slug for slug, _ in BOX.findall(everything.text)}
    form = hidden(page)
    for path, fields in (
        ("permissions", {"permissions": "audit:read"}),
        ("settings", {"name": "X", "slug": "x"}),
        ("delete", {"word": "user_manager"}),
    ):
        answer = await admin.post(f"{ROLES}/user_manager/{path}", data={**form, **fields})
        assert answer.status_code == 403
    assert (await role(home, "user_manager")).name == "User Manager"


async def test_the_matrix_shows_and_saves_what_a_role_allows(admin: httpx.AsyncClient, home: Home) -> None:
    async with acting(home) as work:
        await create_permission(work, NewPermission(slug="orders:refund"))
    ref = await make_role(home, "users:read", "groups:read")
    page = await admin.get(f"{ROLES}/{ref}")
    assert ticked(page) == {"users:read", "groups:read"}
    form = {**hidden(page), "permissions": ["users:read", "users:update", "orders:refund"]}
    answer = await admin.post(f"{ROLES}/{ref}/permissions", data=form)
    assert answer.headers["location"].endswith("told=allowed")
    assert await granted(home, ref) == {"users:read", "users:update", "orders:refund"}
    assert ticked(await admin.get(f"{ROLES}/{ref}")) == await granted(home, ref)
    none = await admin.post(f"{ROLES}/{ref}/permissions", data=hidden(await admin.get(f"{ROLES}/{ref}")))
    assert none.status_code == 303
    assert await granted(home, ref) == set()


async def test_a_stale_matrix_shows_what_changed_and_keeps_the_ticks(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ref = await make_role(home, "users:read")
    form = hidden(await admin.get(f"{ROLES}/{ref}"))
    clock.advance(timedelta(minutes=1))
    async with acting(home) as work:
        await change_role(work, str(ref), RoleChanges(permissions=["audit:read"]))
    mine = {"permissions": ["users:read", "groups:read"]}
    answer = await admin.post(f"{ROLES}/{ref}/permissions", data={**form, **mine})
    assert answer.status_code == 409
    assert re.search(r"Allowed meanwhile</dt><dd><code>audit:read</code>", answer.text)
    assert re.search(r"Taken meanwhile</dt><dd><code>users:read</code>", answer.text)
    assert ticked(answer) == set(mine["permissions"])
    assert await granted(home, ref) == {"audit:read"}
    again = await admin.post(f"{ROLES}/{ref}/permissions", data={**hidden(answer), **mine})
    assert again.status_code == 303
    assert await granted(home, ref) == set(mine["permissions"])


async def test_what_one_may_not_do_oneself_stays_as_it_is(
    enter: Enters, admin: httpx.AsyncClient, home: Home
) -> None:
    await make_role(home, "roles:read", "roles:write", name="Role keeper")
    ref = await make_role(home, "audit:read", "roles:read")
    keeper = await enter("role-keeper")
    page = await keeper.get(f"{ROLES}/{ref}")
    closed = {slug for slug, rest in BOX.findall(page.text) if "disabled" in rest.split()}
    assert "audit:read" in closed
    assert not {"roles:read", "roles:write"} & closed
    answer = await keeper.post(
        f"{ROLES}/{ref}/permissions", data={**hidden(page), "permissions": "roles:write"}
    )
    assert answer.status_code == 303
    assert await granted(home, ref) == {"audit:read", "roles:write"}
    forged = await keeper.post(
        f"{ROLES}/{ref}/permissions",
        data={**hidden(await keeper.get(f"{ROLES}/{ref}")), "permissions": "users:delete"},
    )
    assert forged.status_code == 403
    assert "which you do not hold yourself" in forged.text
    assert await granted(home, ref) == {"audit:read", "roles:write"}


async def test_the_page_of_people_says_whence_each_has_the_role(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_role(home)
    async with acting(home) as work:
        group = await create_group(work, NewGroup(name="Night shift"))
        await replace_group_roles(work, group, ["support"])
    await home.user("ann@example.com", name="Ann", roles=["support"])
    await home.user("bob@example.com", name="Bob", groups=["night-shift"])
    await home.user("eve@example.com", name="Eve", roles=["support"], groups=["night-shift"])
    await home.user("joe@example.com", name="Joe")
    page = await admin.get(f"{ROLES}/{ref}/people")
    rows = {
        name: row
        for row in page.text.split("<tr>")
        for name in ("Ann", "Bob", "Eve", "Joe")
        if f">{name}<" in row
    }
    assert set(rows) == {"Ann", "Bob", "Eve"}
    whence = {name: (">Direct<" in row, ">Night shift<" in row) for name, row in rows.items()}
    assert whence == {"Ann": (True, False), "Bob": (False, True), "Eve": (True, True)}
    assert "people/remove" not in rows["Bob"]
    direct = await admin.get(f"{ROLES}/{ref}/people?direct=true")
    assert "bob@example.com" not in direct.text
    assert "ann@example.com" in direct.text


async def test_a_role_is_given_to_people_and_taken(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_role(home)
    ann = await home.user("ann@example.com", username="ann")
    page = f"{ROLES}/{ref}/people"
    assert (await send(admin, page, people="ann")).headers["location"].endswith("told=given")
    assert (await send(admin, page, people="ann")).headers["location"].endswith("told=there")
    assert (await role(home, ref)).user_count == 1
    gone = await send(admin, f"{page}/remove", page, user=str(ann.user.id))
    assert gone.headers["location"].endswith("told=taken")
    assert (await role(home, ref)).user_count == 0
    unknown = await send(admin, page, people="nobody-here")
    assert unknown.status_code == 422
    assert "Unknown: nobody-here." in unknown.text


async def test_an_administrator_makes_another_one_and_a_manager_does_not(
    admin: httpx.AsyncClient, enter: Enters, home: Home
) -> None:
    await home.user("ann@example.com")
    manager = await enter("user_manager")
    page = f"{ROLES}/admin/people"
    refused = await send(manager, page, people="user_manager@example.com")
    assert refused.status_code == 403
    assert "which you do not hold yourself" in refused.text
    assert (await role(home, "admin")).user_count == 0
    assert (await send(admin, page, people="ann@example.com")).headers["location"].endswith("told=given")


async def test_a_role_is_changed_and_a_stale_form_is_not_written(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ref = await make_role(home)
    path = f"{ROLES}/support/settings"
    form = hidden(await admin.get(path))
    clock.advance(timedelta(minutes=1))
    fields = {"name": "Helpers", "slug": "helpers", "description": ""}
    answer = await admin.post(path, data={**form, **fields})
    assert answer.headers["location"].endswith(f"{ROLES}/{ref}/settings?told=saved")
    stale = await admin.post(f"{ROLES}/{ref}/settings", data={**form, **fields, "name": "Mine"})
    assert stale.status_code == 409
    for text in ("<td>Support</td>", "<td>Helpers</td>", "<td>Mine</td>"):
        assert text in stale.text
    assert (await role(home, ref)).name == "Helpers"


async def test_a_role_is_deleted_once_its_slug_is_typed(admin: httpx.AsyncClient, home: Home) -> None:
    ref = await make_role(home)
    page, path = f"{ROLES}/{ref}/settings", f"{ROLES}/{ref}/delete"
    assert (await send(admin, path, page, word="Support")).status_code == 422
    assert (await send(admin, path, page, word="support")).headers["location"].endswith("told=deleted")
    assert (await admin.get(f"{ROLES}/{ref}")).status_code == 404


async def test_an_auditor_sees_and_the_domain_refuses_what_they_forge(
    auditor: httpx.AsyncClient, home: Home
) -> None:
    ref = await make_role(home, "users:read")
    ann = await home.user("ann@example.com", roles=["support"])
    page = await auditor.get(f"{ROLES}/{ref}")
    assert "Save permissions" not in page.text
    assert all("disabled" in rest.split() for _, rest in BOX.findall(page.text))
    form = hidden(page)
    forged: dict[str, dict[str, str]] = {
        "new": {"name": "X"},
        f"{ref}/permissions": {"permissions": "users:read"},
        f"{ref}/people": {"people": "audit@example.com"},
        f"{ref}/people/remove": {"user": str(ann.user.id)},
        f"{ref}/settings": {"name": "X", "slug": "x"},
        f"{ref}/delete": {"word": "support"},
    }
    for path, fields in forged.items():
        assert (await auditor.post(f"{ROLES}/{path}", data={**form, **fields})).status_code == 403, path
    assert (await auditor.get(f"{ROLES}/new")).status_code == 403
    assert (await role(home, ref)).user_count == 1
    assert await granted(home, ref) == {"users:read"}


async def test_whoever_may_not_see_roles_is_shown_none(enter: Enters) -> None:
    manager = await enter("app_manager")
    assert (await manager.get(ROLES)).status_code == 403
    assert (await manager.get(f"{ROLES}/user")).status_code == 403


async def test_own_permissions_are_created_listed_and_deleted(admin: httpx.AsyncClient, home: Home) -> None:
    page = f"{ROLES}/permissions"
    assert "No permissions of your own yet" in (await admin.get(page)).text
    refused = await send(admin, page, slug="orders.refund", name="<i>Refund</i>", description="")
    assert refused.status_code == 422
    assert "with a colon and no dot" in refused.text
    assert 'value="&lt;i&gt;Refund&lt;/i&gt;"' in refused.text
    made = await send(admin, page, slug="orders:refund", name="<i>Refund</i>", description="")
    assert made.headers["location"].endswith("told=created")
    assert (await send(admin, page, slug="orders:refund", name="", description="")).status_code == 409
    shown = await admin.get(page)
    assert "&lt;i&gt;Refund" in shown.text
    assert "users:read" not in shown.text
    before = statements()
    await admin.get(page)
    assert statements() - before <= 6
    [permission] = set(re.findall(r'name="permission" value="([^"]+)"', shown.text))
    gone = await send(admin, f"{page}/delete", page, permission=permission)
    assert gone.headers["location"].endswith("told=deleted")
    assert "orders:refund" not in (await admin.get(f"{ROLES}/user")).text


async def test_an_auditor_creates_and_deletes_no_permission(auditor: httpx.AsyncClient, home: Home) -> None:
    async with acting(home) as work:
        kept = await create_permission(work, NewPermission(slug="orders:refund"))
    page = await auditor.get(f"{ROLES}/permissions")
    assert "New permission" not in page.text
    guard = form_csrf(await auditor.get(f"{ROLES}/user"))
    made = await auditor.post(f"{ROLES}/permissions", data={"csrf": guard, "slug": "a:b"})
    gone = await auditor.post(f"{ROLES}/permissions/delete", data={"csrf": guard, "permission": str(kept)})
    assert (made.status_code, gone.status_code) == (403, 403)
    assert "orders:refund" in (await auditor.get(f"{ROLES}/permissions")).text
