"""What people with less than all rights see of the portal, and what they are refused when they forge a request."""

import msgspec
import pytest
from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers
from tests.support.portal_browser import Desk, enter
from tests.support.stories import GOOD

pytestmark = on_one_loop
USERS, GROUPS, ROLES = "access-management/users", "access-management/groups", "access-management/roles"
PEOPLE = ["Dashboard", "Users", "Invitations", "Bulk jobs"]
SETTINGS, BRANDING, KEYS = "configuration/auth-settings", "configuration/branding", "configuration/api-keys"
LOG, TEMPLATES = "audit-log", "configuration/mail-templates"


class Duty(msgspec.Struct, frozen=True):
    """A role: what its menu offers, what else is closed to it, what some pages offer (or not, after "-"), and forged forms with
    the permission whose want refuses each."""

    menu: list[str]
    closed: tuple[str, ...]
    offers: dict[str, tuple[str, ...]]
    forged: tuple[tuple[str, dict[str, str], str], ...]


A_GROUP = {"name": "Forged", "slug": "forged"}
INVITED = {"how": "invite", "email": "forged@office.example", "send": "mail"}
DUTIES = {
    "auditor": Duty(
        [*PEOPLE, "Groups", "Roles", "Audit log"],
        (SETTINGS, BRANDING, KEYS, TEMPLATES, f"{GROUPS}/new", f"{ROLES}/new", f"{USERS}/new"),
        {
            LOG: ("Export",),
            GROUPS: ("-New group",),
            USERS: ("-New user",),
            f"{GROUPS}/watched": ("-Add members",),
        },
        (
            (f"{GROUPS}/new", A_GROUP, "groups:write"),
            (f"{GROUPS}/watched/delete", {"word": "watched"}, "groups:write"),
            (f"{GROUPS}/watched/members", {"people": "ada@office.example"}, "groups:assign"),
            (f"{ROLES}/new", A_GROUP, "roles:write"),
            (f"{USERS}/new?how=invite", INVITED, "users:create"),
            (f"{KEYS}/new", {"name": "Forged", "scopes": "admin:read", "ends": "30"}, "apikeys:read"),
        ),
    ),
    "user_manager": Duty(
        [*PEOPLE, "Groups", "Roles"],
        (SETTINGS, BRANDING, KEYS, TEMPLATES, LOG, f"{GROUPS}/new", f"{ROLES}/new"),
        {USERS: ("New user",), GROUPS: ("-New group",), f"{GROUPS}/watched": ("Add members", "-Settings")},
        (
            (f"{GROUPS}/new", A_GROUP, "groups:write"),
            (f"{GROUPS}/watched/delete", {"word": "watched"}, "groups:write"),
            (f"{ROLES}/permissions", {"slug": "forged:read"}, "roles:write"),
            (f"{LOG}/export", {"format": "csv"}, "audit:export"),
            (BRANDING, {"name": "Forged", "shown_name": "Office"}, "settings:write"),
            (f"{TEMPLATES}/welcome", {"subject": "Forged", "text": "Forged"}, "templates:"),
        ),
    ),
    "app_manager": Duty(
        [*PEOPLE, "Auth settings", "Branding", "API keys"],
        (GROUPS, ROLES, LOG, TEMPLATES, f"{USERS}/new"),
        {KEYS: ("New API key",), SETTINGS: ("-Save",), BRANDING: ("-Save", "-Upload"), USERS: ("-New user",)},
        (
            (f"{USERS}/new?how=invite", INVITED, "users:create"),
            (SETTINGS, {"tab": "registration", "registration.enabled": "on"}, "settings:write"),
            (BRANDING, {"name": "Forged", "shown_name": "Office"}, "settings:write"),
            (f"{GROUPS}/watched/roles", {"roles": "auditor"}, "groups:read"),
            (f"{ROLES}/tenant_admin/people", {"people": "ada@office.example"}, "roles:assign"),
            (f"{LOG}/export", {"format": "json"}, "audit:export"),
        ),
    ),
}


async def fixed(office: Desk) -> list[object]:
    """What nobody may have changed by a forged request."""
    paths = (
        "groups",
        "groups/watched/members",
        "groups/watched/roles",
        "roles",
        "permissions",
        "settings",
        "api-keys",
    )
    found = [await office.place.call("GET", f"v1/admin/{path}", params={"limit": 100}) for path in paths]
    for key in found[-1]["data"]:
        del key["lastUsedAt"]
    return [*found, await office.place.call("GET", "v1/admin/mail-templates/welcome")]


async def see(page: Page, portal: str, path: str, offers: tuple[str, ...]) -> None:
    """Opens a page and looks which of these buttons and links are on it."""
    await page.goto(f"{portal}{path}")
    for name in offers:
        there = page.locator("main").get_by_text(name.removeprefix("-"), exact=True)
        await expect(there).to_have_count(0 if name.startswith("-") else 1)


@pytest.mark.parametrize("role", DUTIES)
async def test_each_role_sees_what_it_may_and_its_forged_requests_are_refused(
    office: Desk, another_browser: Browsers, role: str
) -> None:
    duty, place, page = DUTIES[role], office.place, await another_browser()
    if not (await place.call("GET", "v1/admin/groups", params={"search": "watched"}))["data"]:
        await place.call("POST", "v1/admin/groups", 201, json={"name": "Watched"})
    email = place.email(role)
    user = await place.create(email, roles=[role], emailVerified=True)
    await enter(page, office.portal, email, GOOD)
    menu = page.get_by_role("complementary").get_by_role("navigation", name="Portal").get_by_role("link")
    await expect(menu).to_have_text(duty.menu)
    for path, offers in duty.offers.items():
        await see(page, office.portal, path, offers)

    await page.goto(f"{office.portal}{USERS}")
    csrf = await page.locator("main input[name=csrf]").first.get_attribute("value")
    before = await fixed(office)
    for path in duty.closed:
        answer = await page.context.request.get(f"{office.portal}{path}")
        assert answer.status == 403, path
    for path, form, wanted in (*duty.forged, (f"{ROLES}/tenant_admin/people", {"people": email}, "")):
        answer = await page.context.request.post(f"{office.portal}{path}", form={"csrf": csrf or "", **form})
        text = await answer.text()
        assert answer.status == 403, f"{path}: {answer.status}"
        assert "did not come from this page" not in text
        assert f"needs the permission {wanted}" in text or not wanted, f"{path}: {text}"
    assert await fixed(office) == before
    assert [held["slug"] for held in (await place.user(user["id"]))["roles"]] == [role]
    listed = await place.call("GET", "v1/invitations", params={"search": "forged@"})
    assert listed["data"] == []
