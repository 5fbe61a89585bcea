"""A group and its members."""

from datetime import datetime
from uuid import UUID

import msgspec


class Group(msgspec.Struct, frozen=True):
    """A group as it is shown. `roles` is a JSON array of {"slug", "name"}; deleted users count in `member_count` no more."""

    id: UUID
    slug: str
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    member_count: int
    role_count: int
    roles: msgspec.Raw


class GroupRow(msgspec.Struct, frozen=True):
    """A row of `groups` that a work has locked."""

    id: UUID
    slug: str
    name: str
    description: str | None
    updated_at: datetime


class Member(msgspec.Struct, frozen=True):
    """A user as a list of members shows one."""

    id: UUID
    email: str | None
    username: str | None
    name: str | None
    blocked: bool
    added_at: datetime


class UserGroup(msgspec.Struct, frozen=True):
    """A group that a user belongs to."""

    id: UUID
    slug: str
    name: str
    description: str | None
    added_at: datetime


class NewGroup(msgspec.Struct, kw_only=True):
    """What is needed to create a group; without a slug one is made from the name."""

    name: str
    slug: str | None = None
    description: str | None = None


class GroupChanges(msgspec.Struct, kw_only=True):
    """A partial change: what is UNSET stays as it is."""

    name: str | None | msgspec.UnsetType = msgspec.UNSET
    slug: str | None | msgspec.UnsetType = msgspec.UNSET
    description: str | None | msgspec.UnsetType = msgspec.UNSET


class Change(msgspec.Struct, frozen=True):
    """What a write added and removed, by slug, in alphabetical order; false where it changed nothing."""

    added: list[str]
    removed: list[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


NOTHING = Change([], [])


class Added(msgspec.Struct, frozen=True):
    """How many users a write added to something, and how many were there already."""

    added: int
    already_there: int
