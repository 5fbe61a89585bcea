"""Script in every field that somebody can fill is text wherever it is shown, and in mails."""

from typing import Any

from playwright.async_api import Page

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import Desk, Desks
from tests.support.smtp import MailServer

pytestmark = on_one_loop
EVIL = '"><script>alert(document.domain)</script><img src=x onerror=alert(document.domain)>'
# All text that a page shows, also that in its fields and its hints.
SHOWN = """
    () => [document.title, document.body.textContent, ...[...document.querySelectorAll("input, textarea")].map(one => one.value)]
        .join("\\n")
"""
BROKEN_IN = "document.querySelectorAll('img[src=x], script:not([src])').length"
PEOPLE, GROUPS, ROLES = (f"access-management/{name}" for name in ("users", "groups", "roles"))
INVITATIONS = "access-management/invitations"


async def fill_everything(desk: Desk) -> dict[str, str]:
    """Writes it into every field that takes any text; gives where each of them is shown."""
    place, named = desk.place, {"name": EVIL, "description": EVIL}

    async def made(path: str, **fields: Any) -> str:
        found: dict[str, Any] = (await place.call("POST", path, 201, json=fields))["data"]
        return str(found["id"])

    await place.call("PUT", "v1/admin/settings", json={"general": {"name": EVIL}})
    ids = {
        "group": await made("v1/admin/groups", slug="evil", **named),
        "permission": await made("v1/admin/permissions", slug="evil:do", **named),
        "role": await made("v1/admin/roles", slug="evil", permissions=["evil:do"], **named),
        "key": await made("v1/admin/api-keys", name=EVIL, scopes=["admin:read"]),
    }
    await place.call("POST", "v1/admin/groups/evil/roles", json={"roles": ["evil"]})
    eve = {
        "name": EVIL,
        "givenName": EVIL,
        "familyName": EVIL,
        "customData": {EVIL: [EVIL]},
        "groups": ["evil"],
    }
    ids["user"] = (await place.create(place.email("eve"), roles=["evil"], **eve))["id"]
    await place.do(ids["user"], "lock", reason=EVIL)
    invited = {
        "email": place.email("ivo"),
        "name": EVIL,
        "message": EVIL,
        "roles": ["evil"],
        "groups": ["evil"],
    }
    ids["invitation"] = await made("v1/invitations", **invited)
    return ids


async def look(page: Page, desk: Desk, path: str) -> None:
    await page.goto(f"{desk.portal}{path}")
    assert EVIL in await page.evaluate(SHOWN), f"{path} does not show it"
    assert await page.evaluate(BROKEN_IN) == 0, f"{path} runs it"


async def test_script_in_any_field_is_text_on_every_page_and_in_mails(
    desks: Desks, letters: MailServer
) -> None:
    desk = await desks("hostile")
    place, page = desk.place, desk.page
    opened: list[str] = []
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    ids = await fill_everything(desk)
    await desk.open(PEOPLE)
    await page.get_by_text("Save this view", exact=True).click()
    await page.get_by_label("Name", exact=True).fill(EVIL)
    await page.locator("form[action$='/views']").get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("link", name=EVIL).first.wait_for()
    user = f"{PEOPLE}/{ids['user']}"
    tabs = ("", "?tab=security", "?tab=access", "?tab=sessions", "?tab=logs", "?tab=audit", "?tab=danger")
    [newest, *_] = await place.audit(action="user.locked")
    for path in (
        "",
        f"{PEOPLE}?search=evil",
        f"{PEOPLE}?role=evil&group=evil",
        f"{PEOPLE}/new?how=create",
        f"{PEOPLE}/bulk?action=add_group&id={ids['user']}",
        *(f"{user}{tab}" for tab in tabs),
        INVITATIONS,
        f"{INVITATIONS}/{ids['invitation']}",
        f"{INVITATIONS}/bulk",
        GROUPS,
        *(f"{GROUPS}/evil{tab}" for tab in ("", "/roles", "/settings")),
        ROLES,
        *(f"{ROLES}/evil{tab}" for tab in ("", "/people", "/settings")),
        f"{ROLES}/permissions",
        "audit-log",
        f"audit-log/{newest['id']}",
        "configuration/api-keys",
        f"configuration/api-keys/{ids['key']}",
        "configuration/branding",
        "configuration/mail-templates/invitation",
    ):
        await look(page, desk, path)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("script")
    await page.get_by_role("dialog", name="Search or go to").get_by_role("link", name=EVIL).nth(1).wait_for()
    assert await page.evaluate(BROKEN_IN) == 0

    text = await place.post.letter(place.email("ivo"), f"You've been invited to {EVIL}")
    assert text.count(EVIL) >= 2
    mail: Any = next(one.mail for one in letters.letters if one.recipients == [place.email("ivo")])
    html = str(mail.get_body(("html",)).get_content())
    assert "&lt;script&gt;alert(document.domain)" in html
    assert not [mark for mark in ("<script", "<img src=x") if mark in html]
    assert opened == []
    desk.assert_quiet()
