"""Who acts, and what they may do. Each domain module declares its own permissions with `Permission`."""

from enum import StrEnum
from uuid import UUID

import msgspec

from tenantry.kernel.errors import DomainError, Kind


class Permission(msgspec.Struct, frozen=True):
    """A right to one kind of action, named `resource:action`."""

    name: str
    description: str


class ActorKind(StrEnum):
    """What kind of party acts."""

    API_KEY = "api_key"
    USER = "user"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class Actor(msgspec.Struct, frozen=True):
    """The party on whose behalf a unit of work runs, and where the request came from.

    `permissions` holds names of permissions; the single name `*` stands for all of them.
    """

    kind: ActorKind
    id: UUID | None = None
    label: str = ""
    permissions: frozenset[str] = frozenset()
    ip: str | None = None
    user_agent: str | None = None

    def may(self, permission: Permission) -> bool:
        return self.holds(permission.name)

    def holds(self, name: str) -> bool:
        """Whether the actor holds the permission of this name; "*" asks for all of them."""
        return name in self.permissions or "*" in self.permissions

    def lacks(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names that the actor does not hold."""
        return frozenset() if self.holds("*") else names - self.permissions


def system_actor(label: str) -> Actor:
    """The program itself, acting without a caller; `label` names the job or command for the audit."""
    return Actor(ActorKind.SYSTEM, label=label, permissions=frozenset({"*"}))


class MissingPermission(DomainError):
    """The actor is known but lacks the permission."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(
            Kind.FORBIDDEN,
            "insufficient_scope",
            f"This needs the permission {permission.name} ({permission.description.rstrip('.')}).",
            {"permission": permission.name},
        )
