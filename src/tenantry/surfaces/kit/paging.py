"""page/limit and cursor, and the block that every list carries."""

from typing import Any

import msgspec

from tenantry.kernel.criteria import Page
from tenantry.kernel.errors import DomainError, Kind

DEFAULT_LIMIT = 20
MOST = 100
GREATEST_PAGE = 2**63 - 1


class Paging(msgspec.Struct, kw_only=True):
    """The parameters that every list takes."""

    page: int | None = None
    limit: int = DEFAULT_LIMIT
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


def parsed_page(paging: Paging, deepest: int) -> Page:
    """The wanted page. A page that begins beyond `deepest` rows is empty if it lies past the end, and refused otherwise, by the
    query; raises DomainError for a page or limit out of bounds, and for page and cursor together."""
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
