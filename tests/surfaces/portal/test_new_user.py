"""Creating a user directly, and inviting one."""

import html
import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import get_person
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tenantry.domain.users.references import parse_ref
from tests.support.access import events_of
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.portal import form_csrf, statements
from tests.support.settings import change
from tests.support.signing_in import GOOD
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
NEW = "/access-management/users/new"
SITE = "http://localhost:8400"
TENANT = f"{SITE}/t/acme-corp"
CREATE = f"{NEW}?how=create"
INVITE = f"{NEW}?how=invite"
ANITA = "anita@example.com"
SECRET = re.compile(r'<code class="secret">([^<]*)</code>')
PROBLEM = re.compile(r'id="(\w+)-problems">(.*?)</ul>', re.DOTALL)
TICKED = re.compile(r'name="(?:roles|groups)" value="([^"]*)" checked')


def problems(page: httpx.Response) -> dict[str, str]:
    """What stands under each field."""
    found = {name: re.sub(r"<[^>]*>", " ", text) for name, text in PROBLEM.findall(page.text)}
    return {name: html.unescape(" ".join(text.split())) for name, text in found.items()}


def typed(page: httpx.Response, name: str) -> str:
    found = re.search(rf'id="{name}" name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


async def create(browser: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    page = await browser.get(CREATE)
    form = {"csrf": form_csrf(page), "how": "create", "passwordBy": "none", **fields}
    return await browser.post(CREATE, data=form)


async def send(browser: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    page = await browser.get(INVITE)
    form = {"csrf": form_csrf(page), "how": "invite", "send": "mail", **fields}
    return await browser.post(INVITE, data=form)


async def person(home: Home, email: str = ANITA) -> Person:
    async with home.works.read(home.opener()) as work:
        return await get_person(work, parse_ref(email))


async def group(home: Home, name: str) -> None:
    async with home.works.write(home.opener()) as work:
        await create_group(work, NewGroup(name=name))


async def recruiter(home: Home, enter: Enters) -> httpx.AsyncClient:
    """Somebody who may see and create users and see all roles and groups, and give out none."""
    permissions = ["users:read", "users:create", "roles:read", "groups:read"]
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Recruiter", permissions=permissions))
    return await enter("recruiter")


async def many(home: Home) -> tuple[int, ...]:
    """How many users, invitations and events there are."""
    async with home.works.read(home.opener()) as work:
        row = await work.db.one(
            """
            select
                (select count(*) from users),
                (select count(*) from invitations),
                (select count(*) from events)
            """
        )
    assert row is not None
    return tuple(row)


async def test_a_user_is_created_with_all_that_was_chosen(admin: httpx.AsyncClient, home: Home) -> None:
    await group(home, "Engineering")
    answer = await create(
        admin,
        email=f" {ANITA} ",
        phoneNumber="+1 202 555 0123",
        username="anita",
        name="Anita Maria Singh",
        familyName="Maria Singh",
        passwordBy="typed",
        password=GOOD,
        emailVerified="on",
        mustChangePassword="on",
        mustEnrolMfa="on",
        sendWelcome="on",
        groups=["engineering"],
        roles=["auditor", "user"],
        customData='{"plan": {"seats": 3}}',
    )
    assert answer.status_code == 200
    made = await person(home)
    user = made.user
    assert (user.email, user.phone, user.username) == (ANITA, "+12025550123", "anita")
    assert (user.name, user.family_name) == ("Anita Maria Singh", "Maria Singh")
    assert (user.email_verified, user.must_enrol_mfa, user.must_change_password) == (True, True, True)
    assert user.custom_data == {"plan": {"seats": 3}}
    assert made.has_password
    assert {role["slug"] for role in json.loads(bytes(made.roles))} == {"auditor", "user"}
    assert [one["slug"] for one in json.loads(bytes(made.groups))] == ["engineering"]
    [(target, data)] = [event for event in await events_of(home, "user.created") if event[0] == user.id]
    assert (target, data["via"], data["sendWelcome"]) == (user.id, "portal", True)


async def test_a_generated_password_is_shown_once_in_the_answer_alone(
    admin: httpx.AsyncClient, home: Home
) -> None:
    answer = await create(admin, email=ANITA, username="anita", passwordBy="generate")
    [password] = SECRET.findall(answer.text)
    password = html.unescape(password)
    assert len(password) >= 12
    copied = re.search(r'data-copy="(Email:[^"]*)"', answer.text)
    assert copied is not None
    lines = html.unescape(copied[1]).splitlines()
    assert lines == [
        f"Email: {ANITA}", "Username: anita", f"Password: {password}", "Sign in at: http://localhost:8400/t/acme-corp/login",
    ]  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    assert "location" not in answer.headers
    assert password not in str(answer.headers)
    user = (await person(home)).user
    again = await admin.get(f"/access-management/users?search={ANITA}")
    assert password not in again.text
    assert f"/access-management/users/{user.id}" in answer.text
    assert CREATE in answer.text
    await admin.post(f"{TENANT}/logout", data={"csrf": csrf(again)})
    page = await admin.get(f"{TENANT}/login")
    form = {"csrf": csrf(page), "identifier": "anita", "password": password}
    assert (await admin.post(f"{TENANT}/login", data=form)).status_code == 303


async def test_the_form_begins_with_the_way_to_a_password_that_the_tenant_has_chosen(
    admin: httpx.AsyncClient, home: Home
) -> None:
    for method in ("email_link", "sms_otp"):
        await change(home, "accounts", setupMethod=method)
        page = (await admin.get(f"{NEW}?how=create")).text
        assert re.findall(r'name="passwordBy" value="(\w+)"[^>]* checked', page) == [method]


async def test_who_chooses_their_password_is_mailed_a_link_and_has_none(
    admin: httpx.AsyncClient, home: Home
) -> None:
    answer = await create(admin, email=ANITA, passwordBy="email_link")
    assert f"on its way to {ANITA}" in answer.text
    assert "shown only now" not in answer.text
    assert not (await person(home)).has_password
    [data] = [data for _, data in await events_of(home, "user.created") if data["via"] == "portal"]
    assert (data["sendSetup"], data["setupMethod"]) == (True, "email_link")
    refused = await create(admin, username="bob", passwordBy="email_link")
    assert (refused.status_code, problems(refused)) == (
        422, {"setupMethod": "Needs an email to send it to."},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "has", "lacks", "needs"),
    [
        ("email_otp", {"email": ANITA}, {"phoneNumber": "+12025550123"}, "Needs an email to send it to."),
        ("sms_otp", {"phoneNumber": "+12025550123"}, {"email": ANITA}, "Needs a phoneNumber to send it to."),
    ],
)
async def test_who_chooses_their_password_can_be_sent_a_code(
    admin: httpx.AsyncClient,
    home: Home,
    method: str,
    has: dict[str, str],
    lacks: dict[str, str],
    needs: str,
) -> None:
    refused = await create(admin, passwordBy=method, **lacks)
    assert (refused.status_code, problems(refused)) == (422, {"setupMethod": needs})
    assert f'value="{method}" required checked' in refused.text
    [address] = has.values()
    answer = await create(admin, passwordBy=method, **has)
    assert f"A code to choose a password is on its way to {address}." in answer.text
    [data] = [data for _, data in await events_of(home, "user.created") if data["via"] == "portal"]
    assert (data["sendSetup"], data["setupMethod"], data["passwordPending"]) == (True, method, True)


async def test_a_service_account_has_no_password_and_is_sent_nothing(
    admin: httpx.AsyncClient, home: Home
) -> None:
    answer = await create(
        admin,
        kind="service",
        email=ANITA,
        username="deploy-bot",
        passwordBy="typed",
        password=GOOD,
        mustChangePassword="on",
        mustEnrolMfa="on",
        sendWelcome="on",
        roles=["auditor"],
    )
    assert answer.status_code == 200
    assert "A service account. It never signs in on the pages" in answer.text
    assert "on its way" not in answer.text
    assert "Sign in at" not in answer.text
    made = await person(home)
    assert (made.user.kind, made.has_password, made.user.password_pending) == ("service", False, None)
    assert (made.user.must_enrol_mfa, made.user.must_change_password) == (False, False)
    assert [role["slug"] for role in json.loads(bytes(made.roles))] == ["auditor"]
    [data] = [data for _, data in await events_of(home, "user.created") if data["via"] == "portal"]
    assert (data["sendSetup"], data["sendWelcome"], data.get("setupMethod")) == (False, False, None)
    refused = await create(admin, kind="robot", email="bob@example.com")
    assert problems(refused) == {"kind": "Choose one of these."}


async def test_every_fault_stands_under_its_field_and_nothing_typed_is_lost(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await group(home, "Engineering")
    before = await many(home)
    answer = await create(
        admin,
        email="nowhere",
        phoneNumber="12",
        username="a b",
        name="<script>alert(1)</script>",
        passwordBy="typed",
        password="short",
        emailVerified="on",
        groups=["engineering"],
        roles=["auditor"],
        customData='{"plan": ',
    )
    assert answer.status_code == 422
    found = problems(answer)
    assert set(found) == {"email", "phoneNumber", "username", "password", "customData"}
    assert "at least 8 characters" in found["password"]
    assert "does not meet the policy" not in found["password"].lower()
    assert found["customData"].startswith("Is not JSON")
    assert typed(answer, "email") == "nowhere"
    assert typed(answer, "username") == "a b"
    assert typed(answer, "name") == "<script>alert(1)</script>"
    assert "<script>alert" not in answer.text
    assert "short" not in answer.text.replace("shortcut", "")
    assert set(TICKED.findall(answer.text)) == {"engineering", "auditor"}
    assert 'name="emailVerified" value="on" checked' in answer.text
    assert 'value="typed" required checked' in answer.text
    assert "{&#34;plan&#34;:" in answer.text
    assert await many(home) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1]", 'Must be a JSON object, such as {"plan": "pro"}.'),
        ('{"a": "\\u0000"}', "At a: contains the character U+0000, which is not allowed."),
        ("{" * 40, "Is not JSON"),
    ],
)
async def test_custom_data_that_cannot_be_kept_is_refused(
    admin: httpx.AsyncClient, text: str, says: str
) -> None:
    answer = await create(admin, email=ANITA, customData=text)
    assert answer.status_code == 422
    assert problems(answer)["customData"].startswith(says)


async def test_a_password_must_be_typed_where_one_is_to_be(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await create(admin, email=ANITA, passwordBy="typed", password="")
    assert problems(answer) == {"password": "Type a password, or choose another way above."}
    answer = await create(admin, email=ANITA, passwordBy="magic")
    assert problems(answer) == {"setupMethod": "Choose one of these."}
    answer = await create(admin, email=ANITA, passwordBy="typed", password="anita-anita")
    assert "password" in problems(answer)
    assert (await many(home))[0] == 1


async def test_a_taken_email_leads_to_whoever_has_it(admin: httpx.AsyncClient, home: Home) -> None:
    bob = await home.user("bob@example.com", username="bob")
    answer = await create(admin, email="BOB@example.com", name="Bob", passwordBy="typed", password=GOOD)
    assert answer.status_code == 409
    assert problems(answer) == {"email": "A user with this email already exists."}
    assert f'href="/t/acme-corp/portal/access-management/users/{bob.user.id}"' in answer.text
    assert typed(answer, "name") == "Bob"
    answer = await create(admin, username="bob")
    assert problems(answer) == {"username": "A user with this username already exists."}
    assert f'href="/t/acme-corp/portal/access-management/users/{bob.user.id}"' in answer.text


async def test_a_group_that_was_deleted_meanwhile_is_told_beside_any_other_fault(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await home.user("bob@example.com")
    answer = await create(admin, email="bob@example.com", groups=["engineering"])
    found = problems(answer)
    assert found["email"] == "A user with this email already exists."
    assert found["groups"].startswith("The group “engineering” was deleted or renamed")


async def test_a_group_that_was_deleted_meanwhile_is_explained(admin: httpx.AsyncClient, home: Home) -> None:
    await group(home, "Sales")
    before = await many(home)
    answer = await create(admin, email=ANITA, groups=["engineering", "sales"], roles=["gone"])
    assert answer.status_code == 422
    found = problems(answer)
    # Roles are given first, and one refusal at a time comes from there.
    assert found["roles"].startswith("The role “gone” was deleted or renamed")
    answer = await create(admin, email=ANITA, groups=["engineering", "sales"])
    assert problems(answer)["groups"].startswith("The group “engineering” was deleted or renamed")
    assert TICKED.findall(answer.text) == ["sales"]
    assert typed(answer, "email") == ANITA
    assert await many(home) == before


async def test_nothing_is_offered_or_given_beyond_what_one_may(home: Home, enter: Enters) -> None:
    await group(home, "Engineering")
    browser = await recruiter(home, enter)
    page = await browser.get(CREATE)
    assert 'name="roles"' not in page.text
    assert 'name="groups"' not in page.text
    before = await many(home)
    forged = await create(browser, email=ANITA, roles=["auditor"])
    assert forged.status_code == 403
    assert "roles:assign" in forged.text
    assert (await send(browser, email=ANITA, roles=["auditor"])).status_code == 403
    assert await many(home) == before


async def test_a_role_stronger_than_oneself_is_refused_under_the_list(home: Home, enter: Enters) -> None:
    browser = await enter("user_manager")
    for press in (create, send):
        answer = await press(browser, email=ANITA, roles=["tenant_admin"])
        assert answer.status_code == 403
        assert problems(answer)["roles"].startswith("You cannot hand out the role tenant_admin")
        assert typed(answer, "email") == ANITA


async def test_whoever_may_not_create_users_is_refused(auditor: httpx.AsyncClient, home: Home) -> None:
    assert (await auditor.get(CREATE)).status_code == 403
    assert (await auditor.get(INVITE)).status_code == 403
    listed = await auditor.get("/access-management/users")
    assert NEW not in listed.text
    before = await many(home)
    form = {"csrf": form_csrf(await auditor.get("/audit-log")), "email": ANITA, "passwordBy": "none"}
    for how in ("create", "invite"):
        forged = await auditor.post(NEW, data={**form, "how": how})
        assert (forged.status_code, "users:create" in forged.text) == (403, True)
    assert await many(home) == before


async def test_a_session_that_ended_meanwhile_leads_to_the_sign_in_and_back(
    admin: httpx.AsyncClient, home: Home
) -> None:
    token = form_csrf(await admin.get(CREATE))
    before = await many(home)
    admin.cookies.clear()
    for how in ("create", "invite"):
        form = {"csrf": token, "how": how, "email": ANITA, "passwordBy": "none"}
        referer = {"referer": f"{TENANT}/portal{NEW}?how={how}"}
        answer = await admin.post(f"{NEW}?how={how}", data=form, headers=referer)
        back = quote(f"/t/acme-corp/portal{NEW}?how={how}", safe="")
        assert answer.headers["location"].startswith(f"/t/acme-corp/login?next={back}")
    assert await many(home) == before


async def test_a_form_of_another_site_changes_nothing(admin: httpx.AsyncClient, home: Home) -> None:
    before = await many(home)
    for how in ("create", "invite"):
        answer = await admin.post(
            NEW, data={"csrf": "forged", "how": how, "email": ANITA, "passwordBy": "none"}
        )
        assert answer.status_code == 403
    assert await many(home) == before


async def test_a_page_takes_few_statements(admin: httpx.AsyncClient) -> None:
    for path in (CREATE, INVITE):
        before = statements()
        assert (await admin.get(path)).status_code == 200
        # One opens the session, one reads the roles and groups.
        assert statements() - before == 2
