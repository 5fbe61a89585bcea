"""What the lists have in common: their parameters and the block around a page."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response

from tenantry.kernel.criteria import EVERYTHING, Criteria, Node, Sort
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.listing import Rows
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read

LONGEST_SEARCH = 256
DIRECTIONS = ("ASC", "DESC")


def one_of(*values: str, description: str | None = None) -> msgspec.Meta:
    """The values that the document names. Whatever refuses another value says itself which there are."""
    return msgspec.Meta(description=description, extra_json_schema={"enum": list(values)})


class SearchQuery(Paging, kw_only=True, rename="camel"):
    """What the lists of named things and of people share."""

    search: str | None = None
    sort_by: str = ""
    sort_dir: Annotated[str | None, one_of(*DIRECTIONS)] = None

    def where(self) -> Node:
        """The filters of the list as a condition."""
        return EVERYTHING


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


def criteria(query: SearchQuery) -> Criteria:
    """The question that a query string asks. Raises DomainError for a bad order, page or search."""
    newest_first = query.sort_by.endswith("At")
    direction = (query.sort_dir or ("DESC" if newest_first else "ASC")).upper()
    if direction not in DIRECTIONS:
        raise _invalid("sortDir", "must be ASC or DESC")
    search = (query.search or "").strip()
    if len(search) > LONGEST_SEARCH:
        raise _invalid("search", f"must have at most {LONGEST_SEARCH} characters")
    return Criteria(
        where=query.where(),
        sort=Sort(query.sort_by, descending=direction == "DESC"),
        page=parsed_page(query),
        search=search or None,
    )


def list_body(query: Paging, rows: list[Any], page: Rows) -> dict[str, Any]:
    """The body of a list."""
    block = pagination(query, total=page.total, next_cursor=page.next_cursor, exact=page.total_is_exact)
    return listed(rows, block)


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
