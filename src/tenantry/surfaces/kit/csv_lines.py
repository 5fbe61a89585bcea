"""Tables as files that are sent while they are made."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterable

CHUNK_BYTES = 64 * 1024
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MEDIA_TYPE = "text/csv; charset=utf-8"


def csv_line(cells: tuple[str, ...]) -> bytes:
    """One line (RFC 4180). A cell that a spreadsheet would run as a formula begins with an apostrophe."""
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return line.getvalue().encode()


async def in_chunks(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The pieces put together to chunks of about CHUNK_BYTES."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        if len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
