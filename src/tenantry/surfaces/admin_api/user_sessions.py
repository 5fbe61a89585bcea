"""Users: their sessions."""

from litestar import HttpMethod, Response, delete, get, route

from tenantry.domain.sessions.actions import end_all_sessions, end_session
from tenantry.domain.sessions.queries import list_sessions, parse_session_id
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_writes import SCOPES
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page
from tenantry.surfaces.kit.session_views import SessionView, session_view
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

READ_SCOPES = ("admin:read", *SCOPES)


@get(
    "/users/{user_id:str}/sessions",
    **promises(
        summary="List a user's sessions",
        name="listUserSessions",
        tag="Users",
        description="Those that are alive, the newest first.",
        query=Paging,
        answer=SessionView,
        listed=True,
        scopes=READ_SCOPES,
        errors=(404,),
    ),
)
async def list_user_sessions(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], Paging)
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        found = await list_sessions(work, parsed_page(query), user.id)
        block = pagination(
            query, total=found.total, next_cursor=found.next_cursor, exact=found.total_is_exact
        )
        return Answer(listed([session_view(session) for session in found.sessions], block))

    return await read(request, run)


@delete(
    "/users/{user_id:str}/sessions",
    **promises(
        summary="End all sessions of a user",
        name="endUserSessions",
        tag="Users",
        description="Every session and token of the user ends at once.",
        scopes=SCOPES,
        errors=(404,),
    ),
)
async def end_user_sessions(request: AnyRequest) -> Response[bytes]:
    return await _end_all(request)


@route(
    "/users/{user_id:str}/sessions/revoke",
    http_method=HttpMethod.POST,
    **promises(
        summary="End all sessions of a user, by POST",
        name="revokeUserSessions",
        tag="Users",
        description="The same as `DELETE /users/{user_id}/sessions`.",
        scopes=SCOPES,
        errors=(404,),
    ),
)
async def revoke_user_sessions(request: AnyRequest) -> Response[bytes]:
    return await _end_all(request)


@delete(
    "/users/{user_id:str}/sessions/{session_id:str}",
    **promises(
        summary="End one session of a user", name="endUserSession", tag="Users", scopes=SCOPES, errors=(404,)
    ),
)
async def end_user_session(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        await end_session(work, parse_session_id(request.path_params["session_id"]), user)
        return Answer({"message": "Session ended"})

    return await write(request, run)


async def _end_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]))
        await end_all_sessions(work, user)
        return Answer({"message": "Sessions ended"})

    return await write(request, run)


ROUTES = [list_user_sessions, end_user_sessions, revoke_user_sessions, end_user_session]
