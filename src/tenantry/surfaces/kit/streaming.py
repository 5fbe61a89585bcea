"""An answer that is sent while it is still being made, and whose maker is closed whatever happens to the caller."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress

from litestar.types import Receive, Scope, Send

PATIENCE_SECONDS = 60.0


class Streamed:
    """Sends chunks as they come (chunked transfer, so there is no length to tell in advance).

    A caller who goes away, or takes nothing for `patience` seconds, ends the maker where it stands: its `finally` and `async
    with` blocks run before this returns. An error in mid-stream is raised, and the server then breaks the connection off, so that
    nobody takes half for the whole.
    """

    def __init__(
        self,
        first: bytes,
        rest: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience = patience
        self._first = first
        self._rest = rest
        named = {"cache-control": "no-store", **headers}
        self._headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait((sending, leaving))
            await self._rest.aclose()
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await self._send(send, self._first)
        async for chunk in self._rest:
            await self._send(send, chunk)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, chunk: bytes) -> None:
        # There are only so many places for streams.
        async with asyncio.timeout(self._patience):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def begun(chunks: AsyncGenerator[bytes, None], headers: Mapping[str, str]) -> Streamed:
    """An answer whose first chunk is made already: what is refused before it is still an ordinary refusal."""
    first = await anext(chunks, b"")
    return Streamed(first, chunks, headers)


async def _left(receive: Receive) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
