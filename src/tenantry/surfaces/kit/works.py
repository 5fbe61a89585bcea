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
from tenantry.kernel.work import Opener, ReadWork, Work
from tenantry.surfaces.kit.caller import caller_network, client_ip, shown_key_hash, user_agent
from tenantry.surfaces.kit.conditions import is_known
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

    `replay` is the body that a repeated request gets, when the first one showed a secret that is shown only once. `ages` says
    that time alone has changed the body since its ETag was given, so that nobody is told that they have it.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    replay: Any = msgspec.UNSET
    ages: bool = False


class Written(msgspec.Struct, frozen=True):
    """What a write answered, encoded: now, or before to a request with the same Idempotency-Key."""

    status: int
    body: bytes
    headers: dict[str, str]


async def reading(
    request: AnyRequest, run: Callable[[ReadWork], Awaitable[T]], category: Category = Category.READ
) -> T:
    """Runs a read for the bearer of the key."""
    found = services(request)
    opener = _opener(request, found)
    async with found.works.read(_counted(request, found, opener, category), request_id(request)) as work:
        return await run(work)


async def writing(
    request: AnyRequest, run: Callable[[Work], Awaitable[Answer]], category: Category | None = Category.WRITE
) -> Written:
    """Runs a write for the bearer of the key, once for each Idempotency-Key: committed before this returns.

    Without a category the request is not counted here, because its costly part, such as a hash, was counted before.
    """
    found = services(request)
    opener = _opener(request, found)
    key = _idempotency_key(request)
    # Read before anything is opened: a caller who sends slowly must not hold a transaction.
    body = b"" if key is None else await request.body()
    opening = opener if category is None else _counted(request, found, opener, category)
    async with found.works.write(opening, request_id(request)) as work:
        if key is None or opener.key_id is None:
            return _written(await run(work))
        digest = idempotency.request_hash(found.sealer, request.method, _target(request), body)
        kept = await idempotency.claim(work, opener.key_id, key, digest, found.sealer)
        if kept is not None:
            return _replayed(kept)
        answer = await run(work)
        await idempotency.keep(work, opener.key_id, key, _kept(answer), found.sealer)
        return _written(answer)


async def stream(
    request: AnyRequest,
    run: Callable[[ReadWork], AsyncGenerator[bytes, None]],
    headers: Mapping[str, str],
    category: Category | None = None,
) -> Streamed:
    """Answers with chunks that are read while they are sent; the unit of work stays open until the last one has gone or the
    caller has.

    Without a category the request is not counted here, because `reading` or `writing` has counted it before.
    """
    found = services(request)
    opener = _opener(request, found)
    opening = opener if category is None else _counted(request, found, opener, category)
    return await stream_as(request, opening, run, headers)


async def stream_as(
    request: AnyRequest,
    opener: Opener,
    run: Callable[[ReadWork], AsyncGenerator[bytes, None]],
    headers: Mapping[str, str],
) -> Streamed:
    """As `stream`, for whoever the opener lets in."""
    found = services(request)

    async def chunks() -> AsyncGenerator[bytes, None]:
        # A slow reader holds a connection, so there are only so many at a time, and none for ever.
        async with (
            found.streams.taken(request.path_params["tenant"]),
            asyncio.timeout(LONGEST_STREAM_SECONDS),
            found.works.read(opener, request_id(request)) as work,
            aclosing(run(work)) as made,
        ):
            async for chunk in made:
                yield chunk

    return await begun(chunks(), headers)


async def read(request: AnyRequest, run: Callable[[ReadWork], Awaitable[Answer]]) -> Response[bytes]:
    """Answers a read; a caller who has the version that its ETag names gets 304 (RFC 9110 section 15.4.5)."""
    answer = await reading(request, run)
    if "ETag" in answer.headers and not answer.ages and is_known(request, answer.headers["ETag"]):
        return Response(b"", status_code=304, headers=answer.headers)
    return respond(_written(answer))


async def write(
    request: AnyRequest, run: Callable[[Work], Awaitable[Answer]], *, counted_already: bool = False
) -> Response[bytes]:
    """Answers a write, as `writing` runs it."""
    return respond(await writing(request, run, None if counted_already else Category.WRITE))


def respond(written: Written) -> Response[bytes]:
    """The answer as a response."""
    return Response(
        written.body, status_code=written.status, headers=written.headers, media_type="application/json"
    )


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


def _written(answer: Answer) -> Written:
    return Written(answer.status, _encoded(answer.body), answer.headers)


def _kept(answer: Answer) -> KeptAnswer:
    secret = answer.replay is not msgspec.UNSET
    body = answer.replay if secret else answer.body
    return KeptAnswer(answer.status, _encoded(body), answer.headers, secret)


def _encoded(body: Any) -> bytes:
    return b"" if body is None else _encoder.encode(body)


def _replayed(kept: KeptAnswer) -> Written:
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    if kept.secret_left_out:
        headers["Idempotency-Secret-Left-Out"] = "true"
    return Written(kept.status, kept.body, headers)
