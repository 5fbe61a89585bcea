"""Groups, roles and the tenant's own permissions in the portal: made, given, taken away, and deleted."""

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import Desk
from tests.support.stories import Place

pytestmark = on_one_loop
GROUPS, ROLES = "access-management/groups", "access-management/roles"


async def slugs(place: Place, path: str) -> set[str]:
    """The slugs, or for want of them the addresses, of what the API lists there."""
    listed = (await place.call("GET", f"v1/admin/{path}", params={"limit": 100}))["data"]
    return {one.get("slug") or one["email"] for one in listed}


async def one(place: Place, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await place.call("GET", f"v1/admin/{path}"))["data"]
    return found


def row_of(page: Page, who: str) -> Locator:
    return page.get_by_role("row").filter(has_text=who)


async def tab(page: Page, name: str) -> None:
    await page.locator(".tab-line").get_by_role("link", name=name, exact=True).click()


async def delete_by_typing(office: Desk, what: str, slug: str) -> None:
    """The wrong word first: nothing is deleted, and the page says which word it wants."""
    word = office.page.get_by_label(f"Type {slug} to confirm")
    await word.fill("yes")
    await office.press(f"Delete {what}")
    await expect(office.page.locator("#word-problems")).to_have_text(f"Type {slug} to confirm.")
    await word.fill(slug)
    await office.press(f"Delete {what}")
    await office.told(f"The {what} has been deleted.")


async def test_a_group_is_made_filled_given_roles_renamed_and_deleted(office: Desk) -> None:
    place, mia, nils = office.place, office.place.email("mia"), office.place.email("nils")
    await place.create(mia, name="Mia Sailor")
    await place.create(nils, name="Nils Sailor", username="nils")
    page = await office.open(GROUPS)
    await page.get_by_role("link", name="New group").first.click()
    await page.get_by_label("Name").fill("Deck hands")
    await page.get_by_label("Description").fill("They stand\non deck.")
    await office.press("Create group")
    await office.told("The group has been created.")
    made = await one(place, "groups/deck-hands")
    assert (made["name"], made["description"]) == ("Deck hands", "They stand\non deck.")

    await page.get_by_text("Add members", exact=True).click()
    await page.get_by_role("textbox", name="People").fill(f"{mia}, nobody@office.example")
    await office.press("Add to the group")
    await expect(page.locator("#people-problems")).to_contain_text("nobody@office.example")
    assert await slugs(place, "groups/deck-hands/members") == set()
    await page.get_by_role("textbox", name="People").fill(f"{mia}\nnils")
    await office.press("Add to the group")
    await office.told("They are members now.")
    assert await slugs(place, "groups/deck-hands/members") == {mia, nils}
    await page.get_by_label("Remove: Take Mia Sailor out of the group?").click()
    await office.press("Remove", row_of(page, mia))
    await office.told("They are no longer a member.")
    await expect(row_of(page, mia)).to_have_count(0)
    assert await slugs(place, "groups/deck-hands/members") == {nils}

    await tab(page, "Roles")
    await page.get_by_label("Give the group a role").select_option("Auditor")
    await office.press("Give role")
    await office.told("Members of this group have the role now.")
    assert await slugs(place, "groups/deck-hands/roles") == {"auditor"}
    await page.get_by_label("Take away: Take Auditor from every member?").click()
    await office.press("Take away", row_of(page, "Auditor"))
    await office.told("Members of this group no longer get the role from it.")
    assert await slugs(place, "groups/deck-hands/roles") == set()

    await tab(page, "Settings")
    await page.get_by_label("Name").fill("Sailors")
    await page.get_by_label("Slug").fill("sailors")
    await office.press("Save")
    await office.told("The group has been saved.")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sailors")
    assert (await one(place, "groups/sailors"))["id"] == made["id"]
    await delete_by_typing(office, "group", "sailors")
    await place.call("GET", f"v1/admin/groups/{made['id']}", 404)
    assert (await place.user(nils))["groups"] == []


async def test_a_role_is_made_allowed_things_given_and_deleted_and_groups_pass_it_on(office: Desk) -> None:
    place, ole, pia = office.place, office.place.email("ole"), office.place.email("pia")
    await place.create(ole, name="Ole Direct")
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Clerks"})
    await place.create(pia, name="Pia Member", groups=["clerks"])
    await place.call("POST", "v1/admin/permissions", 201, json={"slug": "orders:refund"})
    page = await office.open(ROLES)
    await page.get_by_role("link", name="New role").click()
    await page.get_by_label("Name").fill("Order clerk")
    await office.press("Create role")
    await office.told("The role has been created.")
    await page.get_by_role("checkbox", name="Users, read:").check()
    await page.get_by_role("checkbox", name="Groups, read:").check()
    await page.get_by_role("checkbox", name="orders, refund:").check()
    await office.press("Save permissions")
    await office.told("The permissions have been saved.")
    wanted = {"users:read", "groups:read", "orders:refund"}
    assert await slugs(place, "roles/order-clerk/permissions") == wanted
    await page.get_by_role("checkbox", name="Groups, read:").uncheck()
    await office.press("Save permissions")
    await expect(page.get_by_role("checkbox", name="Groups, read:")).not_to_be_checked()
    await expect(page.get_by_role("checkbox", name="Users, read:")).to_be_checked()
    assert await slugs(place, "roles/order-clerk/permissions") == wanted - {"groups:read"}

    await place.call("POST", "v1/admin/groups/clerks/roles", json={"roles": ["order-clerk"]})
    await tab(page, "People")
    await page.get_by_text("Give the role to people").click()
    await page.get_by_role("textbox", name="People").fill(ole)
    await office.press("Give the role")
    await office.told("They have the role now.")
    assert [role["slug"] for role in (await place.user(ole))["roles"]] == ["order-clerk"]
    await expect(row_of(page, ole)).to_contain_text("Direct")
    await expect(row_of(page, pia).get_by_role("link", name="Clerks")).to_be_visible()
    await page.get_by_label("Who", exact=True).select_option("Directly only")
    await expect(row_of(page, pia)).to_have_count(0)
    await page.get_by_label("Take away: Take the role from Ole Direct?").click()
    await office.press("Take away", row_of(page, ole))
    await office.told("The role has been taken away.")
    assert (await place.user(ole))["roles"] == []
    await expect(row_of(page, ole)).to_have_count(0)

    await tab(page, "Settings")
    await page.get_by_label("Description").fill("Takes orders back.")
    await office.press("Save")
    await office.told("The role has been saved.")
    assert (await one(place, "roles/order-clerk"))["description"] == "Takes orders back."
    await delete_by_typing(office, "role", "order-clerk")
    await place.call("GET", "v1/admin/roles/order-clerk", 404)
    assert await slugs(place, "groups/clerks/roles") == set()


async def test_a_permission_of_ones_own_is_made_changed_and_deleted_from_every_role(office: Desk) -> None:
    place = office.place
    await place.call("POST", "v1/admin/roles", 201, json={"name": "Shipper"})
    page = await office.open(ROLES)
    await page.get_by_role("link", name="Your own permissions").click()
    await page.get_by_text("New permission", exact=True).click()
    await page.get_by_label("Permission", exact=True).fill("parcels.ship")
    await page.get_by_role("textbox", name="Name").fill("Ship parcels")
    await office.press("Create permission")
    await expect(page.locator("#slug-problems")).to_contain_text("with a colon and no dot")
    await expect(page.get_by_role("textbox", name="Name")).to_have_value("Ship parcels")
    await page.get_by_label("Permission", exact=True).fill("parcels:ship")
    await office.press("Create permission")
    await office.told("The permission has been created.")
    assert (await one(place, "permissions/parcels:ship"))["name"] == "Ship parcels"

    await place.call("PUT", "v1/admin/roles/shipper/permissions", json={"permissions": ["parcels:ship"]})
    await page.get_by_role("link", name="Ship parcels").click()
    await page.get_by_role("textbox", name="Name").fill("Send parcels")
    await page.get_by_label("Slug").fill("parcels:send")
    await office.press("Save")
    await office.told("The permission has been saved.")
    assert await slugs(place, "roles/shipper/permissions") == {"parcels:send"}
    await page.get_by_label("Delete: Delete parcels:send, also from every role?").click()
    await office.press("Delete", row_of(page, "parcels:send"))
    await office.told("The permission has been deleted")
    await place.call("GET", "v1/admin/permissions/parcels:send", 404)
    assert await slugs(place, "roles/shipper/permissions") == set()
