"""Facts about roles, permissions and who holds them."""

from typing import ClassVar

from tenantry.kernel.events import Event


class RoleEvent(Event, frozen=True, kw_only=True):
    """Anything that happened to one role. `data.slug` names it."""

    target_type: ClassVar[str] = "role"


class RoleCreated(RoleEvent, frozen=True, kw_only=True):
    """A role came into being. `data.permissions` has the slugs of what it grants."""

    type: ClassVar[str] = "role.created"


class RoleUpdated(RoleEvent, frozen=True, kw_only=True):
    """Name, slug, description or permissions changed; `data.changes` has what was before and after."""

    type: ClassVar[str] = "role.updated"


class RoleDeleted(RoleEvent, frozen=True, kw_only=True):
    """The role is gone, and nobody holds it any longer."""

    type: ClassVar[str] = "role.deleted"


class PermissionEvent(Event, frozen=True, kw_only=True):
    """Anything that happened to one custom permission. `data.slug` names it."""

    target_type: ClassVar[str] = "permission"


class PermissionCreated(PermissionEvent, frozen=True, kw_only=True):
    """A custom permission came into being."""

    type: ClassVar[str] = "permission.created"


class PermissionUpdated(PermissionEvent, frozen=True, kw_only=True):
    """A custom permission changed; `data.changes` has what was before and after."""

    type: ClassVar[str] = "permission.updated"


class PermissionDeleted(PermissionEvent, frozen=True, kw_only=True):
    """The custom permission is gone from every role that had it."""

    type: ClassVar[str] = "permission.deleted"


class UserRoleAssigned(Event, frozen=True, kw_only=True):
    """A user was given roles; `data.roles` has their slugs."""

    type: ClassVar[str] = "user.role.assigned"
    target_type: ClassVar[str] = "user"


class UserRoleRemoved(Event, frozen=True, kw_only=True):
    """Roles were taken from a user; `data.roles` has their slugs."""

    type: ClassVar[str] = "user.role.removed"
    target_type: ClassVar[str] = "user"


class GroupRoleAssigned(Event, frozen=True, kw_only=True):
    """A group was given roles, and so all its members have them; `data.roles` has their slugs."""

    type: ClassVar[str] = "group.role.assigned"
    target_type: ClassVar[str] = "group"


class GroupRoleRemoved(Event, frozen=True, kw_only=True):
    """Roles were taken from a group; `data.roles` has their slugs."""

    type: ClassVar[str] = "group.role.removed"
    target_type: ClassVar[str] = "group"
