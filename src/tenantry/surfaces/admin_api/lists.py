"""The lists of named things and of people that belong to one: their parameters, and how one is answered."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from litestar import Response

from tenantry.kernel.criteria import Criteria
from tenantry.kernel.listing import Rows
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.paging import Paging, listed, pagination
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read


class ListQuery(SearchQuery, kw_only=True, rename="camel"):
    """Search in names and slugs, and the order: `name` (the default), `slug` or `createdAt`."""

    sort_by: Annotated[str, one_of("name", "slug", "createdAt")] = "name"


class PeopleQuery(SearchQuery, kw_only=True, rename="camel"):
    """Search as in the list of users, and the order: `createdAt` of the user (the default), `name` or `email`."""

    sort_by: Annotated[str, one_of("createdAt", "name", "email")] = "createdAt"


Q = TypeVar("Q", bound=SearchQuery)
Found = tuple[list[Any], Rows]


async def read_list(
    request: AnyRequest, kind: type[Q], find: Callable[[ReadWork, Criteria], Awaitable[Found]]
) -> Response[bytes]:
    """Answers a list: `find` gives the rows as they are shown, and the page that they stand on."""

    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], kind)
        rows, page = await find(work, criteria(query))
        return Answer(list_body(query, rows, page))

    return await read(request, run)


def list_body(query: Paging, rows: list[Any], page: Rows) -> dict[str, Any]:
    """The body of a list."""
    block = pagination(query, total=page.total, next_cursor=page.next_cursor, exact=page.total_is_exact)
    return listed(rows, block)
