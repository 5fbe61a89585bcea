"""Error pages in the looks of the tenant below whose address they happen, and never an error inside one."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.domain.branding.actions import set_logo
from tenantry.kernel.work import STATEMENTS
from tenantry.surfaces.kit import error_pages, pages
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.pictures import picture
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
NOWHERE = "/t/acme-corp/nothing-is-here"


@pytest_asyncio.fixture
async def visitor(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    # What the server answers to an error of the program is looked at, and not the error.
    app: Any = build(services)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8400") as client:
        yield client


@pytest_asyncio.fixture
async def dressed(home: Home) -> Home:
    """The tenant with a colour and a logo of its own."""
    await change(home, "branding", accentColor="#c2410c")
    async with home.works.write(home.opener()) as work:
        await set_logo(work, picture(width=320, height=96))
    return home


def shows_looks(page: httpx.Response) -> bool:
    return (
        '<img class="brand-logo" src="/t/acme-corp/branding/logo-' in page.text
        and '<link rel="stylesheet" href="/t/acme-corp/branding/' in page.text
        and "<span>Acme</span>" in page.text
        and "· Acme</title>" in page.text
    )


def is_plain(page: httpx.Response) -> bool:
    return "<span>Tenantry</span>" in page.text and "/branding/" not in page.text


async def test_a_page_that_is_not_there_shows_the_looks_of_its_tenant_and_a_way_back(
    visitor: httpx.AsyncClient, dressed: Home
) -> None:
    before = STATEMENTS._value.get()
    page = await visitor.get(NOWHERE)
    assert STATEMENTS._value.get() - before <= 1
    assert page.status_code == 404
    assert shows_looks(page)
    assert 'href="/t/acme-corp/account/sessions"' in page.text
    assert int(page.headers["content-length"]) == len(page.content)
    lost = await visitor.get("/t/acme-corp/portal/lost")
    assert shows_looks(lost)
    assert 'href="/t/acme-corp/portal/"' in lost.text


async def test_a_refusal_of_the_domain_shows_them_too(visitor: httpx.AsyncClient, dressed: Home) -> None:
    gone = await visitor.get("/t/acme-corp/branding/logo-00000000000000000000000000000000")
    assert gone.status_code == 404
    assert shows_looks(gone)


async def test_an_error_of_the_program_shows_them_too(
    visitor: httpx.AsyncClient, dressed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = pages.render

    def broken(template: str, **context: Any) -> bytes:
        if template == "signin/login.html":
            raise RuntimeError("broken on purpose")
        return render(template, **context)

    monkeypatch.setattr(pages, "render", broken)
    page = await visitor.get("/t/acme-corp/login")
    assert page.status_code == 500
    assert shows_looks(page)
    assert "broken on purpose" not in page.text


async def test_a_tenant_without_looks_is_named_and_our_mark_stays(
    visitor: httpx.AsyncClient, home: Home
) -> None:
    page = await visitor.get(NOWHERE)
    assert "<span>Acme</span>" in page.text
    assert "favicon" in page.text.split("<body", 1)[1]


@pytest.mark.parametrize("path", ["/t/nobody-here/lost", "/t/%00/lost", "/t/a%2Fb/lost", "/nowhere", "/t/"])
async def test_where_no_tenant_is_known_the_page_is_ours(
    visitor: httpx.AsyncClient, dressed: Home, path: str
) -> None:
    page = await visitor.get(path)
    assert page.status_code == 404
    assert is_plain(page)


async def test_a_suspended_tenant_shows_nothing_of_its_own(visitor: httpx.AsyncClient, dressed: Home) -> None:
    async with dressed.works.write(dressed.opener()) as work:
        await work.db.run("update tenants set status = 'suspended'")
    assert is_plain(await visitor.get(NOWHERE))


async def test_a_database_that_does_not_answer_leaves_the_page_plain(
    visitor: httpx.AsyncClient, dressed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def __init__(self, *_: object) -> None:
            pass

        async def __call__(self, *_: object, **__: object) -> None:
            raise OSError("away")

    monkeypatch.setattr(error_pages, "OpenTenant", Away)
    page = await visitor.get(NOWHERE)
    assert page.status_code == 404
    assert is_plain(page)


async def test_looks_that_cannot_be_shown_leave_the_page_plain(
    visitor: httpx.AsyncClient, dressed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> dict[str, Any]:
        raise ValueError("no looks")

    monkeypatch.setattr(error_pages, "whose", broken)
    page = await visitor.get(NOWHERE)
    assert page.status_code == 404
    assert is_plain(page)


async def test_the_name_of_a_tenant_is_shown_as_text(visitor: httpx.AsyncClient, home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run("update tenants set name = '<script>alert(1)</script>'")
    page = await visitor.get(NOWHERE)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


async def test_an_error_of_the_api_is_no_page(visitor: httpx.AsyncClient, dressed: Home) -> None:
    answer = await visitor.get("/t/acme-corp/api/v1/admin/nothing")
    assert answer.headers["content-type"] == "application/json"
