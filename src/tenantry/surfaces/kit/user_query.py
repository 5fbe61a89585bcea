"""The parameters of the list of users, as every surface takes them from an address."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

import msgspec

from tenantry.domain.directory.fields import SORTS, STATUSES
from tenantry.kernel.criteria import AllOf, Compare, Node, Op
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.kit.wire import Moment, decode_query, with_zone

PAGES_AND_ORDER = frozenset({"page", "limit", "cursor", "sortBy", "sortDir"})


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


class PeopleFilter(msgspec.Struct, frozen=True):
    """Which people an address means: the condition, the text to search for, and the parameters as they were given."""

    where: Node
    search: str | None
    asked: dict[str, str]


def people_filter(parameters: Mapping[str, str]) -> PeopleFilter:
    """The people whom these parameters of the list of users mean; its order and its pages say nothing about whom.

    Raises DomainError for a parameter that the list would refuse.
    """
    asked = {name: value for name, value in parameters.items() if name not in PAGES_AND_ORDER}
    query = decode_query(urlencode(asked).encode(), UserQuery)
    found = criteria(query)
    return PeopleFilter(found.where, found.search, asked)
