"""The tab Security: giving a password, having the user choose one, and second factors."""

import re
from typing import Any

import httpx
import pytest

from tenantry.domain.credentials.model import SECTION
from tenantry.domain.directory.queries import get_person
from tenantry.domain.users.model import PasswordPending, UserKind
from tenantry.domain.users.references import UserRef
from tenantry.kernel.ids import new_id
from tests.support.access import acting, events_of
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.portal_user import followed, one, press, read
from tests.support.settings import change
from tests.support.signing_in import GOOD
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
SHOWN = re.compile(r'<code class="shown-secret-text">([^<]+)</code>')
NEW = "a brand new passphrase"


async def signs_in(app: Any, home: Home, password: str) -> bool:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8400") as client:
        page = await client.get(f"/t/{home.slug}/login")
        form = {"csrf": csrf(page), "identifier": "ann@example.com", "password": password}
        return (await client.post(f"/t/{home.slug}/login", data=form)).status_code == 303


async def security(client: httpx.AsyncClient, person: Any) -> str:
    return read(await client.get(f"{one(person)}?tab=security"))


def switched(page: httpx.Response, what: str) -> list[str]:
    """Whether a switch stands on or off; nothing where there is none."""
    return re.findall(rf'aria-checked="(true|false)" aria-labelledby="switch-{what}"', page.text)


async def test_a_password_is_set(admin: httpx.AsyncClient, app: Any, home: Home) -> None:
    ann = await home.user(email_verified=True)
    assert "Password Has none" in await security(admin, ann)
    answer = await press(admin, ann, "/password", password=NEW)
    text = await followed(admin, answer)
    assert "The password has been set." in text
    assert "Password Has one" in text
    assert await signs_in(app, home, NEW)
    [(_, data)] = await events_of(home, "user.password_set_by_admin")
    assert data == {"temporary": False, "notify": False}


async def test_a_temporary_password_must_be_changed_at_the_next_sign_in(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    await press(admin, ann, "/password", password=NEW, temporary="yes", notify="yes")
    assert "true" in switched((await admin.get(f"{one(ann)}?tab=security")), "password")
    [(_, data)] = await events_of(home, "user.password_set_by_admin")
    assert data == {"temporary": True, "notify": True}


async def test_a_weak_password_is_refused_with_every_broken_rule_and_not_shown_again(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    page = await press(admin, ann, "/password", password="qwerty")
    assert page.status_code == 422
    text = read(page)
    assert "Must be at least 8 characters long." in text
    assert "most common passwords" in text
    assert "qwerty" not in page.text
    assert 'id="set-password"' in page.text.partition("data-open")[0].rpartition("<dialog")[2]
    assert "Has none" in text


async def test_an_empty_password_is_refused(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    page = await press(admin, ann, "/password", password="")
    assert (page.status_code, "Type the new password." in page.text) == (422, True)


async def test_a_generated_password_is_shown_once(admin: httpx.AsyncClient, app: Any, home: Home) -> None:
    ann = await home.user(email_verified=True)
    page = await press(admin, ann, "/password/generate")
    assert page.status_code == 200
    [password] = SHOWN.findall(page.text)
    assert "You see this only now" in page.text
    assert await signs_in(app, home, password.replace("&amp;", "&"))
    assert SHOWN.findall((await admin.get(f"{one(ann)}?tab=security")).text) == []


@pytest.mark.parametrize("path", ["/password", "/password/generate"])
async def test_nobody_gets_the_account_of_somebody_stronger(
    enter: Enters, home: Home, password_hash: str, path: str
) -> None:
    await change(home, SECTION, historyCount=3)
    boss = await home.user("boss@example.com", roles=["tenant_admin"], password_hash=password_hash)
    manager = await enter("user_manager")
    # It is their present password, which only their equal may learn.
    page = await press(manager, boss, path, password=GOOD)
    assert page.status_code == 403
    assert "This user may do things that you may not" in page.text
    assert SHOWN.findall(page.text) == []
    assert await events_of(home, "user.password_set_by_admin") == []


@pytest.mark.parametrize("method", ["email_link", "email_otp", "sms_otp"])
async def test_a_way_to_choose_a_password_is_sent(admin: httpx.AsyncClient, home: Home, method: str) -> None:
    ann = await home.user(phone="+12025550123")
    answer = await press(admin, ann, "/password-reset", method=method)
    assert "It has been sent." in await followed(admin, answer)
    [(_, data)] = await events_of(home, "user.password_reset_requested")
    assert data["method"] == method


async def test_only_ways_that_reach_the_user_are_offered(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(None, username="ann", phone="+12025550123")
    page = await admin.get(f"{one(ann)}?tab=security")
    assert 'value="sms_otp"' in page.text
    assert 'value="email_link"' not in page.text
    refused = await press(admin, ann, "/password-reset", method="email_link")
    assert refused.status_code == 422
    assert "The user has no email address" in refused.text
    assert (await press(admin, ann, "/password-reset", method="pigeon")).status_code == 422


async def test_a_new_password_is_demanded(admin: httpx.AsyncClient, home: Home, password_hash: str) -> None:
    ann = await home.user(password_hash=password_hash)
    assert (await press(admin, ann, "/force-reset", method="email_link")).status_code == 422
    answer = await press(admin, ann, "/force-reset", method="email_link", confirm="yes")
    text = await followed(admin, answer)
    assert "A new password is demanded" in text
    assert "Pending password reset by root@example.com" in text


async def test_at_the_next_sign_in_is_offered_only_where_the_old_password_works_until_then(
    admin: httpx.AsyncClient, home: Home, password_hash: str
) -> None:
    ann = await home.user(password_hash=password_hash)
    address = f"{one(ann)}?tab=security"
    assert 'value="at_sign_in"' not in (await admin.get(address)).text
    refused = await press(admin, ann, "/force-reset", method="at_sign_in", confirm="yes")
    assert refused.status_code == 422
    await change(home, "recovery", oldPasswordWorksUntilReset=True)
    assert 'value="at_sign_in"' in (await admin.get(address)).text
    answer = await press(admin, ann, "/force-reset", method="at_sign_in", confirm="yes")
    assert answer.status_code == 303


async def test_a_pending_password_is_sent_again(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(password_pending=PasswordPending.INITIAL_SETUP)
    page = await admin.get(one(ann))
    assert "They have not chosen their first password yet." in page.text
    answer = await press(admin, ann, "/resend", what="password")
    assert "It has been sent again." in await followed(admin, answer)
    [(_, data)] = await events_of(home, "user.password_reset_requested")
    assert data["scenario"] == "ASK_PASSWORD"


@pytest.mark.parametrize(
    ("what", "field"), [("password", "must_change_password"), ("factor", "must_enrol_mfa")]
)
async def test_what_the_next_sign_in_asks_for_is_switched_on_and_off(
    admin: httpx.AsyncClient, home: Home, password_hash: str, what: str, field: str
) -> None:
    ann = await home.user(password_hash=password_hash)
    tab = f"{one(ann)}?tab=security"
    assert switched(await admin.get(tab), what) == ["false"]
    for on, told in (("yes", True), ("no", False)):
        answer = await press(admin, ann, "/next-sign-in", what=what, on=on)
        assert "It counts from their next sign-in on." in await followed(admin, answer)
        assert switched(await admin.get(tab), what) == [str(told).lower()]
        async with home.works.read(home.opener()) as work:
            user = (await get_person(work, UserRef(ann.user.id, None))).user
        assert getattr(user, field) is told
    again = await press(admin, ann, "/next-sign-in", what=what, on="no")
    assert "Nothing was different" in await followed(admin, again)


async def test_a_sign_in_goes_by_the_switch(
    admin: httpx.AsyncClient, app: Any, home: Home, password_hash: str
) -> None:
    ann = await home.user(password_hash=password_hash, email_verified=True)
    ways = []
    for on in ("yes", "no"):
        await press(admin, ann, "/next-sign-in", what="password", on=on)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            address = f"http://localhost:8400/t/{home.slug}/login"
            form = {
                "csrf": csrf(await client.get(address)),
                "identifier": "ann@example.com",
                "password": GOOD,
            }
            ways.append((await client.post(address, data=form)).headers["location"])
    assert ways == [f"/t/{home.slug}/login/change-password", f"/t/{home.slug}/account/sessions"]


@pytest.mark.parametrize(
    "fields", [{}, {"what": "blocked", "on": "yes"}, {"what": "password", "on": "maybe"}]
)
async def test_nothing_else_can_be_switched(
    admin: httpx.AsyncClient, home: Home, fields: dict[str, str]
) -> None:
    ann = await home.user()
    page = await press(admin, ann, "/next-sign-in", **fields)
    assert (page.status_code, "Switch one of these on or off." in page.text) == (422, True)
    assert await events_of(home, "user.updated") == []


async def test_only_switches_that_mean_something_are_there(
    admin: httpx.AsyncClient, auditor: httpx.AsyncClient, home: Home, password_hash: str
) -> None:
    ann = await home.user()
    robot = await home.user("robot@example.com", kind=UserKind.SERVICE)
    page = await admin.get(f"{one(ann)}?tab=security")
    assert (switched(page, "password"), switched(page, "factor")) == ([], ["false"])
    fay = await home.user(
        "fay@example.com", password_hash=password_hash, password_pending=PasswordPending.RESET
    )
    assert switched(await admin.get(f"{one(fay)}?tab=security"), "password") == []
    assert "At the next sign-in" not in read(await admin.get(f"{one(robot)}?tab=security"))
    page = await auditor.get(f"{one(ann)}?tab=security")
    assert "They must set up a second factor" in page.text
    assert switched(page, "factor") == []


async def test_second_factors_are_shown_and_removed(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    assert 'data-dialog="reset-mfa"' not in (await admin.get(f"{one(ann)}?tab=security")).text
    async with acting(home) as work:
        await work.db.run(
            """
            insert into factors (id, user_id, kind, name, secret, created_at)
            values (%s, %s, 'totp', 'Phone', 'x', %s)
            """,
            (new_id(), ann.user.id, work.now),
        )
    assert "Authenticator app Phone" in await security(admin, ann)
    assert (await press(admin, ann, "/mfa-reset")).status_code == 422
    answer = await press(admin, ann, "/mfa-reset", confirm="yes")
    assert "All second factors have been removed." in await followed(admin, answer)
    async with home.works.read(home.opener()) as work:
        assert not (await get_person(work, UserRef(ann.user.id, None))).user.mfa_enabled
