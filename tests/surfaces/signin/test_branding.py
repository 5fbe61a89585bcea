"""What pages show of a tenant's looks, and the addresses that they are fetched from."""

import re

import httpx
import pytest

from tenantry.domain.branding.actions import remove_logo, set_logo
from tenantry.domain.branding.colours import accent_of
from tenantry.domain.codes.model import CodeKind
from tenantry.domain.recovery.actions import create_link
from tenantry.kernel.work import STATEMENTS
from tenantry.surfaces.kit.services import Services
from tests.support.database import SEALER
from tests.support.invitations import invited, offline_link
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.pictures import picture
from tests.support.settings import change
from tests.support.signing_in import GOOD

pytestmark = pytest.mark.asyncio
LOGIN = "/t/acme-corp/login"
COLOUR = "#c2410c"
LOGO = picture(width=320, height=96, clear=True)
STYLE = re.compile(r'<link rel="stylesheet" href="(/t/[^"]+\.css)">')
PICTURE = re.compile(r'<img class="brand-logo[^>]* src="([^"]+)"')
FOR_EVER = "public, max-age=31536000, immutable"


async def give_looks(home: Home, content: bytes = LOGO) -> None:
    await change(home, "branding", accentColor=COLOUR)
    async with home.works.write(home.opener()) as work:
        await set_logo(work, content)


def found(pattern: re.Pattern[str], page: httpx.Response) -> str:
    match = pattern.search(page.text)
    assert match is not None, page.text
    return match[1]


async def reset_address(home: Home) -> str:
    person = await home.user("bob@example.com")
    async with home.works.write(home.opener()) as work:
        token = await create_link(work, person.user, CodeKind.PASSWORD_RESET, SEALER)
    return f"/t/{home.slug}/reset-password?token={token}"


async def invitation_address(home: Home) -> str:
    token = await offline_link(home, await invited(home))
    return f"/t/{home.slug}/invitation?token={token}"


async def test_a_tenant_without_looks_of_its_own_shows_ours(browser: httpx.AsyncClient, home: Home) -> None:
    page = await browser.get(LOGIN)
    assert STYLE.search(page.text) is None
    assert "favicon" in page.text.split("<body", 1)[1]


async def test_every_page_without_a_sign_in_shows_the_looks_of_its_tenant(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await give_looks(home)
    await change(home, "registration", enabled=True)
    code = "0195a3c2-7f1e-7b3a-9d52-000000000001"
    for address in (
        LOGIN,
        "/t/acme-corp/register",
        "/t/acme-corp/forgot-password",
        "/t/acme-corp/forgot-password/sent",
        f"/t/acme-corp/forgot-password/code?id={code}&via=email",
        f"/t/acme-corp/verify-email?id={code}",
        f"/t/acme-corp/verify-phone?id={code}",
        await reset_address(home),
        await invitation_address(home),
    ):
        page = await browser.get(address)
        assert page.status_code == 200, address
        assert (await browser.get(found(STYLE, page))).status_code == 200
        assert (await browser.get(found(PICTURE, page))).content == LOGO
        assert 'width="320" height="96"' in page.text


async def test_the_pages_of_an_account_show_the_looks_and_so_do_the_steps_of_a_sign_in(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await give_looks(home)
    password_hash = await services.hasher.hash(GOOD)
    await home.user(password_hash=password_hash)
    await home.user("new@example.com", password_hash=password_hash, must_change_password=True)
    seen = []
    for name, addresses in (
        ("new@example.com", [f"{LOGIN}/change-password"]),
        ("ann@example.com", ["/t/acme-corp/account/sessions", "/t/acme-corp/account/email"]),
    ):
        form = {"csrf": csrf(await browser.get(LOGIN)), "identifier": name, "password": GOOD}
        assert (await browser.post(LOGIN, data=form)).status_code == 303
        for address in addresses:
            page = await browser.get(address)
            assert page.status_code == 200, address
            seen.append((found(STYLE, page), found(PICTURE, page)))
    assert len(seen) == 3
    assert len(set(seen)) == 1


async def test_the_looks_cost_the_sign_in_page_no_statement(browser: httpx.AsyncClient, home: Home) -> None:
    await give_looks(home)
    before = STATEMENTS._value.get()
    page = await browser.get(LOGIN)
    assert STATEMENTS._value.get() - before == 1
    assert PICTURE.search(page.text)


async def test_the_style_sheet_sets_the_readable_shades_for_light_and_dark(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await give_looks(home)
    answer = await browser.get(found(STYLE, await browser.get(LOGIN)))
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    accent = accent_of(COLOUR)
    light, dark = answer.text.split('[data-bs-theme="dark"]', 1)
    assert f"--tblr-primary: {accent.light.ground};" in light
    assert f"--tblr-link-color: {accent.light.text};" in light
    assert dark.count(f"--tblr-link-color: {accent.dark.text};") == 2
    assert "prefers-color-scheme: dark" in dark


async def test_another_colour_has_another_address_and_the_old_one_is_gone(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await give_looks(home)
    first = found(STYLE, await browser.get(LOGIN))
    await change(home, "branding", accentColor="#1e40af")
    second = found(STYLE, await browser.get(LOGIN))
    assert first != second
    assert (await browser.get(first)).status_code == 404
    await change(home, "branding", accentColor=None)
    assert (await browser.get(second)).status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_logo_is_served_as_what_it_is_and_can_do_nothing(
    browser: httpx.AsyncClient, home: Home, kind: str
) -> None:
    await give_looks(home, picture(kind))
    address = found(PICTURE, await browser.get(LOGIN))
    answer = await browser.get(address)
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    head = await browser.head(address)
    assert (head.status_code, head.content) == (200, b"")


async def test_what_is_not_there_is_not_found(
    browser: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await give_looks(home)
    page = await browser.get(LOGIN)
    logo, style = found(PICTURE, page), found(STYLE, page)
    for address in (
        logo.replace("acme-corp", "other-corp"),
        style.replace("acme-corp", "other-corp"),
        logo.replace("acme-corp", "nobody"),
        style.replace("acme-corp", "nobody"),
        logo[:-1] + ("0" if logo[-1] != "0" else "1"),
        logo + "0",
        logo.upper(),
        "/t/acme-corp/branding/logo-",
        "/t/acme-corp/branding/0123456789abcdef.css",
        "/t/acme-corp/branding/x",
        "/t/acme-corp/branding/%00",
        "/t/acme-corp/branding/..%2flogin",
    ):
        answer = await browser.get(address)
        assert answer.status_code == 404, address
        assert "immutable" not in answer.headers["cache-control"]


async def test_a_tenant_with_a_colour_alone_shows_its_initial(browser: httpx.AsyncClient, home: Home) -> None:
    await give_looks(home)
    async with home.works.write(home.opener()) as work:
        await remove_logo(work)
    page = await browser.get(LOGIN)
    assert PICTURE.search(page.text) is None
    assert '<span class="brand-initial" aria-hidden="true">A</span>' in page.text


async def test_script_in_the_name_of_a_tenant_is_shown_as_text(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "general", name='<script>alert("1")</script>')
    await give_looks(home)
    async with home.works.write(home.opener()) as work:
        await remove_logo(work)
    page = await browser.get(LOGIN)
    assert '<script>alert("' not in page.text
    assert "&lt;script&gt;alert(" in page.text
    assert ">&lt;</span>" in page.text
