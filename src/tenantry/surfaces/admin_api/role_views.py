"""Roles, groups, permissions and their holders in the words of the admin API."""

from typing import Annotated
from uuid import UUID

import msgspec

from tenantry.domain.groups.model import Group, Member, UserGroup
from tenantry.domain.roles.model import HeldPermission, HeldRole, Role, StoredPermission
from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.admin_api.user_views import Named
from tenantry.surfaces.kit.wire import Moment


class MemberView(msgspec.Struct, frozen=True, rename="camel"):
    """A user as a list of members or holders shows one; `addedAt` is when they joined or were given the role."""

    id: UUID
    email: str | None
    username: str | None
    name: str | None
    blocked: bool
    added_at: Moment


class GroupView(msgspec.Struct, frozen=True, rename="camel"):
    """A group. `members` is there only where it was asked for, with at most the first hundred."""

    id: UUID
    name: str
    slug: str
    description: str | None
    member_count: int
    role_count: Annotated[int, msgspec.Meta(description="How many roles it passes on.")]
    is_system: bool
    roles: list[Named] | msgspec.Raw
    created_at: Moment
    updated_at: Moment
    members: list[MemberView] | msgspec.UnsetType = msgspec.UNSET


class RoleView(msgspec.Struct, frozen=True, rename="camel"):
    """A role. `userCount` counts those who hold it directly, `groupCount` the groups that pass it on."""

    id: UUID
    name: str
    slug: str
    description: str | None
    is_system: bool
    permissions: list[Named] | msgspec.Raw
    user_count: int
    group_count: int
    created_at: Moment
    updated_at: Moment


class PermissionView(msgspec.Struct, frozen=True, rename="camel"):
    """A permission; a system one belongs to this API, the others to the tenant's own applications."""

    id: UUID
    name: str
    slug: str
    description: str | None
    category: str | None
    is_system: bool
    role_count: Annotated[int, msgspec.Meta(description="How many roles contain it.")]
    created_at: Moment
    updated_at: Moment


class ViaGroups(msgspec.Struct, frozen=True):
    """Where a role comes from: held directly, through groups, or both."""

    direct: bool
    groups: list[Named] | msgspec.Raw


class HeldRoleView(msgspec.Struct, frozen=True, rename="camel"):
    """A role of one user. `via` says whence they have it."""

    id: UUID
    slug: str
    name: str
    description: str | None
    is_system: bool
    via: ViaGroups


class GroupRoleView(msgspec.Struct, frozen=True, rename="camel"):
    """A role that a group passes on."""

    id: UUID
    slug: str
    name: str
    description: str | None
    is_system: bool


class UserGroupView(msgspec.Struct, frozen=True, rename="camel"):
    """A group of one user."""

    id: UUID
    slug: str
    name: str
    description: str | None
    added_at: Moment


class GrantingRole(msgspec.Struct, frozen=True):
    """A role through which a user has a permission, and the slugs of the groups that pass the role on."""

    slug: str
    name: str
    direct: bool
    groups: list[str]


class HeldPermissionView(msgspec.Struct, frozen=True, rename="camel"):
    """A permission of one user and the roles it comes from."""

    id: UUID
    slug: str
    name: str
    is_system: bool
    roles: list[GrantingRole] | msgspec.Raw


class Added(msgspec.Struct, frozen=True, rename="camel"):
    """How many users were added, and how many were there already."""

    added: int
    already_there: int


class RolesBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole list of roles, by slug or id; an empty one takes all away."""

    roles: list[str]


class SomeRoles(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One role, or several; by slug or id."""

    role: str | None = None
    roles: list[str] | None = None


class UsersBody(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Users by id or email, up to 1000."""

    user_ids: list[str]


def one_or_several(one: str | None, several: list[str] | None, field: str) -> list[str]:
    """What was given, as a list; exactly one of the two must be there. Raises DomainError."""
    if (one is None) == (several is None):
        problem = f"must be given, or else {field}s, but not both"
        raise DomainError(Kind.UNPROCESSABLE, "validation_error", f"{field} {problem}.", {field: problem})
    return [one] if one is not None else several or []


def member_view(member: Member) -> MemberView:
    return MemberView(member.id, member.email, member.username, member.name, member.blocked, member.added_at)


def group_view(group: Group, members: list[MemberView] | msgspec.UnsetType = msgspec.UNSET) -> GroupView:
    return GroupView(
        id=group.id,
        name=group.name,
        slug=group.slug,
        description=group.description,
        member_count=group.member_count,
        role_count=group.role_count,
        is_system=False,
        roles=group.roles,
        created_at=group.created_at,
        updated_at=group.updated_at,
        members=members,
    )


def role_view(role: Role) -> RoleView:
    return RoleView(
        id=role.id,
        name=role.name,
        slug=role.slug,
        description=role.description,
        is_system=role.is_system,
        permissions=role.permissions,
        user_count=role.user_count,
        group_count=role.group_count,
        created_at=role.created_at,
        updated_at=role.updated_at,
    )


def permission_view(permission: StoredPermission) -> PermissionView:
    return PermissionView(
        id=permission.id,
        name=permission.name,
        slug=permission.slug,
        description=permission.description,
        category=permission.category,
        is_system=permission.is_system,
        role_count=permission.role_count,
        created_at=permission.created_at,
        updated_at=permission.updated_at,
    )


def held_role_view(role: HeldRole) -> HeldRoleView:
    via = ViaGroups(role.direct, role.groups)
    return HeldRoleView(role.id, role.slug, role.name, role.description, role.is_system, via)


def group_role_view(role: HeldRole) -> GroupRoleView:
    return GroupRoleView(role.id, role.slug, role.name, role.description, role.is_system)


def user_group_view(group: UserGroup) -> UserGroupView:
    return UserGroupView(group.id, group.slug, group.name, group.description, group.added_at)


def held_permission_view(permission: HeldPermission) -> HeldPermissionView:
    return HeldPermissionView(
        permission.id, permission.slug, permission.name, permission.is_system, permission.roles
    )
