"""Users: list and get."""

from typing import Annotated

import msgspec
from litestar import Response, get

from tenantry.domain.directory.fields import SORTS, STATUSES
from tenantry.domain.directory.queries import get_person, list_people
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import AllOf, Compare, Node, Op
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.admin_api.lists import SearchQuery, criteria, one_of
from tenantry.surfaces.admin_api.moments import with_zone
from tenantry.surfaces.admin_api.user_views import UserView, ages, etag, user_view
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.paging import listed, pagination
from tenantry.surfaces.kit.wire import Moment, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read

SCOPES = ("admin:read", "admin:write", "admin:users")


def _says(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class UserQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of users."""

    search: Annotated[
        str | None,
        _says(
            "Text to look for in names, email addresses, usernames and phone numbers, or the id of a user."
        ),
    ] = None
    role: Annotated[str | None, _says("The slug of a role: who holds it, directly or through groups.")] = None
    group: Annotated[str | None, _says("The slug of a group: who is a member.")] = None
    blocked: Annotated[bool | None, _says("Whether somebody has blocked them.")] = None
    active: Annotated[bool | None, _says("Whether they may sign in now.")] = None
    status: Annotated[
        str | None,
        one_of(*STATUSES, description="A state that holds; `pending` is any of the pending ones."),
    ] = None
    verified: Annotated[bool | None, _says("Whether the email address is verified.")] = None
    created_from: Annotated[Moment | None, _says("Created at this moment or later.")] = None
    created_to: Annotated[Moment | None, _says("Created before this moment.")] = None
    last_login_from: Annotated[Moment | None, _says("Last signed in at this moment or later.")] = None
    last_login_to: Annotated[Moment | None, _says("Last signed in before this moment.")] = None
    sort_by: Annotated[str, one_of(*SORTS)] = "createdAt"

    def where(self) -> Node:
        """The filters as a condition. Raises DomainError for a moment without a time zone."""
        parts: list[Node] = [
            Compare(field, Op.EQ, value)
            for field in ("role", "group", "blocked", "active", "status", "verified")
            if (value := getattr(self, field)) is not None
        ]
        for name, field, op, moment in (
            ("createdFrom", "createdAt", Op.GE, self.created_from),
            ("createdTo", "createdAt", Op.LT, self.created_to),
            ("lastLoginFrom", "lastLoginAt", Op.GE, self.last_login_from),
            ("lastLoginTo", "lastLoginAt", Op.LT, self.last_login_to),
        ):
            if moment is not None:
                parts.append(Compare(field, op, with_zone(name, moment)))
        return AllOf(tuple(parts))


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
