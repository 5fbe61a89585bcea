"""The tab Roles and groups: what a user holds, where it comes from, giving and taking away."""

import re
from typing import Any

import httpx
import pytest

from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.actions import add_group_roles
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import form_csrf
from tests.support.portal_user import followed, one, press, read
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
TICKED = re.compile(r'value="([^"]+)" checked')
TO_GIVE = re.compile(r'type="checkbox" name="(roles|groups)" value="([^"]+)"')


async def tab(client: httpx.AsyncClient, person: Any) -> httpx.Response:
    return await client.get(f"{one(person)}?tab=access")


def to_give(page: httpx.Response, kind: str) -> set[str]:
    return {slug for of, slug in TO_GIVE.findall(page.text) if of == kind}


async def staff(home: Home) -> None:
    """A group of staff that passes the role of auditors on."""
    async with acting(home) as work:
        made = await create_group(work, NewGroup(name="Staff"))
        await add_group_roles(work, made, ["auditor"])


async def test_each_role_is_told_with_where_it_comes_from(admin: httpx.AsyncClient, home: Home) -> None:
    await staff(home)
    ann = await home.user(roles=["user_manager"], groups=["staff"])
    text = read(await tab(admin, ann))
    assert "User Manager Given directly" in text
    assert "Auditor Through Staff" in text
    assert "Auditor Given directly" not in text


async def test_several_roles_are_given_and_one_is_taken_away_in_place(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    answer = await press(admin, ann, "/roles/add", roles=["auditor", "app_manager"])
    text = await followed(admin, answer)
    assert "The roles have been given." in text
    assert "App Manager Given directly" in text
    assert "Auditor Given directly" in text
    page = await tab(admin, ann)
    assert {"auditor", "app_manager"}.isdisjoint(to_give(page, "roles"))
    answer = await press(admin, ann, "/roles/remove", slug="auditor")
    assert "The role has been taken away." in await followed(admin, answer)
    assert "auditor" in to_give(await tab(admin, ann), "roles")


async def test_several_groups_are_added_and_one_is_left(admin: httpx.AsyncClient, home: Home) -> None:
    await staff(home)
    async with acting(home) as work:
        await create_group(work, NewGroup(name="Paris"))
    ann = await home.user()
    answer = await press(admin, ann, "/groups/add", groups=["staff", "paris"])
    assert "Added to the groups." in await followed(admin, answer)
    assert to_give(await tab(admin, ann), "groups") == set()
    answer = await press(admin, ann, "/groups/remove", slug="staff")
    assert "Taken out of the group." in await followed(admin, answer)
    assert to_give(await tab(admin, ann), "groups") == {"staff"}


@pytest.mark.parametrize(
    ("path", "fields", "status", "told"),
    [
        ("/roles/add", {}, 422, "Tick at least one role."),
        ("/groups/add", {}, 422, "Tick at least one group."),
        (
            "/roles/add",
            {"roles": ["auditor", "no-such"]},
            422,
            "The role “no-such” was deleted or renamed while you",
        ),
        ("/groups/add", {"groups": "gone"}, 422, "The group “gone” was deleted or renamed while you"),
        ("/roles/remove", {"slug": "auditor"}, 404, "This user does not hold the role directly."),
        ("/roles/remove", {"slug": "no-such"}, 404, "There is no such role."),
        ("/groups/remove", {"slug": "no-such"}, 404, "There is no such group."),
    ],
)
async def test_what_cannot_be_done_says_why(
    admin: httpx.AsyncClient, home: Home, path: str, fields: dict[str, Any], status: int, told: str
) -> None:
    ann = await home.user()
    page = await press(admin, ann, path, **fields)
    assert page.status_code == status
    assert told in read(page)
    # What can be mended is told in the dialog where it stands, and anything else above the tab.
    assert ("data-open" in page.text) is (status == 422)


async def test_nobody_hands_out_more_than_they_have(enter: Enters, home: Home) -> None:
    ann = await home.user()
    manager = await enter("user_manager")
    page = await press(manager, ann, "/roles/add", roles="tenant_admin")
    assert page.status_code == 403
    assert "You cannot hand out the role tenant_admin" in page.text.partition("data-open")[2]
    assert "Tenant Admin Given directly" not in read(await tab(manager, ann))


async def test_what_no_list_holds_is_found_by_name_or_typed(
    admin: httpx.AsyncClient, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with acting(home) as work:
        for name in ("Alpha", "Beta", "Gamma", "Zeta"):
            await create_group(work, NewGroup(name=name))
    ann = await home.user()
    assert "data-picker-find" not in (await tab(admin, ann)).text
    monkeypatch.setattr("tenantry.domain.directory.choices.MOST", 2)
    page = await tab(admin, ann)
    assert 'data-picker-find="/t/acme-corp/portal/access-management/picks/groups"' in page.text
    assert to_give(page, "groups") == {"alpha", "beta"}
    refused = await press(admin, ann, "/groups/add", groups=["zeta", "gone"], groupsTyped="gamma nowhere")
    assert refused.status_code == 422
    # What is there is not told to be gone, stays ticked, and what is not known stays where it was typed.
    assert "The group “gone” was deleted or renamed" in read(refused)
    assert set(TICKED.findall(refused.text)) == {"gamma", "zeta"}
    assert 'name="groupsTyped" value="nowhere"' in refused.text
    answer = await press(admin, ann, "/groups/add", groups="zeta", groupsTyped="gamma")
    text = await followed(admin, answer)
    assert "Gamma since just now" in text
    assert "Zeta since just now" in text


async def test_more_than_are_shown_is_said(
    admin: httpx.AsyncClient, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await home.user(roles=["auditor", "app_manager", "user_manager"])
    assert "by name" not in read(await tab(admin, ann))
    monkeypatch.setattr("tenantry.surfaces.portal.user_access.MOST", 2)
    text = read(await tab(admin, ann))
    assert "The first 2 of 3, by name." in text
    assert "User Manager Given directly" not in text


async def test_nobody_takes_from_themselves_the_last_role_that_lets_them_give_roles(
    admin: httpx.AsyncClient,
) -> None:
    answer = await admin.get("/access-management/users/root@example.com")
    own = answer.headers["location"].partition("/portal")[2]
    form = {"csrf": form_csrf(await admin.get(own)), "slug": "tenant_admin"}
    page = await admin.post(f"{own}/roles/remove", data=form)
    assert page.status_code == 409
    assert "Somebody else must take it away." in read(page)
    assert (await admin.get(own)).status_code == 200
