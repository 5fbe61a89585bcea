"""Pictures to upload, good and hostile."""

import struct
import zlib
from io import BytesIO

from PIL import Image


def picture(
    kind: str = "PNG", width: int = 64, height: int = 32, colour: str = "#1e40af", *, clear: bool = False
) -> bytes:
    """A file that shows one colour, on a ground that shows through where it is `clear`."""
    image = Image.new("RGBA" if clear else "RGB", (width, height), "#00000000" if clear else colour)
    if clear:
        image.paste(colour, (width // 4, height // 4, width // 2, height // 2))
    made = BytesIO()
    image.save(made, kind)
    return made.getvalue()


def moving(kind: str) -> bytes:
    """A file with two pictures, shown one after the other."""
    first, second = (Image.new("RGB", (16, 16), colour) for colour in ("#ff0000", "#0000ff"))
    made = BytesIO()
    first.save(made, kind, save_all=True, append_images=[second])
    return made.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A small PNG whose head promises a picture of this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
