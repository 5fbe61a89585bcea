"""Opening the unit of work behind a request of the API: identify the key, count it, run, answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from tenantry.domain.apikeys.opening import OpenByKey
from tenantry.kernel import idempotency
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.idempotency import KeptAnswer
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.caller import caller_network, client_ip, shown_key_hash, user_agent
from tenantry.surfaces.kit.limits import Allowance, Category
from tenantry.surfaces.kit.services import Services, services
from tenantry.surfaces.kit.streaming import Streamed, begun

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]
LONGEST_IDEMPOTENCY_KEY = 255
LONGEST_STREAM_SECONDS = 1800
_encoder = msgspec.json.Encoder()


class Answer(msgspec.Struct):
    """What goes out: a body to encode (or None), its status and headers.

    `replay` is the body that a repeated request gets, when the first one showed a secret that is shown only once.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    replay: Any = msgspec.UNSET


async def reading(
    request: AnyRequest, run: Callable[[ReadWork], Awaitable[T]], category: Category = Category.READ
) -> T:
    """Runs a read for the bearer of the key."""
    found = services(request)
    opener = _opener(request, found)
    async with found.works.read(_counted(request, found, opener, category), request_id(request)) as work:
        return await run(work)


async def writing(
    request: AnyRequest, run: Callable[[Work], Awaitable[T]], category: Category = Category.WRITE
) -> T:
    """Runs a write for the bearer of the key, apart from the answer."""
    found = services(request)
    opener = _opener(request, found)
    async with found.works.write(_counted(request, found, opener, category), request_id(request)) as work:
        return await run(work)


async def stream(
    request: AnyRequest, run: Callable[[ReadWork], AsyncGenerator[bytes, None]], headers: Mapping[str, str]
) -> Streamed:
    """Answers with chunks that are read while they are sent; the unit of work stays open until the last one has gone or the
    caller has.

    The request is not counted here: call `reading` or `writing` first, with the category that it belongs to.
    """
    found = services(request)

    async def chunks() -> AsyncGenerator[bytes, None]:
        # A slow reader holds a connection, so there are only so many at a time, and none for ever.
        async with (
            found.streams.taken(request.path_params["tenant"]),
            asyncio.timeout(LONGEST_STREAM_SECONDS),
            found.works.read(_opener(request, found), request_id(request)) as work,
            aclosing(run(work)) as made,
        ):
            async for chunk in made:
                yield chunk

    return await begun(chunks(), headers)


async def read(request: AnyRequest, run: Callable[[ReadWork], Awaitable[Answer]]) -> Response[bytes]:
    """Answers a read."""
    return respond(await reading(request, run))


async def write(
    request: AnyRequest, run: Callable[[Work], Awaitable[Answer]], *, counted_already: bool = False
) -> Response[bytes]:
    """Answers a write: committed before the answer leaves, and repeated for a repeated Idempotency-Key.

    `counted_already` is for a request whose costly part, such as a hash, came before and was counted as a write there.
    """
    found = services(request)
    opener = _opener(request, found)
    key = _idempotency_key(request)
    # Read before anything is opened: a caller who sends slowly must not hold a transaction.
    body = b"" if key is None else await request.body()
    opening = opener if counted_already else _counted(request, found, opener, Category.WRITE)
    async with found.works.write(opening, request_id(request)) as work:
        if key is None or opener.key_id is None:
            return respond(await run(work))
        digest = idempotency.request_hash(found.sealer, request.method, _target(request), body)
        kept = await idempotency.claim(work, opener.key_id, key, digest, found.sealer)
        if kept is not None:
            return _replayed(kept)
        answer = await run(work)
        await idempotency.keep(work, opener.key_id, key, _kept(answer), found.sealer)
        return respond(answer)


def respond(answer: Answer) -> Response[bytes]:
    """The answer as a response."""
    body = b"" if answer.body is None else _encoder.encode(answer.body)
    return Response(body, status_code=answer.status, headers=answer.headers, media_type="application/json")


def request_id(request: AnyRequest) -> str:
    """The id under which this request stands in the log and in the audit."""
    return str(request.scope.get("state", {}).get("request_id", ""))


class _counted:  # noqa: N801 - wraps an opener and reads as one
    """Opens by key, and counts the request against the key before anything else runs."""

    def __init__(self, request: AnyRequest, found: Services, opener: OpenByKey, category: Category) -> None:
        self._request = request
        self._found = found
        self._opener = opener
        self._category = category

    async def __call__(self, db: Any, *, for_transaction: bool) -> Any:
        try:
            opening = await self._opener(db, for_transaction=for_transaction)
        except DomainError:
            ip = caller_network(self._request, self._found.settings.trusted_proxies)
            _remember(self._request, self._found.limits.take(ip, Category.UNKNOWN_CALLER))
            raise
        rates = self._opener.rates
        rate = {Category.READ: rates.read, Category.WRITE: rates.write}.get(self._category)
        assert self._opener.key_id is not None
        _remember(self._request, self._found.limits.take(self._opener.key_id, self._category, rate))
        self._found.last_used.seen(opening.tenant.id, self._opener.key_id, self._found.clock.now())
        return opening


def _remember(request: AnyRequest, allowance: Allowance) -> None:
    request.scope["state"]["allowance"] = allowance


def _opener(request: AnyRequest, found: Services) -> OpenByKey:
    return OpenByKey(
        request.path_params["tenant"],
        shown_key_hash(request),
        client_ip(request, found.settings.trusted_proxies),
        user_agent(request),
    )


def _target(request: AnyRequest) -> str:
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{request.url.path}?{query}"


def _idempotency_key(request: AnyRequest) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    if not 1 <= len(key) <= LONGEST_IDEMPOTENCY_KEY or not key.isprintable() or not key.isascii():
        problem = f"must be 1 to {LONGEST_IDEMPOTENCY_KEY} printable ASCII characters"
        raise DomainError(
            Kind.INVALID, "validation_error", f"The Idempotency-Key {problem}.", {"Idempotency-Key": problem}
        )
    return key


def _kept(answer: Answer) -> KeptAnswer:
    secret = answer.replay is not msgspec.UNSET
    body = answer.replay if secret else answer.body
    return KeptAnswer(answer.status, b"" if body is None else _encoder.encode(body), answer.headers, secret)


def _replayed(kept: KeptAnswer) -> Response[bytes]:
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    if kept.secret_left_out:
        headers["Idempotency-Secret-Left-Out"] = "true"
    return Response(kept.body, status_code=kept.status, headers=headers, media_type="application/json")
