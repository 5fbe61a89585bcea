"""The list of users in a real browser: searched, filtered, sorted, with columns of one's choice, and kept as a view."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, Page, expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import USERS, Desk, sign_in_elsewhere, signed_in_elsewhere
from tests.support.stories import Place

pytestmark = on_one_loop
SEARCH = "Search by name, email, username, phone number or id"
STATES = {
    "Active": ["Vera Active", "Vera Seen"],
    "Pending": ["Vera Mailed", "Vera New", "Vera Reset"],
    "Pending initial password set-up": ["Vera New"],
    "Pending password reset": ["Vera Reset"],
    "Pending email verification": ["Vera Mailed"],
    "Locked": ["Vera Locked"],
    "Suspended": ["Vera Suspended"],
    "Disabled": ["Vera Disabled"],
    "Past its end": ["Vera Expired"],
    "Deleted": ["Vera Deleted"],
}


def names(page: Page) -> Locator:
    """The people in the table, by the links of their rows."""
    return page.get_by_role("region", name="Table of users").get_by_role("rowheader").get_by_role("link")


async def expect_names(page: Page, *expected: str) -> None:
    await expect(names(page)).to_have_text(list(expected))


async def one_in_each_state(place: Place) -> None:
    """The people of STATES, in the group Valley."""
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Valley"})

    async def make(state: str, **fields: object) -> str:
        known = {"emailVerified": True, "name": f"Vera {state}", "groups": ["valley"], **fields}
        return str((await place.create(place.email(f"vera.{state.lower()}"), **known))["id"])

    await make("Active", username="veravalley", phoneNumber="+14155550171")
    await make("Seen", roles=["user"])
    await make("New", password=None, sendSetupEmail=False)
    await make("Mailed", emailVerified=False)
    await make("Expired", validUntil=(datetime.now(UTC) - timedelta(days=1)).isoformat())
    await place.do(await make("Reset"), "password/force-reset", method="email_link")
    await place.do(await make("Locked"), "lock")
    await place.do(await make("Suspended"), "block")
    await place.do(await make("Disabled"), "disable")
    await place.call("DELETE", f"v1/admin/users/{await make('Deleted')}")
    await sign_in_elsewhere(place, place.email("vera.seen"))


async def test_people_are_found_as_one_types_and_by_filters_that_live_in_the_address(desk: Desk) -> None:
    place = desk.place
    await one_in_each_state(place)
    await forget_columns(desk)
    page = await desk.open(USERS)
    search = page.get_by_role("searchbox", name=SEARCH)
    someone = await place.user(place.email("vera.active"))
    await search.press_sequentially("vera act")
    await expect_names(page, "Vera Active")
    for known in ("vera.active@", "veravalley", "+14155550171", someone["id"]):
        await search.fill("nobody at all")
        await expect(page.get_by_text("Nobody matches")).to_be_visible()
        await search.fill(known)
        await expect_names(page, "Vera Active")
    await expect(page).to_have_url(re.compile(r"users\?search=[0-9a-f-]{36}$"))
    await search.fill("")
    await expect(page).to_have_url(re.compile(r"/users$"))

    await page.get_by_role("link", name="User", exact=True).click()
    await expect(page).to_have_url(re.compile("sortBy=name"))
    await page.get_by_text("Filters", exact=True).click()
    await page.get_by_label("Group", exact=True).select_option("Valley")
    await expect(names(page)).to_have_count(9)
    for state, expected in STATES.items():
        await page.get_by_label("Account status").select_option(state)
        await expect_names(page, *expected)
    await page.get_by_label("Account status").select_option("Any")
    await expect(names(page)).to_have_count(9)
    await page.get_by_label("Role", exact=True).select_option("User")
    await expect_names(page, "Vera Seen")
    await page.get_by_label("Role", exact=True).select_option("Any")
    await expect(names(page)).to_have_count(9)


async def test_days_filter_together_with_others_and_a_reload_keeps_them(desk: Desk) -> None:
    place, name = desk.place, "Wim Visitor"
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Visitors"})
    await place.create(place.email("wim"), name=name, emailVerified=True, groups=["visitors"])
    await place.create(place.email("wanda"), name="Wanda Visitor", emailVerified=True, groups=["visitors"])
    await sign_in_elsewhere(place, place.email("wim"))
    page = await desk.open(f"{USERS}?group=visitors")
    filters = page.get_by_role("list", name="Filters that are on")
    await page.get_by_text("Filters", exact=True).click()
    # The day may change while the test runs.
    today = datetime.now(UTC)
    before, after = ((today + timedelta(days=days)).strftime("%Y-%m-%d") for days in (-1, 2))
    for label, first, last in (("Created", after, before), ("Signed in", after, before)):
        for edge, empty, full in (("from", first, last), ("until", last, first)):
            await page.get_by_label(f"{label} {edge}").fill(empty)
            await expect(page.get_by_text("Nobody matches")).to_be_visible()
            await page.get_by_label(f"{label} {edge}").fill(full)
            await expect(names(page)).to_have_count(2 if label == "Created" else 1)
    await page.get_by_label("Account status").select_option("Active")
    await expect(filters.get_by_role("link")).to_have_count(7)
    await page.reload()
    await expect_names(page, name)
    await expect(filters).to_contain_text("Group: visitors")
    await expect(filters).to_contain_text("Active")
    for words in (
        f"Created from: {before}",
        f"Created until: {after}",
        f"Signed in from: {before}",
        f"Signed in until: {after}",
    ):
        await filters.get_by_role("link", name=f"{words} : remove this filter").click()
        await expect(filters).not_to_contain_text(words)
    await expect(names(page)).to_have_count(2)
    await page.go_back()
    await expect_names(page, name)
    await filters.get_by_role("link", name="Clear all").click()
    await expect(filters).to_have_count(0)


async def test_columns_and_views_are_chosen_kept_and_shared(desk: Desk) -> None:
    await forget_columns(desk)
    page = await desk.open(USERS)
    heads = page.get_by_role("columnheader")
    every = ["User", "Status", "Roles", "Groups", "Latest sign-in", "Created"]
    await expect(heads).to_have_text(every)
    await page.get_by_text("Columns", exact=True).click()
    await page.get_by_role("checkbox", name="Groups").click()
    await expect(heads).to_have_text([one for one in every if one != "Groups"])
    await desk.open(USERS)
    await expect(heads).to_have_text([one for one in every if one != "Groups"])
    await page.get_by_text("Columns", exact=True).click()
    await page.get_by_role("checkbox", name="Groups").click()
    await expect(heads).to_have_text(every)


async def test_the_list_as_it_stands_is_kept_as_a_view_for_oneself_or_for_everybody(desk: Desk) -> None:
    place = desk.place
    await forget_columns(desk)
    await place.create(place.email("uma"), name="Uma Manager", roles=["user_manager"])
    page = await desk.open(USERS)
    await page.get_by_role("link", name="User", exact=True).click()
    await expect(page).to_have_url(re.compile("sortBy=name"))
    await page.get_by_role("searchbox", name=SEARCH).fill("uma")
    await expect_names(page, "Uma Manager")
    for name, shared in (("Mine alone", False), ("For everybody", True)):
        await save_view(desk, name, shared=shared)
        await desk.told("The view is saved.")
        await expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
    await save_view(desk, "Mine alone", shared=True)
    name_field = page.get_by_label("Name", exact=True)
    await expect(name_field).to_have_attribute("aria-invalid", "true")
    await expect(name_field).to_have_value("Mine alone")

    await desk.open(USERS)
    await page.get_by_role("link", name="Mine alone").click()
    await expect(page.get_by_role("searchbox", name=SEARCH)).to_have_value("uma")
    await expect_names(page, "Uma Manager")
    await expect(page.get_by_role("columnheader", name="User")).to_have_attribute("aria-sort", "ascending")

    async with signed_in_elsewhere(place, place.email("uma")) as colleague:
        seen = (await colleague.get(f"{desk.portal}{USERS}")).text
    assert "For everybody" in seen
    assert "Mine alone" not in seen
    for name in ("Mine alone", "For everybody"):
        box = await desk.dialog(f"Delete the view {name}", f"Delete the view “{name}”?")
        await expect(page.get_by_role("link", name=name)).to_have_count(1)
        await desk.press("Delete the view", box)
        await desk.told("The view is deleted.")
        await expect(page.get_by_role("link", name=name)).to_have_count(0)


async def forget_columns(desk: Desk) -> None:
    """The browser is used by all tests, and keeps which columns were chosen last."""
    await desk.context.clear_cookies(name=f"tenantry_users_{desk.place.home.slug}")


async def save_view(desk: Desk, name: str, *, shared: bool) -> None:
    await desk.page.get_by_text("Save this view", exact=True).click()
    await desk.page.get_by_label("Name", exact=True).fill(name)
    await desk.page.get_by_label("Show it to everybody who sees users").set_checked(shared)
    await desk.press("Save")
