"""API keys: list, get, create, revoke. A key is shown once, in the answer that creates it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post

from tenantry.domain.apikeys.actions import create_api_key, revoke_api_key
from tenantry.domain.apikeys.model import ApiKey, NewApiKey
from tenantry.domain.apikeys.queries import get_api_key, list_api_keys, parse_key_id
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.answers import created
from tenantry.surfaces.admin_api.lists import Found, read_list
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.search_query import SearchQuery, one_of
from tenantry.surfaces.kit.wire import Moment, decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "API keys"
READS = ("admin:read", "admin:write")
WRITES = ("admin:write",)


class KeyQuery(SearchQuery, kw_only=True, rename="camel"):
    """Search in names, and the order: `name` (the default) or `createdAt`."""

    sort_by: Annotated[str, one_of("name", "createdAt")] = "name"


class CreateApiKey(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new key. `readRate` and `writeRate` raise its limits, in requests a minute; without `expiresAt` it never ends."""

    name: str
    scopes: list[str]
    expires_at: Moment | None = None
    read_rate: int | None = None
    write_rate: int | None = None


class ApiKeyView(msgspec.Struct, frozen=True, rename="camel"):
    """A key without the key: `hint` is its beginning."""

    id: UUID
    name: str
    hint: str
    status: Annotated[str, one_of("active", "expired", "revoked")]
    scopes: list[str]
    read_rate: int | None
    write_rate: int | None
    created_at: Moment
    created_by: UUID | None
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None
    key: (
        Annotated[str, msgspec.Meta(description="The key itself; only in the answer that makes it.")]
        | msgspec.UnsetType
    ) = msgspec.UNSET


@get(
    "/api-keys",
    **promises(
        summary="List API keys",
        name="listApiKeys",
        description="Expired and revoked ones as well.",
        tag=TAG,
        query=KeyQuery,
        answer=ApiKeyView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        found = await list_api_keys(work, asked)
        return [_view(key, work.now) for key in found.keys], found.page

    return await read_list(request, KeyQuery, find)


@get(
    "/api-keys/{key_id:str}",
    **promises(
        summary="Get an API key", name="getApiKey", tag=TAG, answer=ApiKeyView, scopes=READS, errors=(404,)
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": _view(await get_api_key(work, request.path_params["key_id"]), work.now)})

    return await read(request, run)


@post(
    "/api-keys",
    **promises(
        summary="Create an API key",
        name="createApiKey",
        tag=TAG,
        description=(
            "`data.key` is the key itself; it is shown in this answer alone, not when the request is repeated with the same"
            " Idempotency-Key. A scope that grants more than you hold yourself is refused."
        ),
        body=CreateApiKey,
        answer=ApiKeyView,
        status=201,
        scopes=WRITES,
        errors=(422,),
        body_example={"name": "Nightly sync", "scopes": ["admin:users"], "expiresAt": "2030-01-15T10:30:00Z"},
    ),
)
async def create(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, CreateApiKey)
        new = NewApiKey(
            name=body.name,
            scopes=body.scopes,
            expires_at=body.expires_at,
            read_rate=body.read_rate,
            write_rate=body.write_rate,
        )
        made = await create_api_key(work, new)
        hidden = _view(made.key, work.now)
        shown = msgspec.structs.replace(hidden, key=made.secret)
        answer = created(request, made.key.id, shown, "API key created")
        answer.replay = {**answer.body, "data": hidden}
        return answer

    return await write(request, run)


@delete(
    "/api-keys/{key_id:str}",
    **promises(
        summary="Revoke an API key",
        name="revokeApiKey",
        tag=TAG,
        description="The key is dead at once; it stays in the list with the moment of its end.",
        answer=ApiKeyView,
        scopes=WRITES,
        errors=(404,),
    ),
)
async def revoke(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        ref = request.path_params["key_id"]
        now_dead = await revoke_api_key(work, parse_key_id(ref))
        message = "API key revoked" if now_dead else "API key was revoked before"
        return Answer({"data": _view(await get_api_key(work, ref), work.now), "message": message})

    return await write(request, run)


def _view(key: ApiKey, now: datetime) -> ApiKeyView:
    status = "active"
    if key.revoked_at is not None:
        status = "revoked"
    elif key.expires_at is not None and key.expires_at <= now:
        status = "expired"
    return ApiKeyView(
        id=key.id,
        name=key.name,
        hint=key.hint,
        status=status,
        scopes=key.scopes,
        read_rate=key.read_rate,
        write_rate=key.write_rate,
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


ROUTES = [list_all, get_one, create, revoke]
