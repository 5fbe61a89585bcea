"""The templates in every state: how they look to a machine, and what their few scripts do."""

import asyncio
import json

from playwright.async_api import Browser, Page, Route, expect

from tests.browser.gallery import PAGES, PROBLEMS
from tests.browser.helpers import (
    WCAG_22_AA,
    Look,
    Watch,
    assert_accessible,
    assert_fits,
    in_every_width,
    on_one_loop,
    open_context,
    turn,
)

pytestmark = on_one_loop

DARK, LIGHT = "dark", "light"


async def theme(page: Page) -> str:
    """The colours that the page really shows."""
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    value = await page.evaluate(
        "colour => { const c = new OffscreenCanvas(1, 1).getContext('2d'); c.fillStyle = colour;"
        " c.fillRect(0, 0, 1, 1); return c.getImageData(0, 0, 1, 1).data[0]; }",
        ground,
    )
    return DARK if value < 128 else LIGHT


@in_every_width
async def test_every_page_is_accessible_in_light_and_dark_fits_and_asks_nobody_else(
    page: Page, watch: Watch, gallery: str
) -> None:
    for name in PAGES:
        await turn(page, LIGHT)
        await page.goto(f"{gallery}/show/{name}")
        await assert_accessible(page)
        await assert_fits(page)
        assert await theme(page) == LIGHT
        await turn(page, DARK)
        assert await theme(page) == DARK
        # What is no rule of WCAG is about the order and the names of things, whatever their colours.
        await assert_accessible(page, WCAG_22_AA)
        assert not watch.complaints, f"{name}: {watch.complaints}"
    assert watch.hosts() == {gallery.removeprefix("http://")}


async def test_without_scripts_a_page_still_has_the_colours_of_the_system(
    browser: Browser, gallery: str
) -> None:
    context = await browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = await context.new_page()
    await page.goto(f"{gallery}/show/reset")
    assert await theme(page) == DARK
    await expect(page.locator("[data-theme-switch]")).to_be_hidden()
    await context.close()


async def test_chosen_colours_hold_on_the_next_page(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/reset")
    await page.get_by_role("button", name="Use dark colours").click()
    assert await theme(page) == DARK
    await page.goto(f"{gallery}/show/error-404")
    assert await theme(page) == DARK
    await page.get_by_role("button", name="Use light colours").click()
    assert await page.evaluate("localStorage.length") == 0, "the system's own colours need no memory"


async def test_the_first_frame_already_has_the_chosen_colours(browser: Browser, gallery: str) -> None:
    context = await open_context(browser, Look(LIGHT, 1280))
    await context.add_init_script(
        "localStorage.setItem('tenantry-theme', 'dark'); new PerformanceObserver(() => {"
        "window.first ??= document.documentElement.dataset.bsTheme}).observe({type: 'paint', buffered: true})"
    )
    page = await context.new_page()

    async def late(route: Route) -> None:
        await asyncio.sleep(0.3)
        await route.continue_()

    await page.route("**/theme-*.js", late)
    await page.goto(f"{gallery}/show/reset")
    await page.wait_for_function("window.first")
    assert await page.evaluate("window.first") == DARK
    await context.close()


async def test_the_password_form_sends_what_was_typed(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/reset")
    field = page.get_by_label("New password")
    await expect(field).to_be_focused()
    assert await field.get_attribute("autocomplete") == "new-password"
    await page.keyboard.type("correct horse battery")
    await page.get_by_role("button", name="Show password").click()
    await expect(field).to_have_attribute("type", "text")
    await field.press("Enter")
    await page.wait_for_url("**/reset")
    sent = json.loads(await page.locator("body").inner_text())
    expected = {
        "csrf": "a token",
        "username": "anna.lindqvist@acme.example",
        "password": "correct horse battery",
    }
    assert sent == expected


async def test_a_refused_password_is_told_every_broken_rule_beside_the_field(
    page: Page, gallery: str
) -> None:
    await page.goto(f"{gallery}/show/reset-weak")
    field = page.get_by_label("New password")
    await expect(field).to_have_attribute("aria-invalid", "true")
    described = (await field.get_attribute("aria-describedby") or "").split()
    assert described[0] == "password-problems"
    assert await page.locator("#password-problems li").all_inner_texts() == PROBLEMS
    assert (await page.title()).startswith("Error: ")


async def test_a_form_is_sent_once_even_if_its_button_is_pressed_twice(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/reset")
    await page.evaluate(
        "window.sent = 0; addEventListener('submit', event => {"
        " window.sent += event.defaultPrevented ? 0 : 1; event.preventDefault() })"
    )
    await page.get_by_label("New password").fill("correct horse battery")
    button = page.get_by_role("button", name="Set password")
    await button.click()
    await button.click()
    assert await page.evaluate("window.sent") == 1
    await expect(button).to_have_attribute("aria-busy", "true")


async def test_the_copy_button_copies_the_request_id_and_says_so(page: Page, gallery: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{gallery}/show/error-500")
    button = page.get_by_role("button", name="Copy the request id")
    await button.click()
    await expect(button.get_by_role("status")).to_have_text("Copied")
    request_id = await page.locator(".error-id code").inner_text()
    assert await page.evaluate("navigator.clipboard.readText()") == request_id
