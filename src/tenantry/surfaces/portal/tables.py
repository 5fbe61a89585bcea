"""Lists of named things: their columns, with the addresses that sort by them, and what their templates need."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from tenantry.domain.directory.model import People
from tenantry.kernel.listing import COUNT_BOUND, Rows
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.portal.addresses import ListAddress, pager_of
from tenantry.surfaces.portal.frame import address

NO_PARAMETERS = ("told",)
Q = TypeVar("Q", bound=SearchQuery)


class Column(msgspec.Struct, frozen=True):
    """A column; `sort` is the order that its heading leads to, where it leads to one."""

    label: str
    sort: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """A list as its address asks for it."""

    where: ListAddress
    path: str
    query: SearchQuery


def asked(
    request: AnyRequest,
    path: str,
    kind: type[Q],
    given: Mapping[str, str] | None = None,
    meant: Callable[[Mapping[str, str]], Mapping[str, str]] = dict,
) -> tuple[Asked, Q]:
    """The question in the address of a list below the portal. Raises DomainError for parameters that mean nothing.

    `given` stands for the parameters of the address, and `meant` makes those of the API out of them, where they differ.
    """
    given = decode_form(request.scope["query_string"]) if given is None else given
    whole = address(request, path)
    where = ListAddress(whole, {name: value for name, value in given.items() if name not in NO_PARAMETERS})
    query = decode_query(urlencode(meant(where.given)).encode(), kind)
    return Asked(where, whole, query), query


def table(
    asked: Asked, columns: Sequence[Column], rows: list[dict[str, Any]], page: Rows | People
) -> dict[str, Any]:
    """What components/listing.html needs: rows, pager, heads, given and path."""
    query = asked.query
    number = None if query.cursor is not None else query.page or 1
    return {
        "rows": rows,
        "pager": pager_of(asked.where, limit=query.limit, shown=len(rows), found=page, page=number),
        "heads": [_head(asked, column) for column in columns],
        "given": asked.where.given,
        "path": asked.path,
    }


def counted(number: int) -> str:
    """A number that was counted no further than the bound of lists."""
    return f"{COUNT_BOUND:,}+" if number > COUNT_BOUND else f"{number:,}"


def _head(asked: Asked, column: Column) -> dict[str, Any]:
    if column.sort is None:
        return {"label": column.label, "address": None, "order": None}
    newest_first = column.sort.endswith("At")
    query = asked.query
    # An order without a direction is that of search_query.criteria.
    direction = query.sort_dir or ("DESC" if query.sort_by.endswith("At") else "ASC")
    descending = direction.upper() == "DESC"
    to = asked.where.sort_by(column.sort, (query.sort_by, descending), first_descending=newest_first)
    order = ("descending" if descending else "ascending") if query.sort_by == column.sort else None
    return {"label": column.label, "address": to, "order": order}
