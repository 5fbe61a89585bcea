"""The system roles, and the form of a permission."""

import re
from collections.abc import Iterable

import msgspec

from tenantry.domain.roles.model import EVERYTHING
from tenantry.kernel.problems import FieldError

MAX_PERMISSION = 128
MOST_PERMISSIONS = 500
"""So many permissions can be named in one call."""

_WORD = "[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_SLUG = re.compile(f"{_WORD}:{_WORD}")


class SystemRole(msgspec.Struct, frozen=True):
    """A role that every tenant has. `grants` names permissions; `resource:*` stands for all of one resource."""

    slug: str
    name: str
    description: str
    grants: tuple[str, ...] = ()

    def holds(self, permission: str) -> bool:
        """Whether the role grants the permission of the management API."""
        if self.slug in EVERYTHING:
            return True
        resource = permission.partition(":")[0]
        return permission in self.grants or f"{resource}:*" in self.grants


# Names and duties as LumoAuth documents its tenant roles (user guide, roles and permissions).
SYSTEM_ROLES = (
    SystemRole("admin", "Administrator", "May do everything."),
    SystemRole("user", "User", "A person without rights in the administration."),
    SystemRole("tenant_admin", "Tenant Admin", "May do everything in this tenant."),
    SystemRole(
        "user_manager",
        "User Manager",
        "Manages users, and gives out roles and groups.",
        ("users:*", "roles:read", "roles:assign", "groups:read", "groups:assign"),
    ),
    SystemRole(
        "app_manager",
        "App Manager",
        "Manages applications and API keys.",
        ("settings:read", "apikeys:*", "users:read"),
    ),
    SystemRole(
        "auditor",
        "Auditor",
        "Reads the audit log, users, groups and roles.",
        ("audit:*", "users:read", "groups:read", "roles:read"),
    ),
)


def checked_permission(slug: str | None, field: str = "slug") -> str:
    """A permission of the form `resource:action`. Raises FieldError; a dot instead of the colon is explained."""
    text = slug or ""
    if _SLUG.fullmatch(text) and len(text) <= MAX_PERMISSION:
        return text
    if "." in text and ":" not in text:
        raise FieldError(
            field, "must have the form resource:action, with a colon and no dot, as in orders:refund"
        )
    raise FieldError(
        field,
        f"must have the form resource:action, as in orders:refund: at most {MAX_PERMISSION} of a-z, 0-9, - and _",
    )


def system_grants(permissions: Iterable[str]) -> list[tuple[str, str]]:
    """Every pair of system role and permission that belong together."""
    names = list(permissions)
    return [(role.slug, name) for role in SYSTEM_ROLES for name in names if role.holds(name)]
