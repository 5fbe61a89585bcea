"""Users: their password, factors and sessions."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.credentials.checks import words_of
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import PersonalWords
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.factors.actions import reset_factors
from tenantry.domain.recovery.actions import request_password_reset
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.sessions.actions import end_all_sessions, end_session
from tenantry.domain.sessions.errors import SessionNotFound
from tenantry.domain.sessions.queries import list_sessions
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.admin_api.user_writes import SCOPES, if_match, user_answer
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, reading, write

READ_SCOPES = ("admin:read", *SCOPES)
DEEPEST = 100_000


class SetPassword(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new password; a temporary one must be changed at the next sign-in."""

    password: str
    temporary: bool = False


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No fields: an empty body, or an empty object."""


class SessionView(msgspec.Struct, frozen=True, rename="camel"):
    """A session that is alive, with the address and browser of its start."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None


PASSWORD = promises(
    summary="Set a user's password",
    tag="Users",
    description=(
        "Sets the password at once, lifts a lock, and ends every session, token and open link of the user. A password that"
        " breaks the tenant's policy is refused with every broken rule named in `details`."
    ),
    body=SetPassword,
    answer=UserView,
    scopes=SCOPES,
    errors=(404, 412, 422, 503),
    body_example={"password": "SecurePass123!"},
)


@put("/users/{user_id:str}/password", **PASSWORD)
async def replace_password(request: AnyRequest) -> Response[bytes]:
    return await _set_password(request)


@post("/users/{user_id:str}/password", **PASSWORD)
async def set_password(request: AnyRequest) -> Response[bytes]:
    return await _set_password(request)


@post(
    "/users/{user_id:str}/password-reset",
    **promises(
        summary="Mail a user a link to set their password",
        tag="Users",
        description="The link works once, for as long as the tenant's settings say. The present password works until then.",
        body=Nothing,
        scopes=SCOPES,
        errors=(404, 422),
    ),
)
async def send_password_reset(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        decode_body(raw, Nothing)
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]), if_match(request))
        await request_password_reset(work, user)
        return Answer({"message": "Password reset email sent"})

    return await write(request, run)


@post(
    "/users/{user_id:str}/mfa/reset",
    **promises(
        summary="Remove all second factors of a user",
        tag="Users",
        body=Nothing,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412),
    ),
)
async def reset_mfa(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        decode_body(raw, Nothing)
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]), if_match(request))
        await reset_factors(work, user)
        return await user_answer(work, user, "MFA reset")

    return await write(request, run)


@get(
    "/users/{user_id:str}/sessions",
    **promises(
        summary="List a user's sessions",
        tag="Users",
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
        found = await list_sessions(work, user.id, parsed_page(query))
        rows = [
            SessionView(s.id, s.created_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent)
            for s in found.sessions
        ]
        return Answer(listed(rows, pagination(query, total=found.total, next_cursor=found.next_cursor)))

    return await read(request, run)


@delete(
    "/users/{user_id:str}/sessions",
    **promises(
        summary="End all sessions of a user",
        tag="Users",
        description="Every session, token and open link of the user ends at once.",
        scopes=SCOPES,
        errors=(404,),
    ),
)
async def end_user_sessions(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]))
        await end_all_sessions(work, user)
        return Answer({"message": "Sessions ended"})

    return await write(request, run)


@delete(
    "/users/{user_id:str}/sessions/{session_id:str}",
    **promises(summary="End one session of a user", tag="Users", scopes=SCOPES, errors=(404,)),
)
async def end_user_session(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        await end_session(work, user, _session_id(request.path_params["session_id"]))
        return Answer({"message": "Session ended"})

    return await write(request, run)


async def _set_password(request: AnyRequest) -> Response[bytes]:
    """Reads and judges first and hashes outside any unit of work, so that no connection waits for a hash."""
    raw = await request.body()
    found = services(request)

    async def prepare(work: ReadWork) -> tuple[str, PersonalWords, PasswordRules]:
        password = decode_body(raw, SetPassword).password
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        # Before the password is looked at: whether it was theirs before is an answer that only their equal may have.
        await refuse_taking_over(work, user)
        return password, words_of(user, work.tenant.name), await get_password_rules(work, user.id)

    password, about, rules = await reading(request, prepare, Category.WRITE)
    password_hash = ""
    refusal: PasswordRefused | None = None
    try:
        await found.passwords.check_change(rules, password, about)
        password_hash = await found.hasher.hash(password)
    except PasswordRefused as refused:
        # Kept until the unit of work, where a repeated Idempotency-Key is answered first: the password that the first
        # request set is in the history by now.
        refusal = refused

    async def run(work: Work) -> Answer:
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]), if_match(request))
        await refuse_taking_over(work, user)
        if refusal is not None:
            raise refusal
        temporary = decode_body(raw, SetPassword).temporary
        await store_password(work, user, password_hash, temporary=temporary, by_admin=True)
        return await user_answer(work, user, "Password updated")

    return await write(request, run, counted_already=True)


def _session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise SessionNotFound(text) from error


ROUTES = [
    replace_password,
    set_password,
    send_password_reset,
    reset_mfa,
    list_user_sessions,
    end_user_sessions,
    end_user_session,
]
