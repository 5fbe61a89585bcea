"""Every recovery scenario of the identity API: its link or code is sent anew, the one before is dead, the new one works."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Found
from tests.support.stories import (
    BETTER,
    GOOD,
    Place,
    choose_password,
    code_in,
    expect_heading,
    expect_inside,
    link_in,
    sign_in,
    type_code,
)

pytestmark = on_one_loop
RESEND = "identity/user/v1.0/resend-code"
DEAD = "This link is no longer valid"
NO_CODE = "The code is wrong or no longer valid."
SETUP = "Choose your Again password"
FORCED = "Choose a new password for Again"
CODE = "Your Again code"
VERIFY = "Verify your email address for Again"
VERIFY_CODE = "###### is your Again code"

Wait = Callable[[Place, Page], Awaitable[None]]
Use = Callable[[Place, Page, str, str], Awaitable[None]]


class Story(msgspec.Struct, frozen=True):
    """How Jane comes to wait for something, what she is sent (without a subject: a text message), and what she does with it."""

    wait: Wait
    subject: str | None
    use: Use
    pending: str | None
    username: str | None = "jane"
    password: str = BETTER

    async def message(self, place: Place) -> str:
        if self.subject is None:
            return await place.post.sms(place.phone)
        return await place.post.letter(place.email("jane"), self.subject)


def created(**fields: object) -> Wait:
    """An administrator creates her without a password."""

    async def wait(place: Place, _page: Page) -> None:
        await place.create(
            place.email("jane"), username="jane", password=None, phoneNumber=place.phone, **fields
        )

    return wait


def done_to_her(action: str, **body: object) -> Wait:
    """An administrator creates her with a password, and does something."""

    async def wait(place: Place, _page: Page) -> None:
        await place.create(place.email("jane"), username="jane", phoneNumber=place.phone)
        await place.do(place.email("jane"), action, **body)

    return wait


async def signed_up(place: Place, page: Page) -> None:
    await page.goto(place.at("register"))
    await page.get_by_label("Email address").fill(place.email("jane"))
    await page.get_by_label("Password", exact=True).fill(BETTER)
    await page.get_by_role("button", name="Create account").click()
    await expect_heading(page, "Check your mail")


async def changing(place: Place, page: Page) -> None:
    """She asks for her address herself; hers is another one until it is confirmed."""
    await place.create(place.email("old"), username="jane", password=BETTER)
    await sign_in(page, place, "jane", BETTER)
    await page.goto(place.at("account/email"))
    await page.get_by_label("New address").fill(place.email("jane"))
    await page.get_by_role("button", name="Change address").click()
    await expect(page.get_by_role("status")).to_contain_text("on its way to the new address")


async def chosen_by_link(_place: Place, page: Page, old: str, new: str) -> None:
    await page.goto(link_in(old, "reset-password"))
    await expect_heading(page, DEAD)
    await page.goto(link_in(new, "reset-password"))
    await choose_password(page, BETTER)


async def chosen_by_code(_place: Place, page: Page, old: str, new: str) -> None:
    await page.goto(link_in(old, "forgot-password/code"))
    await type_code(page, code_in(old), "Go on")
    await expect(page.get_by_text(NO_CODE)).to_be_visible()
    await page.goto(link_in(new, "forgot-password/code"))
    await type_code(page, code_in(new), "Go on")
    await choose_password(page, BETTER)


async def verified_by_link(_place: Place, page: Page, old: str, new: str) -> None:
    await page.goto(link_in(old, "verify-email"))
    await expect_heading(page, DEAD)
    await page.goto(link_in(new, "verify-email"))
    await page.get_by_role("button", name="Yes, confirm it").click()
    await expect_heading(page, "Your email address is verified")


async def changed_by_link(_place: Place, page: Page, old: str, new: str) -> None:
    await page.goto(link_in(old, "verify-email"))
    await expect_heading(page, DEAD)
    await page.goto(link_in(new, "verify-email"))
    await page.get_by_role("button", name="Use this address").click()
    await expect_heading(page, "Your address is changed")


def verified_by_code(what: str, heading: str) -> Use:
    async def use(_place: Place, page: Page, old: str, new: str) -> None:
        await page.goto(link_in(old, f"verify-{what}"))
        await type_code(page, code_in(old), "Confirm")
        await expect(page.get_by_text(NO_CODE)).to_be_visible()
        await page.goto(link_in(new, f"verify-{what}"))
        await type_code(page, code_in(new), "Confirm")
        await expect_heading(page, heading)

    return use


EMAIL_BY_CODE = verified_by_code("email", "Your email address is verified")
PHONE_BY_CODE = verified_by_code("phone", "Your phone number is verified")
INITIAL, RESET = "pending_initial_password_setup", "pending_password_reset"
EMAIL, MOBILE = "pending_email_verification", "pending_mobile_verification"
STORIES = {
    "ASK_PASSWORD": Story(created(), SETUP, chosen_by_link, INITIAL),
    "ASK_PASSWORD_VIA_EMAIL_OTP": Story(created(setupMethod="email_otp"), CODE, chosen_by_code, INITIAL),
    "ASK_PASSWORD_VIA_SMS_OTP": Story(created(setupMethod="sms_otp"), None, chosen_by_code, INITIAL),
    "ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK": Story(
        done_to_her("password/force-reset", method="email_link"), FORCED, chosen_by_link, RESET
    ),
    "ADMIN_FORCED_PASSWORD_RESET_VIA_OTP": Story(
        done_to_her("password/force-reset", method="email_otp"), CODE, chosen_by_code, RESET
    ),
    "ADMIN_FORCED_PASSWORD_RESET_VIA_SMS_OTP": Story(
        done_to_her("password/force-reset", method="sms_otp"), None, chosen_by_code, RESET
    ),
    "EMAIL_VERIFICATION": Story(
        done_to_her("verify-email", form="link"), VERIFY, verified_by_link, EMAIL, password=GOOD
    ),
    "EMAIL_VERIFICATION_OTP": Story(
        done_to_her("verify-email", form="otp"), VERIFY_CODE, EMAIL_BY_CODE, EMAIL, password=GOOD
    ),
    "SELF_SIGN_UP": Story(signed_up, VERIFY, verified_by_link, EMAIL, username=None),
    "MOBILE_VERIFICATION_ON_UPDATE": Story(
        done_to_her("verify-phone"), None, PHONE_BY_CODE, MOBILE, password=GOOD
    ),
    "EMAIL_VERIFICATION_ON_UPDATE": Story(
        changing, "Confirm your new email address for Again", changed_by_link, None
    ),
}


async def resend(place: Place, who: str, scenario: str) -> None:
    wanted = {
        "user": {"username": who, "realm": "PRIMARY"},
        "properties": [{"key": "RecoveryScenario", "value": scenario}],
    }
    assert await place.call("POST", RESEND, 201, json=wanted) is None


@pytest.mark.parametrize("scenario", STORIES)
async def test_what_was_lost_is_sent_anew_and_used_on_the_pages(
    found: Found, page: Page, scenario: str
) -> None:
    story = STORIES[scenario]
    place = await found(scenario.lower().replace("_", "-"), "Again", registration={"enabled": True})
    await story.wait(place, page)
    old = await story.message(place)
    assert story.pending is None or story.pending in (await place.user(place.email("jane")))["states"]

    await resend(place, story.username or place.email("jane"), scenario)
    new = await story.message(place)
    await story.use(place, page, old, new)
    user = await place.user(place.email("jane"))
    assert story.pending not in user["states"]
    await page.context.clear_cookies()
    await sign_in(page, place, place.email("jane"), story.password)
    await expect_inside(page, place.email("jane"))

    # Nothing is left to send: the answer is the same, and the audit log says that nothing went.
    await resend(place, story.username or place.email("jane"), scenario)
    [ignored] = await place.audit(action="user.code_resend_ignored")
    assert (ignored["target"]["id"], ignored["metadata"]["scenario"]) == (user["id"], scenario)
