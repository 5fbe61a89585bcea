"""The API reference: Swagger UI from our own assets, under the policy of every page."""

import json

from playwright.async_api import Page, expect

from tests.browser.helpers import Watch, assert_accessible, assert_fits, in_every_look, on_one_loop

pytestmark = on_one_loop


@in_every_look
async def test_the_reference_is_accessible_closed_and_open(page: Page, watch: Watch, gallery: str) -> None:
    await page.goto(f"{gallery}/reference")
    operations = page.locator(".opblock-summary-control")
    await expect(operations).to_have_count(4)
    await assert_accessible(page)
    for index in range(4):
        await operations.nth(index).click()
    await page.get_by_role("button", name="Schemas").click()
    await expect(page.locator(".responses-table")).to_have_count(4)
    await assert_accessible(page)
    await assert_fits(page)
    assert not watch.complaints
    assert watch.hosts() == {gallery.removeprefix("http://")}


async def test_an_operation_is_tried_with_the_key_that_was_entered(page: Page, gallery: str) -> None:
    await page.route(
        "**/api/v1/admin/users*", lambda route: route.fulfill(body="{}", content_type="application/json")
    )
    await page.goto(f"{gallery}/reference")
    await page.get_by_role("button", name="Authorize").click()
    await page.locator(".modal-ux input").fill("sk_live_example")
    await page.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
    await page.locator(".modal-ux").get_by_role("button", name="Close").last.click()
    await page.locator(".opblock-summary-control").first.click()
    async with page.expect_request("**/api/v1/admin/users*") as asked:
        await page.get_by_role("button", name="Execute").click()
    request = await asked.value
    assert await request.header_value("authorization") == "Bearer sk_live_example"


async def test_a_link_to_one_operation_opens_it(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/reference#/Users/deleteUser")
    await expect(page.locator("#operations-Users-deleteUser")).to_have_class("opblock opblock-delete is-open")


async def test_the_document_is_the_one_that_the_server_gives(page: Page, gallery: str) -> None:
    async with page.expect_response("**/openapi.json") as answer:
        await page.goto(f"{gallery}/reference")
    document = json.loads(await (await answer.value).text())
    assert document["info"]["title"] == await page.locator("h1.title").evaluate(
        "title => title.firstChild.textContent"
    )
