"""Load at a fixed rate, in a process of its own: `python -m bench.paced`.

Requests leave when they are due, whether or not earlier ones were answered, and the wait for a free connection counts. So a
server that stalls is charged for all who would have come meanwhile, which a closed loop such as wrk's would not see.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter, deque
from contextlib import suppress
from typing import cast

import msgspec
import uvloop

from bench.figures import percentile
from bench.server import RunningServer
from bench.stage import Tenant

PATIENCE_SECONDS = 30.0


class Pace(msgspec.Struct, frozen=True):
    """`rate` requests a second for so many seconds, over so many connections.

    Each group of `groups` holds requests, whole HTTP texts, that are sent in turn. Where there are several groups they relieve
    one another every `slice_seconds`, so that what else goes on in the machine hits all alike. What is answered during the
    first `warm_up` seconds is not measured.
    """

    rate: float
    seconds: float
    connections: int
    groups: list[list[str]]
    slice_seconds: float = 0.5
    warm_up: float = 0.5
    port: int = 0


class Times(msgspec.Struct, frozen=True):
    """How long the answers to one group took."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    measured: int


class Paced(msgspec.Struct, frozen=True):
    """What came of it. `unmarked` counts answers of status 503 without a Retry-After; `unanswered` got none in time."""

    statuses: dict[int, int]
    groups: list[Times]
    unmarked: int
    unanswered: int


def get(tenant: Tenant, path: str) -> str:
    """A GET below the tenant's admin API, as a whole HTTP text."""
    return _head(tenant, "GET", path) + "\r\n"


def post(tenant: Tenant, path: str, body: str) -> str:
    """A POST of a JSON text; `@@` in the body becomes the number of the request, written with eight digits."""
    length = len(body.replace("@@", "0" * 8))
    extra = f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    return _head(tenant, "POST", path) + extra + body


def _head(tenant: Tenant, method: str, path: str) -> str:
    first = f"{method} /t/{tenant.slug}/api/v1/admin{path} HTTP/1.1"
    return f"{first}\r\nHost: localhost\r\nAuthorization: Bearer {tenant.key}\r\n"


def begin_paced(server: RunningServer, pace: Pace) -> "subprocess.Popen[bytes]":
    """Starts the load and returns at once; `end_paced` waits for what came of it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.paced"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(msgspec.structs.replace(pace, port=server.port)))
    process.stdin.close()
    process.stdin = None
    return process


def end_paced(process: "subprocess.Popen[bytes]") -> Paced:
    """Waits for the end of a load."""
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("the paced load failed")
    return msgspec.json.decode(output, type=Paced)


class _Due(msgspec.Struct):
    """A request that waits for a connection, or for its answer."""

    request: bytes
    group: int
    since: float


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, client: "_Client") -> None:
        self._client = client
        self._received = b""
        self._due: _Due | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop are none of asyncio's classes.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._client.free(self)

    def send(self, due: _Due) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(due.request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self._received) < end + 4 + length:
            return
        self._received = b""
        assert self._due is not None
        self._client.answered(int(head[9:12]), b"\r\nretry-after:" in head, self._due)
        self._client.free(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._client.over.set()


class _Client:
    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._groups = [[text.encode() for text in texts] for texts in pace.groups]
        self._taken: list[list[float]] = [[] for _ in pace.groups]
        self._idle: deque[_Connection] = deque()
        self._waiting: deque[_Due] = deque()
        self._total = int(pace.rate * (pace.seconds + pace.warm_up))
        self._answers = 0
        self._statuses: Counter[int] = Counter()
        self._unmarked = 0
        self._measure_from = 0.0
        # All are answered, or a connection was lost.
        self.over = asyncio.Event()

    async def run(self) -> Paced:
        loop = asyncio.get_running_loop()
        for _ in range(self._pace.connections):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._pace.port)
        started = time.perf_counter()
        self._measure_from = started + self._pace.warm_up
        for number in range(self._total):
            offset = number / self._pace.rate
            wait = started + offset - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            self._waiting.append(self._next(number, int(offset / self._pace.slice_seconds)))
            self._send()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), PATIENCE_SECONDS)
        return Paced(
            statuses=dict(self._statuses),
            groups=[
                Times(percentile(ms, 0.5), percentile(ms, 0.99), max(ms, default=0.0), len(ms))
                for ms in self._taken
            ],
            unmarked=self._unmarked,
            unanswered=self._total - self._answers,
        )

    def free(self, connection: _Connection) -> None:
        self._idle.append(connection)
        self._send()

    def answered(self, status: int, marked: bool, due: _Due) -> None:
        self._statuses[status] += 1
        self._answers += 1
        if self._answers == self._total:
            self.over.set()
        self._unmarked += status == 503 and not marked
        if due.since >= self._measure_from:
            self._taken[due.group].append((time.perf_counter() - due.since) * 1000)

    def _next(self, number: int, turn: int) -> _Due:
        group = turn % len(self._groups)
        request = self._groups[group][number % len(self._groups[group])]
        if b"@@" in request:
            request = request.replace(b"@@", b"%08d" % number)
        # The timer itself is late by up to a millisecond, and that is not the server's.
        return _Due(request, group, time.perf_counter())

    def _send(self) -> None:
        while self._waiting and self._idle:
            self._idle.popleft().send(self._waiting.popleft())


def main() -> None:
    """Reads one Pace from the standard input and prints a Paced."""
    pace = msgspec.json.decode(sys.stdin.buffer.read(), type=Pace)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_Client(pace).run())))


if __name__ == "__main__":
    main()
