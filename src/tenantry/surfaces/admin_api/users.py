"""Users: list, get, create, change, delete."""

from datetime import datetime

from litestar import Response, get

from tenantry.domain.directory.queries import get_person, list_people
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op, Sort
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.admin_api.user_views import UserView, etag, user_view
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read

SCOPES = ("admin:read", "admin:write", "admin:users")
LONGEST_SEARCH = 256


class UserQuery(Paging, kw_only=True, rename="camel"):
    """The parameters of the list of users."""

    search: str | None = None
    role: str | None = None
    group: str | None = None
    blocked: bool | None = None
    active: bool | None = None
    status: str | None = None
    verified: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    last_login_from: datetime | None = None
    last_login_to: datetime | None = None
    sort_by: str = "createdAt"
    sort_dir: str | None = None


@get(
    "/users",
    **promises(
        summary="List users", tag="Users", query=UserQuery, answer=UserView, listed=True, scopes=SCOPES
    ),
)
async def list_users(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], UserQuery)
        found = await list_people(work, _criteria(query))
        block = pagination(
            query, total=found.total, next_cursor=found.next_cursor, exact=found.total_is_exact
        )
        return Answer(listed([user_view(work, person) for person in found.people], block))

    return await read(request, run)


@get(
    "/users/{user_id:str}",
    **promises(summary="Get a user", tag="Users", answer=UserView, scopes=SCOPES, errors=(404,)),
)
async def get_user(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        person = await get_person(work, parse_ref(request.path_params["user_id"]))
        return Answer({"data": user_view(work, person)}, headers=etag(person))

    return await read(request, run)


def _criteria(query: UserQuery) -> Criteria:
    parts: list[Node] = []
    for field in ("role", "group", "blocked", "active", "status", "verified"):
        value = getattr(query, field)
        if value is not None:
            parts.append(Compare(field, Op.EQ, value))
    for field, low, high in (
        ("createdAt", query.created_from, query.created_to),
        ("lastLoginAt", query.last_login_from, query.last_login_to),
    ):
        if low is not None:
            parts.append(Compare(field, Op.GE, _aware(low)))
        if high is not None:
            parts.append(Compare(field, Op.LT, _aware(high)))
    if query.search is not None and len(query.search) > LONGEST_SEARCH:
        raise _invalid("search", f"must have at most {LONGEST_SEARCH} characters")
    return Criteria(
        where=AllOf(tuple(parts)),
        sort=_sort(query),
        page=parsed_page(query),
        search=query.search.strip() or None if query.search is not None else None,
    )


def _sort(query: UserQuery) -> Sort:
    newest_first = query.sort_by in ("createdAt", "updatedAt", "lastLoginAt")
    direction = (query.sort_dir or ("DESC" if newest_first else "ASC")).upper()
    if direction not in ("ASC", "DESC"):
        raise _invalid("sortDir", "must be ASC or DESC")
    return Sort(query.sort_by, descending=direction == "DESC")


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise _invalid("created or last-login range", "needs a time zone, as in 2024-01-15T10:30:00Z")
    return moment


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})


ROUTES = [list_users, get_user]
