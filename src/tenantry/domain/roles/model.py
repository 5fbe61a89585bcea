"""Roles, the permissions in them, and who holds them."""

from datetime import datetime
from uuid import UUID

import msgspec

EVERYTHING = ("admin", "tenant_admin")
"""System roles whose holders may do everything, also what later versions add."""


class Role(msgspec.Struct, frozen=True):
    """A role as it is shown.

    `permissions` is a JSON array of {"slug", "name"}. `user_count` counts those who hold the role directly, deleted users aside;
    `group_count` the groups that pass it on.
    """

    id: UUID
    slug: str
    name: str
    description: str | None
    is_system: bool
    created_at: datetime
    updated_at: datetime
    user_count: int
    group_count: int
    permissions: msgspec.Raw


class RoleRow(msgspec.Struct, frozen=True):
    """A row of `roles` that a work has locked."""

    id: UUID
    slug: str
    name: str
    description: str | None
    is_system: bool
    updated_at: datetime


class StoredPermission(msgspec.Struct, frozen=True):
    """A permission of the tenant: one of the management API (`is_system`) or one of the tenant's own applications."""

    id: UUID
    slug: str
    name: str
    description: str | None
    category: str | None
    is_system: bool
    created_at: datetime
    updated_at: datetime
    role_count: int


class PermissionRow(msgspec.Struct, frozen=True):
    """A row of `permissions` that a work has locked."""

    id: UUID
    slug: str
    name: str
    description: str | None
    category: str | None
    is_system: bool
    updated_at: datetime


class HeldRole(msgspec.Struct, frozen=True):
    """A role that a user has: directly, through groups (a JSON array of {"slug", "name"}), or both."""

    id: UUID
    slug: str
    name: str
    description: str | None
    is_system: bool
    direct: bool
    groups: msgspec.Raw


class HeldPermission(msgspec.Struct, frozen=True):
    """A permission that a user has. `roles` says whence: a JSON array of {"slug", "name", "direct", "groups": [slug]}."""

    id: UUID
    slug: str
    name: str
    is_system: bool
    roles: msgspec.Raw


class NewRole(msgspec.Struct, kw_only=True):
    """What is needed to create a role; without a slug one is made from the name. `permissions` are slugs or ids."""

    name: str
    slug: str | None = None
    description: str | None = None
    permissions: list[str] = msgspec.field(default_factory=list)


class RoleChanges(msgspec.Struct, kw_only=True):
    """A partial change: what is UNSET stays as it is."""

    name: str | None | msgspec.UnsetType = msgspec.UNSET
    slug: str | None | msgspec.UnsetType = msgspec.UNSET
    description: str | None | msgspec.UnsetType = msgspec.UNSET
    permissions: list[str] | msgspec.UnsetType = msgspec.UNSET


class NewPermission(msgspec.Struct, kw_only=True):
    """What is needed to create a permission: a slug `resource:action`. The name defaults to it, the category to its resource."""

    slug: str
    name: str | None = None
    description: str | None = None
    category: str | None = None


class PermissionChanges(msgspec.Struct, kw_only=True):
    """A partial change: what is UNSET stays as it is."""

    slug: str | None | msgspec.UnsetType = msgspec.UNSET
    name: str | None | msgspec.UnsetType = msgspec.UNSET
    description: str | None | msgspec.UnsetType = msgspec.UNSET
    category: str | None | msgspec.UnsetType = msgspec.UNSET
