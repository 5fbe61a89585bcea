"""People sign up by themselves: verified by a code, by a link, and by the step of the first sign-in."""

from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Found
from tests.support.stories import (
    GOOD,
    Place,
    code_in,
    expect_heading,
    expect_inside,
    link_in,
    sign_in,
    type_code,
)

pytestmark = on_one_loop


async def register(page: Page, place: Place, email: str) -> None:
    """From the sign-in page to the page that sends one to one's mail."""
    await page.goto(place.at("login"))
    await page.get_by_role("link", name="Create one").click()
    await page.get_by_label("Your name").fill("Nora Lund")
    await page.get_by_label("Email address").fill(email)
    await page.get_by_label("Password", exact=True).fill(GOOD)
    await page.get_by_role("button", name="Create account").click()
    await expect_heading(page, "Check your mail")
    await expect(page.get_by_role("status")).to_contain_text(email)


async def test_somebody_registers_verifies_the_address_by_a_code_and_signs_in(
    found: Found, page: Page
) -> None:
    place = await found(
        "by-code",
        registration={"enabled": True, "requireEmailVerification": True},
        verification={"emailForm": "otp"},
    )
    nora = place.email("nora")
    await register(page, place, nora)
    text = await place.post.letter(nora, "###### is your By-Code code")
    code = code_in(text)
    await page.goto(link_in(text, "verify-email"))
    await type_code(page, code[:-1] + str(9 - int(code[-1])), "Confirm")
    await expect(page.get_by_text("The code is wrong or no longer valid.")).to_be_visible()
    await type_code(page, code, "Confirm")
    await expect_heading(page, "Your email address is verified")
    await page.get_by_role("link", name="Go to sign-in").click()
    await page.get_by_label("Email, username or phone number").fill(nora)
    await page.get_by_label("Password", exact=True).fill(GOOD)
    await page.get_by_role("button", name="Sign in").click()
    await expect_inside(page, nora)
    user = await place.user(nora)
    assert (user["emailVerified"], user["status"], user["name"]) == (True, "active", "Nora Lund")


async def test_somebody_registers_and_verifies_the_address_by_the_link_in_the_mail(
    found: Found, page: Page
) -> None:
    place = await found("by-link", registration={"enabled": True, "requireEmailVerification": True})
    nora = place.email("nora")
    await register(page, place, nora)
    await page.goto(
        link_in(await place.post.letter(nora, "Verify your email address for By-Link"), "verify-email")
    )
    await page.get_by_role("button", name="Yes, confirm it").click()
    await expect_heading(page, "Your email address is verified")
    await sign_in(page, place, nora, GOOD)
    await expect_inside(page, nora)


async def test_whoever_signs_in_before_verifying_types_a_code_there(found: Found, page: Page) -> None:
    place = await found("at-sign-in", registration={"enabled": True, "requireEmailVerification": True})
    nora = place.email("nora")
    await register(page, place, nora)
    await place.post.letter(nora, "Verify your email address for At-Sign-In")
    await sign_in(page, place, nora, GOOD)
    await expect_heading(page, "Verify your email address")
    text = await place.post.letter(nora, "###### is your At-Sign-In code")
    await page.get_by_label("Code", exact=True).fill(code_in(text))
    await page.get_by_role("button", name="Verify and sign in").click()
    await expect_inside(page, nora)


async def test_who_registers_with_a_known_address_sees_the_same_and_its_owner_is_told(
    found: Found, page: Page
) -> None:
    place = await found("known", registration={"enabled": True})
    nora = place.email("nora")
    await place.create(nora, emailVerified=True)
    await register(page, place, nora)
    text = await place.post.letter(nora, "You already have an account at Known")
    await page.goto(link_in(text, "login"))
    await sign_in(page, place, nora, GOOD)
    await expect_inside(page, nora)
