"""What the lists with a search have in common: their parameters, and the question that these ask."""

from typing import Annotated

import msgspec

from tenantry.kernel.criteria import EVERYTHING, Criteria, Node, Sort
from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.paging import Paging, parsed_page

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


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
