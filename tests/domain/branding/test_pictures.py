"""Which files are taken as a logo, and which are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.domain.branding.errors import LogoTooLarge, LogoUnusable
from tenantry.domain.branding.pictures import MOST_BYTES, checked_picture
from tests.support.pictures import moving, picture, png_that_says

GOOD = picture()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_small_picture_is_taken_as_it_is(kind: str, media_type: str) -> None:
    content = picture(kind, 320, 96)
    checked = checked_picture(content)
    assert (checked.picture.media_type, checked.picture.content) == (media_type, content)
    assert (checked.facts.width, checked.facts.height, checked.facts.clear) == (320, 96, False)


def test_the_hash_is_that_of_the_content() -> None:
    assert checked_picture(GOOD).facts == checked_picture(bytes(GOOD)).facts
    assert checked_picture(GOOD).facts.hash != checked_picture(picture(colour="#ff0000")).facts.hash


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_it_is_seen_whether_the_ground_shows_through(kind: str) -> None:
    assert checked_picture(picture(kind, clear=True)).facts.clear


def test_the_largest_that_is_allowed_is_taken() -> None:
    assert checked_picture(picture(width=1024, height=1024)).facts.width == 1024


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(SVG, id="SVG"),
        pytest.param(b'\xef\xbb\xbf \n<?xml version="1.0"?>' + SVG, id="SVG behind a mark of UTF-8"),
        pytest.param(SVG.decode().encode("utf-16"), id="SVG in UTF-16"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="HTML"),
    ],
)
def test_what_can_carry_script_is_refused_with_the_reason(content: bytes) -> None:
    with pytest.raises(LogoUnusable, match="script") as refused:
        checked_picture(content)
    assert "PNG, JPEG or WebP" in refused.value.fields["logo"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GIF89a" + b"\0" * 50, id="a broken GIF"),
        pytest.param(moving("GIF"), id="a GIF"),
        pytest.param(picture("BMP"), id="a BMP"),
        pytest.param(picture("TIFF"), id="a TIFF"),
        pytest.param(picture("ICO"), id="an icon"),
        pytest.param(b"%PDF-1.7\n", id="a PDF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="PostScript"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="the beginning of a PNG"),
        pytest.param(GOOD[:-30], id="a PNG that breaks off"),
        pytest.param(picture("JPEG", 200, 200)[:300], id="a JPEG that breaks off"),
        pytest.param(picture("WEBP")[:40], id="a WebP that breaks off"),
        pytest.param(png_that_says(64, 64), id="a PNG without its pixels"),
        pytest.param(png_that_says(0, 0), id="a PNG without a size"),
    ],
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(content: bytes) -> None:
    with pytest.raises(LogoUnusable) as refused:
        checked_picture(content)
    assert "PNG, JPEG or WebP" in refused.value.fields["logo"]


@pytest.mark.parametrize(
    "size", [(1025, 10), (10, 1025), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(LogoUnusable, match="1024 pixels wide"):
        checked_picture(png_that_says(*size))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    with pytest.raises(LogoUnusable, match="moves"):
        checked_picture(moving(kind))


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(LogoTooLarge, match="262,144") as refused:
        checked_picture(GOOD + b"\0" * MOST_BYTES)
    assert "logo" in refused.value.fields


@given(
    st.binary(max_size=300), st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 200), st.integers(1, 40)
)
def test_a_damaged_file_is_taken_or_refused_and_nothing_else(
    noise: bytes, kind: str, at: int, cut: int
) -> None:
    whole = picture(kind)
    for content in (noise, whole[:at] + noise + whole[at + cut :]):
        try:
            checked_picture(content)
        except LogoUnusable as refusal:
            assert refusal.fields
