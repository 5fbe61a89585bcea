"""The pages of the portal, and who finds which of them in the menu. A hidden page is not thereby closed: the domain refuses."""

import msgspec

from tenantry.domain.apikeys import permissions as apikeys
from tenantry.domain.audit import permissions as audit
from tenantry.domain.groups import permissions as groups
from tenantry.domain.mail_templates import permissions as mail_templates
from tenantry.domain.roles import permissions as roles
from tenantry.domain.tenants import permissions as tenants
from tenantry.domain.users import permissions as users
from tenantry.kernel.permissions import Actor, Permission
from tenantry.surfaces.portal.addresses import USERS


class Place(msgspec.Struct, frozen=True):
    """A page of the menu. `path` follows `/t/{tenant}/portal`; `key` shortens to "g" and this letter on the keyboard."""

    name: str
    label: str
    icon: str
    path: str
    needs: Permission
    key: str = ""


class Section(msgspec.Struct, frozen=True):
    """Places under one heading; the first section has none."""

    label: str
    places: tuple[Place, ...]


MENU = (
    Section(
        "",
        (Place("dashboard", "Dashboard", "layout-dashboard", "/", users.READ, "d"),),
    ),
    Section(
        "Access management",
        (
            Place("users", "Users", "users", USERS, users.READ, "u"),
            Place("invitations", "Invitations", "mail-forward", "/access-management/invitations", users.READ, "i"),
            Place("bulk-jobs", "Bulk jobs", "progress", "/access-management/bulk-jobs", users.READ, "j"),
            Place("groups", "Groups", "users-group", "/access-management/groups", groups.READ, "g"),
            Place("roles", "Roles", "shield", "/access-management/roles", roles.READ, "r"),
        ),
    ),
    Section(
        "Configuration",
        (
            Place("auth-settings", "Auth settings", "settings", "/configuration/auth-settings", tenants.SETTINGS_READ, "s"),
            Place("branding", "Branding", "palette", "/configuration/branding", tenants.SETTINGS_READ, "b"),
            Place("mail-templates", "Mail templates", "mail", "/configuration/mail-templates", mail_templates.READ, "m"),
            Place("api-keys", "API keys", "key", "/configuration/api-keys", apikeys.READ, "k"),
        ),
    ),
    Section(
        "Monitoring",
        (Place("audit-log", "Audit log", "history", "/audit-log", audit.READ, "a"),),
    ),
)  # fmt: skip


def menu_for(actor: Actor) -> list[Section]:
    """The menu as somebody sees it: what they may not read is not offered."""
    sections = [
        Section(section.label, tuple(place for place in section.places if actor.may(place.needs)))
        for section in MENU
    ]
    return [section for section in sections if section.places]
