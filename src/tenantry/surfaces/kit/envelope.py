"""The outermost layer of the server: request ids, log lines, metrics, headers that stand on every answer, and a limit on how long
a body may take."""

import asyncio
import re
import time
from functools import cache
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send
from prometheus_client import Counter, Histogram

from tenantry.kernel.crypto import new_token
from tenantry.kernel.logs import logger

GIVEN_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
REQUESTS = Counter(
    "tenantry_http_requests_total", "Answers, by surface, method and status.", ["surface", "method", "status"]
)
SECONDS = Histogram(
    "tenantry_http_request_seconds",
    "Seconds from the request to the first byte of the answer.",
    ["surface"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
# All of the largest body (1 MiB) in this time is 35 KB a second.
BODY_SECONDS = 30.0
BODILESS = frozenset({"GET", "HEAD"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
API = re.compile(r"/t/[^/]*/api/")


class BodyTooSlow(HTTPException):
    """The body did not arrive in time. What comes later could not be told from the next request, so the connection ends."""

    status_code = 408

    def __init__(self) -> None:
        super().__init__(
            detail=f"The body of the request did not arrive within {BODY_SECONDS:g} seconds.",
            headers={"Connection": "close"},
        )


def surface_of(path: str) -> str:
    """Which door a path belongs to; never the name of a tenant."""
    if API.match(path):
        return "api"
    if path.startswith("/t/"):
        return "pages"
    return {"/healthz": "health", "/readyz": "health", "/metrics": "metrics"}.get(path, "other")


class Envelope:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = logger("http")
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        name = _request_id(scope)
        state: dict[str, Any] = {"request_id": name}
        scope["state"] = state
        answered = 0

        async def send_dressed(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                message["headers"] = _dressed(list(message["headers"]), scope, name)
            await send(message)

        if scope["method"] not in BODILESS:
            receive = _in_time(receive)
        self.in_flight += 1
        structlog.contextvars.bind_contextvars(request_id=name)
        try:
            await self._app(scope, receive, send_dressed)
        finally:
            self.in_flight -= 1
            structlog.contextvars.unbind_contextvars("request_id")
            self._account(scope, answered, time.perf_counter() - started)

    def _account(self, scope: HTTPScope, status: int, seconds: float) -> None:
        surface = surface_of(scope["path"])
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        requests, first_byte = _figures(surface, method, status)
        requests.inc()
        first_byte.observe(seconds)
        if surface not in ("health", "metrics"):
            self._log.info(
                "request",
                method=method,
                path=_logged(scope["path"]),
                status=status,
                ms=round(seconds * 1000, 1),
            )


def _in_time(receive: Receive) -> Receive:
    """`receive` with a limit on how long the whole body may take; there is none on waiting for the caller to leave."""
    ends: float | None = None
    complete = False

    async def receive_in_time() -> ReceiveMessage:
        nonlocal ends, complete
        if complete:
            return await receive()
        if ends is None:
            ends = asyncio.get_running_loop().time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError as error:
            raise BodyTooSlow from error
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time


@cache
def _figures(surface: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(surface, method, status), SECONDS.labels(surface)


def _dressed(headers: list[tuple[bytes, bytes]], scope: Scope, name: str) -> list[tuple[bytes, bytes]]:
    """The headers with what every answer carries; what a route has set itself stays."""
    present = {key for key, _ in headers}
    headers += [header for header in ALWAYS if header[0] not in present]
    return [*headers, (b"x-request-id", name.encode()), *_rate(scope)]


def _request_id(scope: Scope) -> str:
    for key, value in scope["headers"]:
        if key == b"x-request-id" and GIVEN_ID.fullmatch(value):
            return str(value.decode())
    return new_token(12)


def _rate(scope: Scope) -> list[tuple[bytes, bytes]]:
    allowance = scope["state"].get("allowance")
    if allowance is None:
        return []
    return [
        (b"x-ratelimit-limit", b"%d" % allowance.limit),
        (b"x-ratelimit-remaining", b"%d" % allowance.remaining),
        (b"x-ratelimit-reset", b"%d" % allowance.reset),
    ]


def _logged(path: str) -> str:
    """The path without what identifies a person: an address in it is personal data, a token in it would be a secret."""
    return "/".join(
        "{address}" if "@" in part or "%40" in part.lower() else part[:128] for part in path.split("/")
    )
