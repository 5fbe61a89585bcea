"""Users: list and get."""

from litestar import Response, get

from tenantry.domain.directory.queries import get_person, list_people
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.admin_api.user_views import UserView, ages, etag, user_view
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.paging import listed, pagination
from tenantry.surfaces.kit.search_query import criteria
from tenantry.surfaces.kit.user_query import UserQuery
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read

SCOPES = ("admin:read", "admin:write", "admin:users")


@get(
    "/users",
    **promises(
        summary="List users",
        tag="Users",
        description=(
            "Deleted users are left out unless `status=deleted` asks for them. A filtered `total` is exact up to 10,000. A `page`"
            " may begin up to row 100,000; `cursor` goes on without a bound."
        ),
        query=UserQuery,
        answer=UserView,
        listed=True,
        scopes=SCOPES,
    ),
)
async def list_users(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], UserQuery)
        found = await list_people(work, criteria(query))
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
        return Answer({"data": user_view(work, person)}, headers=etag(person), ages=ages(person, work.now))

    return await read(request, run)


ROUTES = [list_users, get_user]
