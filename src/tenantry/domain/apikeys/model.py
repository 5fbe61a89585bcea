"""An API key and its scopes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

# Permissions are named by their text because some of them are declared on higher shelves; a test compares the two.
_USERS = frozenset({"users:read", "users:create", "users:update", "users:delete"})
_READS = frozenset(
    {
        *("users:read", "groups:read", "roles:read", "apikeys:read", "audit:read", "settings:read"),
        *("templates:read", "messages:read"),
    }
)

SCOPES: dict[str, frozenset[str]] = {
    "admin:read": _READS,
    "admin:write": frozenset({"*"}),
    "admin:users": _USERS | {"roles:read", "roles:assign", "groups:read", "groups:assign"},
    "admin:roles": frozenset({"roles:read", "roles:write", "roles:assign", "users:read"}),
    "admin:groups": frozenset({"groups:read", "groups:write", "groups:assign", "users:read", "roles:read"}),
    "admin:audit": frozenset({"audit:read", "audit:export"}),
    "internal_user_mgt_create": frozenset({"users:create"}),
    "internal_user_mgt_list": frozenset({"users:read"}),
    "internal_user_mgt_view": frozenset({"users:read"}),
    "internal_user_mgt_update": frozenset({"users:read", "users:update"}),
    "internal_user_mgt_delete": frozenset({"users:read", "users:delete"}),
}


class ApiKey(msgspec.Struct, frozen=True):
    """A key without the key: `hint` is its beginning, by which a person recognises it. Rates are requests a minute."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    read_rate: int | None
    write_rate: int | None
    created_at: datetime
    created_by: UUID | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class Maker(msgspec.Struct, frozen=True):
    """Who made a key. `name` is None where it is nobody's to see or is not known any more."""

    kind: Literal["user", "api_key"]
    name: str | None


class KeyLimits(msgspec.Struct, frozen=True):
    """What bounds a key: its end, None for never, and its rates in requests a minute, None for the default."""

    expires_at: datetime | None
    read_rate: int | None
    write_rate: int | None


class NewApiKey(msgspec.Struct, kw_only=True):
    """What is asked for: a name, scopes, and optionally an end and rates of its own (requests a minute)."""

    name: str
    scopes: list[str]
    expires_at: datetime | None = None
    read_rate: int | None = None
    write_rate: int | None = None


class MadeKey(msgspec.Struct, frozen=True):
    """A new key and the key itself, which is shown this once and stored only as a hash."""

    key: ApiKey
    secret: str


COLUMNS = ", ".join(f"k.{name}" for name in ApiKey.__struct_fields__)
