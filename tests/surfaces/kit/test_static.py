"""Serving built assets: types, caching, compressed copies, and nothing but the names that were built."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tenantry.surfaces.kit.static import FOR_EVER, asset_routes

SHEET = b"a { color: red }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built folder with one style sheet in three codings, a picture, and files that were not built."""
    (tmp_path / "manifest.json").write_text(
        '{"src/pages.css": {"file": "pages-1a2b.css", "src": "src/pages.css", "isEntry": true},'
        ' "src/favicon.svg": {"file": "favicon-3c4d.svg"}}'
    )
    (tmp_path / "pages-1a2b.css").write_bytes(SHEET)
    (tmp_path / "pages-1a2b.css.gz").write_bytes(gzip.compress(SHEET))
    (tmp_path / "pages-1a2b.css.br").write_bytes(b"brotli would stand here")
    (tmp_path / "favicon-3c4d.svg").write_bytes(b"<svg/>")
    (tmp_path / "secret.txt").write_text("not built")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient[Litestar]]:
    with TestClient(Litestar(asset_routes(folder), openapi_config=None)) as client:
        yield client


def test_an_asset_may_be_kept_for_ever_and_has_its_type(client: TestClient[Litestar]) -> None:
    answer = client.get("/assets/pages-1a2b.css", headers={"accept-encoding": "identity"})
    assert answer.content == SHEET
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "accept-encoding"
    assert client.get("/assets/favicon-3c4d.svg").headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("br;q=0.0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
def test_the_smallest_copy_that_the_client_takes_is_sent(
    client: TestClient[Litestar], folder: Path, accepted: str, coding: str | None
) -> None:
    with client.stream("GET", "/assets/pages-1a2b.css", headers={"accept-encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding") == coding
    suffix = {"br": ".br", "gzip": ".gz", None: ""}[coding]
    assert sent == (folder / f"pages-1a2b.css{suffix}").read_bytes()


def test_a_head_request_tells_the_length_and_sends_nothing(client: TestClient[Litestar]) -> None:
    answer = client.head("/assets/pages-1a2b.css", headers={"accept-encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(SHEET)


@pytest.mark.parametrize(
    "name",
    [
        "secret.txt",
        "manifest.json",
        "pages-1a2b.css.gz",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "a/../secret.txt",
        "%00",
    ],
)
def test_a_name_that_was_not_built_is_not_found(client: TestClient[Litestar], name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404


def test_a_browser_that_asks_for_an_icon_by_itself_gets_ours(
    client: TestClient[Litestar], folder: Path
) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.content) == (200, (folder / "favicon-3c4d.svg").read_bytes())
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert client.head("/favicon.ico").status_code == 200


def test_without_built_assets_every_name_is_not_found(tmp_path: Path) -> None:
    with TestClient(Litestar(asset_routes(tmp_path), openapi_config=None)) as client:
        assert client.get("/assets/pages-1a2b.css").status_code == 404
        assert client.get("/favicon.ico").status_code == 404
