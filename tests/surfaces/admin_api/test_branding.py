"""A tenant's looks over the admin API."""

import httpx
import pytest

from tests.support.access import bearer
from tests.support.makers import Home
from tests.support.pictures import picture, png_that_says

pytestmark = pytest.mark.asyncio
LOGO = picture(width=320, height=96)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


async def put(api: httpx.AsyncClient, content: bytes = LOGO, media_type: str = "image/png") -> httpx.Response:
    return await api.put("/branding/logo", content=content, headers={"content-type": media_type})


async def test_a_tenant_that_has_set_nothing_has_a_name_alone(api: httpx.AsyncClient) -> None:
    answer = await api.get("/branding")
    assert answer.json() == {"data": {"name": "Acme", "accentColor": None, "logoUrl": None}}


async def test_name_and_colour_are_settings_and_the_logo_is_a_file(api: httpx.AsyncClient) -> None:
    change = {"general": {"name": "Acme Ltd"}, "branding": {"accentColor": "#1e40af"}}
    assert (await api.put("/settings", json=change)).status_code == 200
    answer = await put(api)
    assert answer.status_code == 200, answer.text
    set_ = answer.json()["data"]
    assert (set_["width"], set_["height"]) == (320, 96)
    url = set_["logoUrl"]
    assert url.startswith("http://localhost:8400/t/acme-corp/branding/logo-")
    shown = (await api.get("/branding")).json()["data"]
    assert shown == {"name": "Acme Ltd", "accentColor": "#1e40af", "logoUrl": url}
    fetched = await api.get(
        url.replace("http://localhost:8400", "http://localhost"), headers={"Authorization": ""}
    )
    assert fetched.content == LOGO


async def test_the_content_decides_what_a_file_is_and_not_its_header(api: httpx.AsyncClient) -> None:
    answer = await put(api, picture("WEBP"), "text/html")
    assert answer.status_code == 200
    path = answer.json()["data"]["logoUrl"].removeprefix("http://localhost:8400")
    assert (await api.get(f"http://localhost{path}")).headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        pytest.param(SVG, 422, "script", id="SVG"),
        pytest.param(b"", 422, "empty", id="nothing"),
        pytest.param(b'{"logo": "x"}', 422, "PNG, JPEG or WebP", id="JSON"),
        pytest.param(png_that_says(5000, 10), 422, "1024 pixels", id="too many pixels"),
        pytest.param(LOGO + b"\0" * 300_000, 413, "262,144", id="too many bytes"),
    ],
)
async def test_a_file_that_is_refused_is_refused_with_the_reason_and_changes_nothing(
    api: httpx.AsyncClient, content: bytes, status: int, says: str
) -> None:
    before = (await put(api)).json()["data"]["logoUrl"]
    answer = await put(api, content)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["details"]["logo"]
    assert (await api.get("/branding")).json()["data"]["logoUrl"] == before


async def test_a_body_beyond_what_the_server_takes_is_refused(api: httpx.AsyncClient) -> None:
    assert (await put(api, b"\0" * (1024 * 1024 + 1))).status_code == 413


async def test_a_removed_logo_is_gone(api: httpx.AsyncClient) -> None:
    url = (await put(api)).json()["data"]["logoUrl"].replace("http://localhost:8400", "http://localhost")
    assert (await api.delete("/branding/logo")).json() == {"message": "Logo removed"}
    assert (await api.get("/branding")).json()["data"]["logoUrl"] is None
    assert (await api.get(url)).status_code == 404
    assert (await api.delete("/branding/logo")).json() == {"message": "There was no logo"}


async def test_a_key_that_reads_sees_the_looks_and_changes_nothing(
    api: httpx.AsyncClient, home: Home
) -> None:
    reader = bearer(await home.new_key("admin:read"))
    assert (await api.get("/branding", headers=reader)).status_code == 200
    assert (await api.put("/branding/logo", content=LOGO, headers=reader)).status_code == 403
    assert (await api.delete("/branding/logo", headers=reader)).status_code == 403


async def test_a_logo_is_one_tenants_alone(api: httpx.AsyncClient, neighbour: Home) -> None:
    await put(api)
    theirs = f"http://localhost/t/{neighbour.slug}/api/v1/admin/branding"
    answer = await api.get(theirs, headers=bearer(neighbour.key))
    assert answer.json()["data"] == {"name": "Other", "accentColor": None, "logoUrl": None}
    assert (await api.delete(f"{theirs}/logo")).status_code == 401


@pytest.mark.parametrize(
    "colour",
    [
        "#12345", "#1234567", "red", "#12345g", "#123456\n", "#123456;", "", "rgb(1,2,3)", "url(//evil.example)",
        "#123456} body { display: none", "</style><script>alert(1)</script>", 123456, ["#123456"], True,
    ],
)  # fmt: skip
async def test_only_six_hexadecimal_digits_are_a_colour(api: httpx.AsyncClient, colour: object) -> None:
    answer = await api.put("/settings", json={"branding": {"accentColor": colour}})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["details"]) == ["branding.accentColor"]
    assert (await api.get("/settings")).json()["data"]["branding"] == {"accentColor": None}


async def test_what_is_known_of_the_logo_cannot_be_written_as_a_setting(api: httpx.AsyncClient) -> None:
    await put(api)
    shown = (await api.get("/branding")).json()
    forged = {"hash": "../../evil", "width": 1, "height": 1, "clear": False}
    answer = await api.put("/settings", json={"logo": forged})
    assert (answer.status_code, list(answer.json()["details"])) == (422, ["logo"])
    settings = (await api.get("/settings")).json()["data"]
    assert "logo" not in settings
    assert (await api.put("/settings", json=settings)).status_code == 200
    assert (await api.get("/branding")).json() == shown


async def test_the_looks_change_the_version_of_the_settings(api: httpx.AsyncClient) -> None:
    before = (await api.get("/settings")).headers["etag"]
    await put(api)
    stale = await api.put(
        "/settings", json={"branding": {"accentColor": "#123456"}}, headers={"If-Match": before}
    )
    assert stale.status_code == 412
