"""page/limit and cursor, and the block that every list carries."""

from typing import Annotated, Any

import msgspec

from tenantry.kernel.criteria import Page
from tenantry.kernel.errors import DomainError, Kind

DEFAULT_LIMIT = 20
MOST = 100
GREATEST_PAGE = 2**63 - 1


def _bounds(low: int, high: int) -> msgspec.Meta:
    """Bounds for the document alone; `parsed_page` refuses what lies outside with a message of its own."""
    return msgspec.Meta(extra_json_schema={"minimum": low, "maximum": high})


class Paging(msgspec.Struct, kw_only=True):
    """The parameters that every list takes."""

    page: Annotated[int | None, _bounds(1, GREATEST_PAGE)] = None
    limit: Annotated[int, _bounds(1, MOST)] = DEFAULT_LIMIT
    cursor: str | None = None


class Pagination(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where in the list a page stands. `page` is null on a page that a cursor opened.

    `total` is exact unless `totalIsExact` is false; then there are more than it says.
    """

    page: int | None
    limit: int
    total: int
    total_pages: int
    has_next_page: bool
    has_previous_page: bool
    total_is_exact: bool
    next_cursor: str | None


def parsed_page(paging: Paging) -> Page:
    """The wanted page. Raises DomainError for a page or limit out of bounds, and for page and cursor together."""
    if not 1 <= paging.limit <= MOST:
        raise _invalid("limit", f"must lie between 1 and {MOST}")
    if paging.page is not None and not 1 <= paging.page <= GREATEST_PAGE:
        raise _invalid("page", "must be 1 or more")
    if paging.cursor is not None:
        if paging.page is not None:
            raise _invalid("cursor", "cannot be used together with page")
        return Page(paging.limit, cursor=paging.cursor)
    return Page(paging.limit, offset=((paging.page or 1) - 1) * paging.limit)


def pagination(paging: Paging, *, total: int, next_cursor: str | None, exact: bool = True) -> Pagination:
    """The block for one page."""
    number = None if paging.cursor is not None else (paging.page or 1)
    return Pagination(
        page=number,
        limit=paging.limit,
        total=total,
        total_pages=-(-total // paging.limit),
        has_next_page=next_cursor is not None,
        has_previous_page=paging.cursor is not None or (number or 1) > 1,
        total_is_exact=exact,
        next_cursor=next_cursor,
    )


def listed(rows: list[Any], block: Pagination) -> dict[str, Any]:
    """The body of a list: `pagination` and `meta` with identical content."""
    return {"data": rows, "pagination": block, "meta": block}


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
