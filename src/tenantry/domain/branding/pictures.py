"""Checks that a file is a small still picture that browsers show, by decoding the whole of it."""

import hashlib
from io import BytesIO
from typing import Any

import msgspec

from tenantry.domain.branding.errors import LogoTooLarge, LogoUnusable
from tenantry.domain.branding.model import LogoFacts, Picture
from tenantry.kernel import lazy

MOST_BYTES = 256 * 1024
MOST_PIXELS = 1024
"""Of each side."""
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
HASH_DIGITS = 32
NEEDED = "must be a PNG, JPEG or WebP picture"


class Checked(msgspec.Struct, frozen=True):
    """A picture that may be shown, and what is known of it."""

    picture: Picture
    facts: LogoFacts


def checked_picture(content: bytes) -> Checked:
    """The picture in a file of at most 256 KiB and 1024 x 1024 pixels. Raises LogoTooLarge and LogoUnusable.

    Takes some hundredths of a second: call it in a thread.
    """
    if not content:
        raise LogoUnusable(f"is empty; it {NEEDED}")
    if len(content) > MOST_BYTES:
        raise LogoTooLarge(f"has {len(content):,} bytes; it may have at most {MOST_BYTES:,}")
    if _is_markup(content):
        raise LogoUnusable(f"is SVG or HTML, which can carry script; it {NEEDED}")
    try:
        kind, width, height, clear = _decoded(content)
    except LogoUnusable:
        raise
    # Whatever a broken file makes of the decoder, it is a broken file.
    except Exception as error:
        raise LogoUnusable(f"cannot be read as a picture; it {NEEDED}") from error
    digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
    return Checked(
        Picture(TYPES[kind], content), LogoFacts(hash=digest, width=width, height=height, clear=clear)
    )


def _is_markup(content: bytes) -> bool:
    start = content[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    # In UTF-16 every other byte is zero.
    return start.replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").startswith(b"<")


def _decoded(content: bytes) -> tuple[str, int, int, bool]:
    """Its format, width, height, and whether the ground shows through."""
    library: Any = lazy.pillow()
    try:
        opened = library.open(BytesIO(content), formats=tuple(TYPES))
    except (library.DecompressionBombError, library.DecompressionBombWarning) as bomb:
        raise LogoUnusable(_too_many_pixels()) from bomb
    with opened as image:
        # The size stands in the head of the file: what is too large is never unpacked.
        width, height = image.size
        if max(width, height) > MOST_PIXELS:
            raise LogoUnusable(_too_many_pixels())
        if image.format not in TYPES:
            raise LogoUnusable(f"is of a kind that is not shown; it {NEEDED}")
        if getattr(image, "n_frames", 1) > 1:
            raise LogoUnusable("moves; it must be a still picture")
        image.load()
        return image.format, width, height, _shows_the_ground(image)


def _too_many_pixels() -> str:
    return f"must be at most {MOST_PIXELS} pixels wide and {MOST_PIXELS} high"


def _shows_the_ground(image: Any) -> bool:
    if not image.has_transparency_data:
        return False
    least, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(least < 255)
