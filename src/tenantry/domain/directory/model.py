"""A person as the doors show them: the user with roles, groups and activity."""

from datetime import datetime
from uuid import UUID

import msgspec

from tenantry.domain.users.model import User

_NONE = msgspec.Raw(b"[]")


class Person(msgspec.Struct, frozen=True):
    """A user with what other modules know of them. `roles` and `groups` are JSON arrays of {"id", "slug", "name"}."""

    user: User
    roles: msgspec.Raw
    groups: msgspec.Raw
    has_password: bool
    last_login_at: datetime | None
    login_count: int
    locked_out_until: datetime | None = None
    locked_out_since: datetime | None = None


def new_person(user: User, *, has_password: bool) -> Person:
    """Somebody who has just been created, without roles and groups: nothing needs to be read to know the rest."""
    return Person(user, _NONE, _NONE, has_password, None, 0)


class People(msgspec.Struct, frozen=True):
    """One page of people. `total` counts all that match; when `total_is_exact` is false there are more than that."""

    people: list[Person]
    total: int
    total_is_exact: bool
    next_cursor: str | None


class Span(msgspec.Struct, frozen=True):
    """The next `limit` people of a walk from the newest, behind the id where the last batch ended."""

    limit: int
    before: UUID | None = None


class MatchingIds(msgspec.Struct, frozen=True):
    """One batch of a walk, newest first, and the id behind which it goes on; without one the walk is over."""

    ids: list[UUID]
    go_on_before: UUID | None
