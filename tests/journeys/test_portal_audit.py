"""What happened, as the portal tells it: the audit log with its filters, differences and files, and the dashboard."""

import csv
import json
import re
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import Desk

pytestmark = on_one_loop
LOG = "audit-log"


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="Table of entries").locator("tbody").get_by_role("row")


async def exported(office: Desk, kind: str) -> str:
    """The file that one gets by pressing the button of the open dialog."""
    async with office.page.expect_download() as waiting:
        await office.press(kind, office.page.get_by_role("dialog", name="Export the audit log"))
    download = await waiting.value
    assert download.suggested_filename == f"audit-log.{kind.lower()}"
    return Path(await download.path()).read_text(encoding="utf-8")


async def test_the_log_is_filtered_opened_and_exported(office: Desk) -> None:
    place, uma = office.place, office.place.email("uma")
    user = await place.create(uma, name="Uma Before")
    await place.call("PATCH", f"v1/admin/users/{user['id']}", json={"name": "Uma After"})
    await place.do(uma, "lock", reason="Lost her laptop")
    page = await office.open(LOG)
    await page.get_by_label("Done by").fill("nobody@nowhere.example")
    await page.get_by_label("Done by").press("Enter")
    await expect(
        page.get_by_text("Nobody has this email address; an id may stand here as well.")
    ).to_be_visible()
    await page.get_by_label("Done by").fill("")
    await page.get_by_label("Done to").fill(uma)
    await page.get_by_label("Done to").press("Enter")
    await expect(rows(page)).to_contain_text(["User locked", "User updated", "User created"])
    await page.get_by_label("Action").select_option("user.updated")
    await expect(rows(page)).to_have_count(1)
    await page.wait_for_url(re.compile("action=user.updated.*target=uma"))

    await rows(page).get_by_role("link", name="User updated").click()
    changes = (
        page.get_by_role("region", name="What changed")
        .get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name="Name", exact=True))
    )
    await expect(changes.get_by_role("deletion")).to_have_text("Uma Before")
    await expect(changes.get_by_role("insertion")).to_have_text("Uma After")
    await page.get_by_text("Raw data").click()
    await expect(page.get_by_text(f'"id": "{user["id"]}"')).to_be_visible()
    await page.locator("main").get_by_role("link", name="Audit log").click()
    await expect(rows(page)).to_have_count(1)
    await expect(page.get_by_role("list", name="Filters that are on").get_by_role("listitem")).to_have_count(
        3
    )
    await page.get_by_role("link", name="Action: User updated").click()
    await expect(rows(page)).to_have_count(3)
    await page.get_by_role("search").get_by_label("From").fill("2100-01-01")
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    await page.get_by_role("link", name="Clear all", exact=True).click()
    await expect(page.get_by_text("Filters that are on")).to_have_count(0)

    await office.press("Export")
    lines = list(csv.DictReader((await exported(office, "CSV")).splitlines()))
    entries = json.loads(await exported(office, "JSON"))
    entries = entries if isinstance(entries, list) else entries["data"]
    told = [entry for entry in entries if (entry["target"] or {}).get("id") == user["id"]]
    assert [entry["action"] for entry in told] == ["user.locked", "user.updated", "user.created"]
    assert "Lost her laptop" in str(lines)
    exports = [entry["actor"]["label"] for entry in entries if entry["action"] == "audit.exported"]
    assert exports == [place.email("ada")], "the first export is an entry of its own"
    assert "audit.exported" not in str(lines)


async def test_the_dashboard_counts_leads_on_and_tells_what_was_done_last(office: Desk) -> None:
    place = office.place
    await place.create(place.email("vera"), name="Vera Waits")
    await place.do(place.email("vera"), "block", reason="Away")
    total = (await place.call("GET", "v1/admin/users", params={"limit": 1}))["meta"]["total"]
    page = await office.open()
    await expect(page.get_by_role("heading", level=2).first).to_have_text(f"{total:,} people")
    await expect(page.get_by_role("img", name=re.compile("^Sign-ins: "))).to_be_visible()
    done = page.locator(".action-list").get_by_role("listitem").filter(has_text=place.email("vera"))
    await expect(done).to_contain_text(["User suspended", "User created"])
    for days in (7, 90):
        await page.get_by_role("link", name=f"{days} days", exact=True).click()
        await expect(
            page.get_by_role("navigation", name="Range of days").locator("[aria-current]")
        ).to_have_text(f"{days} days")
        await expect(page.locator(".chart").first.locator("rect")).to_have_count(days)
    await page.get_by_role("link", name="The whole audit log").click()
    await expect(rows(page).filter(has_text=place.email("vera")).first).to_contain_text("User suspended")
    await page.go_back()
    await page.locator(".state-figures").get_by_role("link", name="Suspended").click()
    await expect(page.get_by_role("link", name="Vera Waits")).to_be_visible()
    assert "status=suspended" in page.url
