"""Invitations in the portal: one person after the other and many at once, and everything that is done to an invitation."""

import re

import httpx
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import Desk, copied
from tests.support.running import until
from tests.support.stories import Place, link_in

pytestmark = on_one_loop
LIST = "access-management/invitations"
INVITED = "You've been invited to Office"
DEAD = "This link is no longer valid"


async def page_of(link: str) -> str:
    """What a link of an invitation shows to whoever has it."""
    async with httpx.AsyncClient(timeout=30) as somebody:
        return (await somebody.get(link)).text


async def assert_all(place: Place, state: str, *people: str) -> None:
    """The invitations of these addresses come to stand there, as the API says. A mail arrives before it counts as sent."""

    async def there() -> bool:
        listed = (await place.call("GET", "v1/invitations", params={"limit": 100}))["data"]
        state_of = {one["email"]: one["state"] for one in listed}
        return [state_of.get(email) for email in people] == [state] * len(people)

    await until(there, within=30)


def row_of(page: Page, who: str) -> Locator:
    return page.get_by_role("row").filter(has_text=who)


async def test_one_person_is_invited_reminded_given_a_link_and_turned_away(office: Desk) -> None:
    place, gitta = office.place, office.place.email("gitta")
    page = await office.open(LIST)
    await page.get_by_role("link", name="Invite", exact=True).click()
    await page.get_by_label("Email").fill(gitta)
    await page.get_by_label("Name").fill("Gitta Holm")
    await page.get_by_role("checkbox", name="Auditor").check()
    await page.get_by_label("Your message").fill("See you on <b>Monday</b>!\nBring a pen.")
    await office.press("Invite")
    await office.told("The invitation is on its way.")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Gitta Holm")
    first = await place.post.letter(gitta, INVITED)
    assert "See you on <b>Monday</b>!\nBring a pen." in first.replace("\r\n", "\n")
    await assert_all(place, "sent", gitta)

    await page.get_by_role("link", name="Invitations").and_(page.locator(".crumbs a")).click()
    await expect(row_of(page, gitta)).to_contain_text("Sent")
    await expect(row_of(page, gitta)).to_contain_text("Auditor")
    await office.press(f"Send again to {gitta}")
    await office.told("A new mail is on its way. The old link is dead.")
    again = link_in(await place.post.letter(gitta, INVITED), "invitation")
    assert DEAD in await page_of(link_in(first, "invitation"))
    assert "Join Office" in await page_of(again)

    await office.press(f"Get a link for {gitta} to hand over")
    box = page.get_by_role("dialog", name="A link to hand over")
    link = await copied(page, "Copy the link")
    assert link == await box.locator(".secret").inner_text()
    assert "Join Office" in await page_of(link)
    assert DEAD in await page_of(again), "it takes the place of the one in the mail"
    await box.get_by_role("link", name="Done").click()
    await expect(page.get_by_text(link)).to_have_count(0)
    links = page.get_by_role("region", name="Links").get_by_role("listitem")
    await expect(links).to_contain_text(["Works", "Replaced", "Replaced"])
    await expect(page.get_by_role("definition").filter(has_text="Bring a pen.")).to_be_visible()

    await page.get_by_role("link", name="Revoke…").click()
    asked = page.get_by_role("dialog", name="Revoke this invitation?")
    await office.press("Revoke", asked)
    await expect(asked).to_be_visible()
    await assert_all(place, "opened", gitta)
    await asked.get_by_role("checkbox").check()
    await office.press("Revoke", asked)
    await office.told("The invitation has been revoked.")
    await assert_all(place, "revoked", gitta)
    assert DEAD in await page_of(link)
    await office.open(LIST)
    for state, shown in (("Accepted", 0), ("Revoked", 1)):
        await page.get_by_label("Status").select_option(state)
        await page.wait_for_url(re.compile(f"state={state.lower()}"))
        await expect(row_of(page, gitta)).to_have_count(shown)


async def test_many_are_invited_from_pasted_lines_and_a_file_and_each_has_an_answer(office: Desk) -> None:
    place = office.place
    ida, jon, kim, lea, known = (place.email(name) for name in ("ida", "jon", "kim", "lea", "known"))
    await place.create(known)
    page = await office.open(LIST)
    await page.get_by_role("link", name="Invite many").click()
    await page.get_by_label("Addresses").fill(f"Ida Berg <{ida}>\n{jon}\n{known}\nnot an address\n{jon}")
    await page.get_by_label("Your message to all").fill("All of you are welcome.")
    await office.press("Invite all")
    await expect(page.get_by_role("heading", level=1)).to_have_text("2 of 5 invited")
    result = page.get_by_role("table")
    for entry, says in (
        (ida, "Invited."),
        (known, "Edit that user"),
        ("not an address", "Is not a valid email address"),
    ):
        await expect(result.get_by_role("row").filter(has_text=entry)).to_contain_text(says)
    assert "All of you are welcome." in await place.post.letter(ida, INVITED)
    await place.post.letter(jon, INVITED)

    corrected = page.get_by_label("Those who could not be invited")
    assert known in await corrected.input_value()
    await corrected.fill(kim)
    await office.press("Invite these")
    await expect(page.get_by_role("heading", level=1)).to_have_text("1 of 1 invited")
    assert "All of you are welcome." in await place.post.letter(kim, INVITED)

    await office.open(f"{LIST}/bulk")
    table = f"name;email\nLea Dahl;{lea}\nIda Berg;{ida}\n"
    upload = FilePayload(name="people.csv", mimeType="text/csv", buffer=table.encode())
    await page.get_by_label("Or a file").set_input_files(upload)
    await office.press("Invite all")
    await expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 invited")
    await expect(result.get_by_role("row").filter(has_text=ida)).to_contain_text("Open that invitation")
    await place.post.letter(lea, INVITED)
    await assert_all(place, "sent", ida, jon, kim, lea)
    assert known not in str(await place.call("GET", "v1/invitations", params={"limit": 100}))
