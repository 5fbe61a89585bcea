"""Sessions of everybody in the tenant: list, count, figures, end one, end all."""

from ipaddress import ip_address

import msgspec
from litestar import Response, delete, get, post

from tenantry.domain.sessions.actions import end_everybodys_sessions, end_session
from tenantry.domain.sessions.model import SessionStats
from tenantry.domain.sessions.queries import (
    count_sessions,
    get_session_stats,
    list_sessions,
    parse_session_id,
)
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_sessions import READ_SCOPES
from tenantry.surfaces.admin_api.user_writes import SCOPES
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page
from tenantry.surfaces.kit.session_views import SessionView, session_view
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write


class SessionsQuery(Paging, kw_only=True, rename="camel"):
    """Of one user, by id or email address, or from one IP address."""

    user_id: str | None = None
    ip_address: str | None = None


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """`confirm` must be true, so that nobody signs everybody out by accident."""

    confirm: bool = False


class SessionCount(msgspec.Struct, frozen=True):
    """How many sessions are alive."""

    count: int


class StatsView(msgspec.Struct, frozen=True, rename="camel"):
    """Figures about the sessions that are alive; `byMethod` counts them by the way of signing in."""

    total: int
    users: int
    started_in_last_24_hours: int
    active_in_last_24_hours: int
    by_method: dict[str, int]


class Revoked(msgspec.Struct, frozen=True):
    """Of how many people sessions were ended."""

    users: int


@get(
    "/sessions",
    **promises(
        summary="List sessions",
        name="listSessions",
        tag="Sessions",
        description="Those that are alive, the newest first.",
        query=SessionsQuery,
        answer=SessionView,
        listed=True,
        scopes=READ_SCOPES,
        errors=(404,),
    ),
)
async def list_all_sessions(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], SessionsQuery)
        user = None if query.user_id is None else await get_user(work, parse_ref(query.user_id))
        found = await list_sessions(
            work, parsed_page(query), None if user is None else user.id, _address(query.ip_address)
        )
        block = pagination(
            query, total=found.total, next_cursor=found.next_cursor, exact=found.total_is_exact
        )
        return Answer(listed([session_view(session) for session in found.sessions], block))

    return await read(request, run)


@get(
    "/sessions/count",
    **promises(
        summary="Count sessions",
        name="countSessions",
        tag="Sessions",
        answer=SessionCount,
        scopes=READ_SCOPES,
        answer_example={"data": {"count": 42}},
    ),
)
async def count_all_sessions(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": SessionCount(await count_sessions(work))})

    return await read(request, run)


@get(
    "/sessions/stats",
    **promises(
        summary="Figures about sessions",
        name="getSessionStats",
        tag="Sessions",
        answer=StatsView,
        scopes=READ_SCOPES,
        answer_example={
            "data": {
                "total": 42,
                "users": 30,
                "startedInLast24Hours": 17,
                "activeInLast24Hours": 25,
                "byMethod": {"password": 42},
            }
        },
    ),
)
async def session_stats(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": _stats(await get_session_stats(work))})

    return await read(request, run)


@post(
    "/sessions/revoke-all",
    **promises(
        summary="End every session of everybody",
        name="revokeAllSessions",
        tag="Sessions",
        description="Everybody has to sign in again. `confirm` must be true (400 otherwise).",
        body=Confirmation,
        answer=Revoked,
        scopes=("admin:write",),
        errors=(400,),
        body_example={"confirm": True},
        answer_example={"data": {"users": 30}, "message": "All sessions ended"},
    ),
)
async def revoke_all_sessions(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        if not decode_body(raw, Confirmation).confirm:
            raise _invalid("confirm", "must be true: this signs everybody out")
        users = await end_everybodys_sessions(work)
        return Answer({"data": Revoked(users), "message": "All sessions ended"})

    return await write(request, run)


@delete(
    "/sessions/{session_id:str}",
    **promises(summary="End one session", name="endSession", tag="Sessions", scopes=SCOPES, errors=(404,)),
)
async def end_any_session(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await end_session(work, parse_session_id(request.path_params["session_id"]))
        return Answer({"message": "Session ended"})

    return await write(request, run)


def _stats(found: SessionStats) -> StatsView:
    return StatsView(
        found.total, found.users, found.started_in_24_hours, found.seen_in_24_hours, found.by_method
    )


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise _invalid("ipAddress", "must be an IP address, as in 192.0.2.7") from error


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})


ROUTES = [
    list_all_sessions,
    count_all_sessions,
    session_stats,
    revoke_all_sessions,
    end_any_session,
]
