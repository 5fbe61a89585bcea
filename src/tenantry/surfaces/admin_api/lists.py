"""What the lists of groups, roles, permissions and keys have in common: their parameters and the block around a page."""

from typing import Any

from tenantry.kernel.criteria import EVERYTHING, Criteria, Node, Sort
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.listing import Rows
from tenantry.surfaces.kit.paging import Paging, listed, pagination, parsed_page

LONGEST_SEARCH = 256
DIRECTIONS = ("ASC", "DESC")


class ListQuery(Paging, kw_only=True, rename="camel"):
    """Search in names and slugs, and the order: `name` (the default), `slug` or `createdAt`."""

    search: str | None = None
    sort_by: str = "name"
    sort_dir: str | None = None


class PeopleQuery(Paging, kw_only=True, rename="camel"):
    """Search as in the list of users, and the order: `createdAt` of the user (the default), `name` or `email`."""

    search: str | None = None
    sort_by: str = "createdAt"
    sort_dir: str | None = None


def criteria(query: ListQuery | PeopleQuery, where: Node = EVERYTHING) -> Criteria:
    """The question that a query string asks. Raises DomainError for a bad order, page or search."""
    newest_first = query.sort_by == "createdAt"
    direction = (query.sort_dir or ("DESC" if newest_first else "ASC")).upper()
    if direction not in DIRECTIONS:
        raise _invalid("sortDir", "must be ASC or DESC")
    search = (query.search or "").strip()
    if len(search) > LONGEST_SEARCH:
        raise _invalid("search", f"must have at most {LONGEST_SEARCH} characters")
    return Criteria(
        where=where,
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
