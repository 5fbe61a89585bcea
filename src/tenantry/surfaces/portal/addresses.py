"""The address of a list: filters, order and page stand in it, so that the back button is safe and a link can be sent on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from tenantry.kernel.listing import OFFSET_BOUND
from tenantry.surfaces.kit.paging import DEFAULT_LIMIT

USERS = "/access-management/users"
"""Where everybody is listed; below it, by their ids, the pages of each."""
SIZES = (10, 20, 50, 100)
WHERE_ONE_STANDS = ("page", "cursor", "told")


class Pager(msgspec.Struct, frozen=True):
    """Where a page of a list stands; `start`, `previous` and `next` are addresses. With `past_end` the list ends before."""

    first: int | None
    last: int | None
    total: int
    exact: bool
    previous: str | None
    next: str | None
    limit: int
    limits: list[tuple[int, str]]
    start: str
    past_end: bool


class ListAddress:
    """The address of a list as it was asked for. Empty parameters are left out of every address made from it."""

    def __init__(self, path: str, given: Mapping[str, str]) -> None:
        self._path = path
        self.given = {name: value for name, value in given.items() if value != ""}

    def changed(self, **values: str | int | None) -> str:
        """The same list with other parameters; without `page` and `cursor` among them from its beginning."""
        kept = {name: value for name, value in self.given.items() if name not in WHERE_ONE_STANDS}
        kept |= {name: str(value) for name, value in values.items() if value is not None}
        kept = {name: value for name, value in kept.items() if values.get(name, "") is not None}
        return f"{self._path}?{urlencode(kept)}" if kept else self._path

    @property
    def here(self) -> str:
        """The list as it was asked for."""
        return f"{self._path}?{urlencode(self.given)}" if self.given else self._path

    @property
    def filters(self) -> str:
        """The query string without the page, as it is kept for later."""
        return self.changed().partition("?")[2]

    def sort_by(self, name: str, present: tuple[str, bool], *, first_descending: bool) -> str:
        """The address that sorts by a column: pressed once more it turns the order round."""
        column, descending = present
        wanted = not descending if column == name else first_descending
        return self.changed(sortBy=name, sortDir="DESC" if wanted else "ASC")


def pager_of(where: ListAddress, *, limit: int, shown: int, found: Any, page: int | None) -> Pager:
    """The pager of a page that shows so many rows. `found` has total, total_is_exact and next_cursor."""
    start = ((page or 1) - 1) * limit
    by_cursor = page is None and "cursor" in where.given
    following: str | None = None
    if found.next_cursor is not None:
        too_deep = by_cursor or start + 2 * limit > OFFSET_BOUND
        following = (
            where.changed(cursor=found.next_cursor) if too_deep else where.changed(page=(page or 1) + 1)
        )
    previous = where.changed(page=(page or 1) - 1) if (page or 1) > 2 else where.changed()
    return Pager(
        first=None if by_cursor else (start + 1 if shown else 0),
        last=None if by_cursor else start + shown,
        total=found.total,
        exact=found.total_is_exact,
        previous=previous if by_cursor or (page or 1) > 1 else None,
        next=following,
        limit=limit,
        limits=[(size, where.changed(limit=None if size == DEFAULT_LIMIT else size)) for size in SIZES],
        start=where.changed(),
        past_end=not shown and found.total > 0,
    )
