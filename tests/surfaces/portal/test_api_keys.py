"""The pages of API keys: the list, a new one that is shown once, and the end of one."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tenantry.domain.apikeys.actions import create_api_key
from tenantry.domain.apikeys.model import SCOPES, ApiKey, NewApiKey
from tenantry.domain.apikeys.queries import list_api_keys
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.surfaces.portal.api_keys import SCOPE_WORDS
from tests.support.access import acting, bearer
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.surfaces.portal.conftest import Enters

KEYS = "configuration/api-keys"
SECRET = re.compile(r'<code id="made-key">([^<]+)</code>')
FIRST = Criteria(EVERYTHING, Sort("createdAt", descending=True), Page(20))
asynchronous = pytest.mark.asyncio


async def newest(home: Home) -> ApiKey:
    async with acting(home) as work:
        return (await list_api_keys(work, FIRST)).keys[0]


async def make(browser: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    guard = form_csrf(await browser.get(f"{KEYS}/new"))
    form = {"csrf": guard, "name": "Nightly sync", "scopes": ["admin:audit"], "ends": "90", **fields}
    return await browser.post(f"{KEYS}/new", data=form)


def test_every_scope_is_explained() -> None:
    assert set(SCOPE_WORDS) == set(SCOPES)


@asynchronous
async def test_a_key_is_shown_once_and_works(admin: httpx.AsyncClient, home: Home) -> None:
    # Without an end: the database compares that with its own clock, which is not the frozen one of tests.
    answer = await make(admin, readRate="500", writeRate="", ends="never")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    [secret] = SECRET.findall(answer.text)
    assert f'data-copy="{secret}"' in answer.text
    used = await admin.get(
        f"http://localhost:8400/t/{home.slug}/api/v1/admin/audit-logs", headers=bearer(secret)
    )
    assert used.status_code == 200
    made = await newest(home)
    assert (made.name, made.scopes, made.read_rate, made.write_rate) == (
        "Nightly sync",
        ["admin:audit"],
        500,
        None,
    )
    for page in (KEYS, f"{KEYS}/{made.id}"):
        shown = (await admin.get(page)).text
        assert secret not in shown
        assert made.hint in shown
        assert "root@example.com" in shown


@asynchronous
async def test_a_key_ends_when_one_chose(admin: httpx.AsyncClient, home: Home, clock: FrozenClock) -> None:
    await make(admin, ends="30")
    assert (await newest(home)).expires_at == clock.now() + timedelta(days=30)
    await make(admin, ends="date", date="2190-01-31")
    assert (await newest(home)).expires_at == datetime(2190, 1, 31, tzinfo=UTC)
    assert (await make(admin, ends="whenever")).status_code == 422


@asynchronous
async def test_every_fault_stands_under_its_field_and_no_key_is_made(
    admin: httpx.AsyncClient, home: Home
) -> None:
    before = await newest(home)
    answer = await make(
        admin, name="<b>", scopes=[], ends="date", date="tomorrow", readRate="many", writeRate="-1"
    )
    assert answer.status_code == 422
    for field in ("expiresAt", "readRate", "writeRate"):
        assert f'id="{field}-problems"' in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    past = await make(admin, name="", scopes=["admin:nope"], ends="date", date="2020-01-01", readRate="0")
    for field in ("name", "scopes", "expiresAt", "readRate"):
        assert f'id="{field}-problems"' in past.text
    assert SECRET.findall(answer.text + past.text) == []
    assert await newest(home) == before


@asynchronous
async def test_nobody_makes_a_key_that_may_more_than_they_may(enter: Enters, home: Home) -> None:
    manager = await enter("app_manager")
    page = await manager.get(f"{KEYS}/new")
    offered = re.findall(
        r'value="(\S+)"( checked)?( disabled)?>\s*<span class="form-check-label"><code>', page.text
    )
    assert {name for name, _, disabled in offered if not disabled} == {
        "internal_user_mgt_list",
        "internal_user_mgt_view",
    }
    before = await newest(home)
    for scope in ("admin:write", "admin:users", "admin:read"):
        answer = await make(manager, scopes=[scope])
        assert answer.status_code == 403
        assert 'id="scopes-problems"' in answer.text
    assert await newest(home) == before
    assert SECRET.search((await make(manager, scopes=["internal_user_mgt_list"])).text)


@asynchronous
async def test_only_whoever_may_change_settings_raises_the_rates(
    enter: Enters, admin: httpx.AsyncClient, home: Home
) -> None:
    manager = await enter("app_manager")
    fields = {"scopes": ["internal_user_mgt_list"], "readRate": "1001", "writeRate": "101"}
    refused = await make(manager, **fields)
    assert refused.status_code == 422
    assert refused.text.count("settings:write") == 2
    assert SECRET.search((await make(admin, **fields)).text)
    assert (await newest(home)).read_rate == 1001


@asynchronous
async def test_an_administrator_makes_a_key_that_may_do_everything(admin: httpx.AsyncClient) -> None:
    assert SECRET.search((await make(admin, scopes=["admin:write"], ends="never")).text)


@asynchronous
async def test_a_key_is_revoked_once_the_box_is_ticked(admin: httpx.AsyncClient, home: Home) -> None:
    [secret] = SECRET.findall((await make(admin, ends="never")).text)
    path = f"{KEYS}/{(await newest(home)).id}"
    guard = form_csrf(await admin.get(path))
    refused = await admin.post(f"{path}/revoke", data={"csrf": guard})
    assert refused.status_code == 422
    assert "Tick the box to confirm." in refused.text
    answer = await admin.post(f"{path}/revoke", data={"csrf": guard, "sure": "yes"})
    assert answer.headers["location"].endswith("told=revoked")
    page = await admin.get(f"http://localhost:8400{answer.headers['location']}")
    assert ">Revoked<" in page.text
    assert "Revoke key" not in page.text
    api = f"http://localhost:8400/t/{home.slug}/api/v1/admin/audit-logs"
    assert (await admin.get(api, headers=bearer(secret))).status_code == 401


@asynchronous
async def test_the_list_searches_and_shows_script_as_text(admin: httpx.AsyncClient, home: Home) -> None:
    async with acting(home) as work:
        await create_api_key(work, NewApiKey(name="<script>alert(1)</script>", scopes=["admin:read"]))
    page = await admin.get(KEYS)
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text
    assert "No key matches" in (await admin.get(f"{KEYS}?search=nothing-has-this-name")).text
    assert (await admin.get(f"{KEYS}?sortBy=nonsense")).status_code == 400
    assert (await admin.get(f"{KEYS}/nonsense")).status_code == 404


@asynchronous
async def test_no_page_takes_more_than_six_statements(admin: httpx.AsyncClient, home: Home) -> None:
    for path in (KEYS, f"{KEYS}/new", f"{KEYS}/{(await newest(home)).id}"):
        before = statements()
        assert (await admin.get(path)).status_code == 200
        assert statements() - before <= 6


@asynchronous
async def test_an_auditor_neither_sees_keys_nor_makes_any(auditor: httpx.AsyncClient, home: Home) -> None:
    key = await newest(home)
    for path in (KEYS, f"{KEYS}/new", f"{KEYS}/{key.id}"):
        assert (await auditor.get(path)).status_code == 403
    guard = form_csrf(await auditor.get("access-management/roles/user"))
    made = await auditor.post(
        f"{KEYS}/new", data={"csrf": guard, "name": "x", "scopes": "admin:audit", "ends": "90"}
    )
    ended = await auditor.post(f"{KEYS}/{key.id}/revoke", data={"csrf": guard, "sure": "yes"})
    assert (made.status_code, ended.status_code) == (403, 403)
    assert await newest(home) == key
