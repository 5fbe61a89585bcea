"""One's own sessions as an API, for a program that holds a session's token."""

from typing import Any

import msgspec
from litestar import Response, delete, get

from tenantry.domain.sessions.own_actions import end_own_session, end_own_sessions, sign_out
from tenantry.domain.sessions.queries import list_own_sessions, parse_session_id
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.session_views import EXAMPLE, SessionView, session_view
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.kit.works import AnyRequest

TAG = "Own sessions"


class OwnSession(SessionView, frozen=True, kw_only=True, rename="camel"):
    """One of the caller's own sessions; `current` says that it is the one that asks."""

    current: bool


class EndQuery(msgspec.Struct, kw_only=True, rename="camel"):
    """Whether the session that asks stays."""

    keep_current: bool = False


OWN_EXAMPLE = {**EXAMPLE, "current": True}


@get(
    "/session",
    **promises(
        summary="Show the present session",
        name="getOwnSession",
        tag=TAG,
        description="401 once it has expired or was ended.",
        caller="session",
        answer=OwnSession,
        answer_example={"data": OWN_EXAMPLE},
    ),
)
async def get_own_session(request: AnyRequest) -> Response[bytes]:
    return _json({"data": (await _own(request))[0]})


@delete(
    "/session",
    **promises(
        summary="Sign out", name="signOut", tag=TAG, description="Ends the present session.", caller="session"
    ),
)
async def end_present_session(request: AnyRequest) -> Response[bytes]:
    person = Person(request, by_bearer=True)
    async with person.writing() as work:
        await sign_out(work, person.session)
    return _json({"message": "Signed out"})


@get(
    "/sessions",
    **promises(
        summary="List one's own sessions",
        name="listOwnSessions",
        tag=TAG,
        description="Those that are alive, the present one first and then the newest, up to 100.",
        caller="session",
        answer=list[OwnSession],
        answer_example={"data": [OWN_EXAMPLE]},
    ),
)
async def list_sessions_of_mine(request: AnyRequest) -> Response[bytes]:
    return _json({"data": await _own(request)})


@delete(
    "/sessions",
    **promises(
        summary="End one's own sessions",
        name="endOwnSessions",
        tag=TAG,
        description="All of them, or with `keepCurrent` all but the one that asks.",
        caller="session",
        query=EndQuery,
    ),
)
async def end_sessions_of_mine(request: AnyRequest) -> Response[bytes]:
    query = decode_query(request.scope["query_string"], EndQuery)
    person = Person(request, by_bearer=True)
    async with person.writing() as work:
        await end_own_sessions(work, person.session if query.keep_current else None)
    return _json({"message": "Sessions ended"})


@delete(
    "/sessions/{session_id:str}",
    **promises(summary="End one of one's own sessions", name="endOwnSession", tag=TAG, caller="session"),
)
async def end_session_of_mine(request: AnyRequest) -> Response[bytes]:
    person = Person(request, by_bearer=True)
    async with person.writing() as work:
        await end_own_session(work, parse_session_id(request.path_params["session_id"]))
    return _json({"message": "Session ended"})


async def _own(request: AnyRequest) -> list[OwnSession]:
    person = Person(request, by_bearer=True)
    async with person.reading() as work:
        found = await list_own_sessions(work, person.session)
    return [_view(session_view(session), current=session.id == person.session) for session in found]


def _view(shown: SessionView, *, current: bool) -> OwnSession:
    return OwnSession(*(getattr(shown, name) for name in SessionView.__struct_fields__), current=current)


def _json(body: Any) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        headers={"Cache-Control": "no-store"},
        media_type="application/json",
        status_code=200,
    )


ROUTES = [
    get_own_session,
    end_present_session,
    list_sessions_of_mine,
    end_sessions_of_mine,
    end_session_of_mine,
]
