"""A saved view, and what somebody needs to keep or change one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

MAX_NAME = 80
MAX_QUERY = 2000
MOST_COLUMNS = 50
MOST_OF_ONE_PERSON = 50
MOST_LISTED = 500


class ListName(StrEnum):
    """The lists that can be seen in views."""

    USERS = "users"


class SavedView(msgspec.Struct, frozen=True):
    """A view. `query` is the query string of the list's address, without the question mark; no columns are those of the list.

    A private view is seen by its owner alone, a shared one by everybody who sees the list. `owner_label` is the address, username
    or number by which a person knows the owner. A shared view outlives an owner who is not erased: then it has none,
    and no label.
    """

    id: UUID
    list_name: ListName
    name: str
    query: str
    columns: list[str]
    shared: bool
    owner: UUID | None
    owner_label: str
    created_at: datetime
    updated_at: datetime


class NewView(msgspec.Struct, kw_only=True):
    """What is needed to keep a view."""

    list_name: str
    name: str
    query: str
    columns: list[str] = msgspec.field(default_factory=list)
    shared: bool = False


class ViewChanges(msgspec.Struct, kw_only=True):
    """A partial change: what is UNSET stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    query: str | msgspec.UnsetType = msgspec.UNSET
    columns: list[str] | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET
