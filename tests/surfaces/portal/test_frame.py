"""What every page of the portal goes through."""

import httpx
import pytest

from tests.support.makers import Home
from tests.support.portal import form_csrf

pytestmark = pytest.mark.asyncio
PART = {"hx-request": "true", "hx-request-type": "partial"}
USERS = "/access-management/users"


async def test_a_visitor_signs_in_first_and_comes_back_to_the_very_list(admin: httpx.AsyncClient) -> None:
    admin.cookies.clear()
    answer = await admin.get(f"{USERS}?status=locked")
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "/t/acme-corp/login?next=%2Ft%2Facme-corp%2Fportal%2Faccess-management%2Fusers%3Fstatus%3Dlocked"
    )


async def test_a_part_of_a_page_whose_session_ended_sends_the_whole_page_to_the_sign_in(
    admin: httpx.AsyncClient,
) -> None:
    admin.cookies.clear()
    answer = await admin.get(USERS, headers=PART)
    assert answer.status_code == 200
    assert answer.headers["hx-redirect"].startswith("/t/acme-corp/login?next=")
    assert answer.text == ""


async def test_the_portal_is_closed_to_people_without_a_role_in_it(nobody: httpx.AsyncClient) -> None:
    for path in (USERS, "/palette"):
        answer = await nobody.get(path)
        assert answer.status_code == 403
        assert "Ivan" not in answer.text


async def test_the_menu_shows_what_one_may_see(admin: httpx.AsyncClient, auditor: httpx.AsyncClient) -> None:
    assert "/t/acme-corp/portal/configuration/api-keys" in (await admin.get(USERS)).text
    seen = (await auditor.get(USERS)).text
    assert "/t/acme-corp/portal/audit-log" in seen
    assert "New user" not in seen


async def test_a_session_of_another_tenant_opens_nothing(admin: httpx.AsyncClient, neighbour: Home) -> None:
    answer = await admin.get(f"http://localhost:8400/t/{neighbour.slug}/portal{USERS}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/t/{neighbour.slug}/login")


async def test_pages_are_kept_by_nobody_and_run_no_script_of_strangers(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(USERS)
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_ones_own_account_leads_to_the_portal_where_one_may_enter_it(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    account = "http://localhost:8400/t/acme-corp/account/sessions"
    assert 'href="/t/acme-corp/portal/"' in (await admin.get(account)).text
    assert "/portal/" not in (await nobody.get(account)).text


async def test_pages_are_compressed_and_light(admin: httpx.AsyncClient, home: Home) -> None:
    for number in range(20):
        await home.user(f"person.number.{number}@example.com", name=f"Person Number {number}")
    answer = await admin.get(USERS, headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 30_000
    plain = await admin.get(USERS, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "Person Number 7" in plain.text


async def test_what_guards_a_form_is_never_the_same_text_twice(admin: httpx.AsyncClient) -> None:
    first, second = form_csrf(await admin.get(USERS)), form_csrf(await admin.get(USERS))
    assert first != second
