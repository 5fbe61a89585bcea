"""Facts about groups and who is in them."""

from typing import ClassVar

from tenantry.kernel.events import Event


class GroupEvent(Event, frozen=True, kw_only=True):
    """Anything that happened to one group. `data.slug` names it."""

    target_type: ClassVar[str] = "group"


class GroupCreated(GroupEvent, frozen=True, kw_only=True):
    """A group came into being."""

    type: ClassVar[str] = "group.created"


class GroupUpdated(GroupEvent, frozen=True, kw_only=True):
    """Name, slug or description changed; `data.changes` has what was before and after."""

    type: ClassVar[str] = "group.updated"


class GroupDeleted(GroupEvent, frozen=True, kw_only=True):
    """The group is gone, its members are not. `data.members` says how many it had."""

    type: ClassVar[str] = "group.deleted"


class UserGroupAdded(Event, frozen=True, kw_only=True):
    """A user was added to groups; `data.groups` has their slugs."""

    type: ClassVar[str] = "user.group.added"
    target_type: ClassVar[str] = "user"


class UserGroupRemoved(Event, frozen=True, kw_only=True):
    """A user was removed from groups; `data.groups` has their slugs."""

    type: ClassVar[str] = "user.group.removed"
    target_type: ClassVar[str] = "user"
