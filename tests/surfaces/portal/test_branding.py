"""The tenant's looks in the portal: name, accent colour and logo, and the sign-in page as it would be."""

from html import unescape
from typing import Any

import httpx
import pytest

from tenantry.domain.branding.model import Branding
from tenantry.domain.branding.queries import get_branding
from tests.support.makers import Home
from tests.support.pictures import picture
from tests.support.portal import form_csrf, statements
from tests.support.settings import change
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
PATH = "configuration/branding"
NAVY = "#1e40af"


async def form(client: httpx.AsyncClient, **changed: str) -> dict[str, str]:
    """The form of name and colour as a browser would send it."""
    page = await client.get(PATH)
    hidden = {
        name: unescape(page.text.split(f'name="{name}" value="')[1].split('"')[0])
        for name in ("version", "shown_name", "shown_colour")
    }
    typed = {"name": hidden["shown_name"], "colour": hidden["shown_colour"]}
    return {"csrf": form_csrf(page), **hidden, **typed, **changed}


async def looks(home: Home) -> Branding:
    async with home.works.read(home.opener()) as work:
        return await get_branding(work)


async def upload(client: httpx.AsyncClient, content: bytes, **changed: str) -> httpx.Response:
    fields = {"csrf": form_csrf(await client.get(PATH)), **changed}
    return await client.post(f"{PATH}/logo", data=fields, files={"logo": ("logo.png", content, "image/png")})


async def test_name_and_colour_are_saved(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await admin.post(PATH, data=await form(admin, name="Acme & Sons", colour=NAVY))
    assert answer.headers["location"].endswith("branding?told=saved")
    found = await looks(home)
    assert (found.name, found.colour) == ("Acme & Sons", NAVY)
    page = await admin.get(PATH)
    assert 'value="Acme &amp; Sons"' in page.text
    unchanged = await admin.post(PATH, data=await form(admin))
    assert unchanged.headers["location"].endswith("told=unchanged")
    await admin.post(PATH, data=await form(admin, colour=""))
    assert (await looks(home)).colour is None


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Must be 1 to 128 printable characters."),
        ("name", "x" * 129, "Must be 1 to 128 printable characters."),
        ("colour", "teal", "Must be # and six digits"),
        ("colour", '#123456"><script>alert(1)</script>', "Must be # and six digits"),
    ],
)
async def test_what_is_not_right_is_told_under_its_field_and_nothing_is_saved(
    admin: httpx.AsyncClient, home: Home, field: str, typed: str, said: str
) -> None:
    other = {"name": "Else", "colour": NAVY}
    answer = await admin.post(PATH, data=await form(admin, **{**other, field: typed}))
    assert answer.status_code == 422
    assert said in answer.text.split(f'id="{field}-problems"')[1].split("</ul>")[0]
    assert "<script>alert" not in answer.text
    found = await looks(home)
    assert (found.name, found.colour) == ("Acme", None)
    del other[field]
    for value in other.values():
        assert f'value="{value}"' in answer.text


async def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(
    admin: httpx.AsyncClient, home: Home
) -> None:
    typed = await form(admin, name="Mine")
    await change(home, "branding", accentColor="#aa0000")
    answer = await admin.post(PATH, data=typed)
    assert answer.status_code == 409
    assert "Somebody else has changed the branding meanwhile" in answer.text
    assert '<ins class="diff-after">#aa0000</ins>' in answer.text
    assert 'value="Mine"' in answer.text
    assert 'name="colour" value="#aa0000"' in answer.text
    found = await looks(home)
    assert (found.name, found.colour) == ("Acme", "#aa0000")


async def test_another_setting_or_a_logo_is_no_conflict(admin: httpx.AsyncClient, home: Home) -> None:
    typed = await form(admin, name="Mine")
    await change(home, "sessions", idleMinutes=45)
    assert (await upload(admin, picture())).status_code == 303
    assert (await admin.post(PATH, data=typed)).status_code == 303
    assert (await looks(home)).name == "Mine"


async def test_a_logo_is_uploaded_shown_and_removed(
    admin: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    assert "There is none." in (await admin.get(PATH)).text
    answer = await upload(admin, picture(width=90, height=30))
    assert answer.headers["location"].endswith("told=logo")
    logo = (await looks(home)).logo
    assert logo is not None
    page = await admin.get(PATH)
    assert f'src="/t/acme-corp/branding/logo-{logo.hash}"' in page.text
    assert "90 × 30 pixels" in page.text
    assert (await looks(neighbour)).logo is None
    fields = {"csrf": form_csrf(page)}
    unconfirmed = await admin.post(f"{PATH}/logo/remove", data=fields)
    assert unconfirmed.status_code == 422
    assert "Tick the box." in unconfirmed.text
    assert (await looks(home)).logo is not None
    removed = await admin.post(f"{PATH}/logo/remove", data={**fields, "confirmed": "yes"})
    assert removed.headers["location"].endswith("told=logo-removed")
    assert (await looks(home)).logo is None


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "Is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "which can carry script"),
        (b"\x89PNG and nothing more", 422, "Cannot be read as a picture"),
        (picture(width=1025), 422, "At most 1024 pixels"),
        (b"x" * 300_000, 413, "It may have at most"),
        (b"x" * 2_000_000, 413, "Is too large"),
    ],
)
async def test_a_file_that_is_no_logo_is_told_why(
    admin: httpx.AsyncClient, home: Home, content: bytes, status: int, said: str
) -> None:
    answer = await upload(admin, content)
    assert answer.status_code == status
    under = answer.text.split('id="logo-problems"')[1].split("</ul>")[0]
    assert said.lower() in under.lower()
    assert (await looks(home)).logo is None


async def test_the_preview_shows_what_is_not_saved_yet(admin: httpx.AsyncClient) -> None:
    page = await admin.get(PATH)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    asked = {"name": "<b>Mine</b>", "colour": NAVY}
    shown = await admin.get(f"{PATH}/preview", params=asked)
    assert "frame-ancestors 'self'" in shown.headers["content-security-policy"]
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    assert "&lt;b&gt;Mine&lt;/b&gt;" in shown.text
    assert "preview.css?colour=%231e40af" in shown.text
    style = await admin.get(f"{PATH}/preview.css", params=asked)
    assert style.headers["content-type"].startswith("text/css")
    assert f"--tblr-primary: {NAVY}" in style.text
    plain = await admin.get(f"{PATH}/preview", params={"colour": "red}"})
    assert "preview.css" not in plain.text
    assert (await admin.get(f"{PATH}/preview.css", params={"colour": "red}"})).status_code == 400


async def test_whoever_may_only_look_is_refused_by_the_domain(
    enter: Enters, admin: httpx.AsyncClient, home: Home
) -> None:
    await upload(admin, picture())
    looker = await enter("app_manager")
    page = await looker.get(PATH)
    assert "<fieldset disabled>" in page.text
    assert "Upload" not in page.text
    assert "Remove" not in page.text
    typed: dict[str, Any] = {**await form(looker, name="Mine"), "confirmed": "yes"}
    for answer in (
        await looker.post(PATH, data=typed),
        await looker.post(f"{PATH}/logo/remove", data=typed),
        await upload(looker, picture(colour="#ff0000")),
        await upload(looker, b"nothing"),
        await upload(looker, b"x" * 2_000_000),
    ):
        assert answer.status_code == 403
        assert "settings:write" in answer.text
    found = await looks(home)
    assert found.name == "Acme"
    assert found.logo is not None


@pytest.mark.parametrize("path", [PATH, f"{PATH}/logo", f"{PATH}/logo/remove"])
async def test_a_form_of_another_page_is_refused(admin: httpx.AsyncClient, home: Home, path: str) -> None:
    typed = await form(admin, csrf="made-up", name="Mine", confirmed="yes")
    files = {"logo": ("a.png", picture(), "image/png")} if path.endswith("/logo") else None
    assert (await admin.post(path, data=typed, files=files)).status_code == 403
    found = await looks(home)
    assert (found.name, found.logo) == ("Acme", None)


async def test_whoever_may_not_look_is_refused(auditor: httpx.AsyncClient) -> None:
    for path in (PATH, f"{PATH}/preview", f"{PATH}/preview.css?colour=%23123456"):
        assert (await auditor.get(path)).status_code == 403, path


async def test_the_page_takes_at_most_six_statements(admin: httpx.AsyncClient) -> None:
    await admin.get(PATH)
    before = statements()
    await admin.get(PATH)
    assert statements() - before <= 6
