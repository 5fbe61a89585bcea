"""Makes the generated pages of docs/: `python tools/make_docs.py [NAME ...]`. A test fails when one is out of date."""

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import tenantry.domain
from tenantry.app.catalogue import PERMISSIONS
from tenantry.domain.apikeys.model import SCOPES
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.model import Medium, Role
from tenantry.domain.roles.rules import SYSTEM_ROLES, system_grants
from tenantry.domain.tenants.defaults import EXPLAINED
from tenantry.domain.tenants.rules import defaults
from tenantry.kernel.permissions import Permission
from tenantry.surfaces.kit.setting_sections import SECTIONS

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- Made by `make docs`; change the code instead. -->\n\n"


def declared_permissions() -> dict[str, Permission]:
    """Every permission that a module of the domain declares, by its name."""
    found: dict[str, Permission] = {}
    for module in pkgutil.walk_packages(tenantry.domain.__path__, "tenantry.domain."):
        if module.name.endswith(".permissions"):
            values = vars(importlib.import_module(module.name)).values()
            found |= {value.name: value for value in values if isinstance(value, Permission)}
    return found


def permissions_page() -> str:
    """docs/permissions.md."""
    granted = {permission.name for permission in PERMISSIONS}
    everything = sorted(declared_permissions().values(), key=lambda permission: permission.name)
    roles = {role.slug: role for role in SYSTEM_ROLES}
    grants = system_grants(granted)
    lines = [
        "# Permissions",
        "",
        NOTE.strip(),
        "",
        "Every action asks for one permission, named `resource:action`. API keys get theirs by scopes, people by roles.",
        "",
        "## Permissions that can be given",
        "",
        "| permission | what it allows | scopes that contain it | system roles that contain it |",
        "|---|---|---|---|",
    ]
    for permission in everything:
        if permission.name in granted:
            scopes = ", ".join(
                f"`{name}`" for name, names in SCOPES.items() if names & {permission.name, "*"}
            )
            holders = ", ".join(f"`{role}`" for role, name in grants if name == permission.name)
            lines.append(f"| `{permission.name}` | {permission.description} | {scopes} | {holders} |")
    lines += [
        "",
        "## Permissions that the program keeps to itself",
        "",
        "| permission | what it allows |",
        "|---|---|",
    ]
    lines += [f"| `{p.name}` | {p.description} |" for p in everything if p.name not in granted]
    lines += ["", "## System roles", "", "| role | name | meaning |", "|---|---|---|"]
    lines += [f"| `{slug}` | {role.name} | {role.description} |" for slug, role in roles.items()]
    return "\n".join(lines) + "\n"


def tenant_settings_page() -> str:
    """docs/tenant-settings.md."""
    lines = [
        "# Settings of a tenant",
        "",
        NOTE.strip(),
        "",
        "`GET /t/{tenant}/api/v1/admin/settings` shows them and `PUT` changes those that are sent; null takes one back to its",
        "default.",
        "Only what differs from the default is stored. Settings of the installation itself stand in [settings.md](settings.md).",
        "",
        "| section | setting | default | meaning | where the default comes from |",
        "|---|---|---|---|---|",
    ]
    for section, kind in SECTIONS.items():
        for key, preset in defaults(kind).items():
            told = EXPLAINED[f"{section}.{key}"]
            value = json.dumps(preset)
            lines.append(f"| `{section}` | `{key}` | `{value}` | {told.meaning} | {told.source} |")
    return "\n".join(lines) + "\n"


def message_variables_page() -> str:
    """docs/message-variables.md."""
    lines = [
        "# Variables of messages",
        "",
        NOTE.strip(),
        "",
        "What the text of each message can name; how texts are written stands in [messages.md](messages.md).",
        "A *flag* is only asked about with `if`, an *address* may also be the `href` of a link.",
        "Without a required one a text is refused.",
    ]
    for kind in KINDS.values():
        lines += [
            "",
            f"## {kind.name}",
            "",
            f"{'Text message' if kind.medium is Medium.SMS else 'Mail'}. {kind.meaning}",
            "",
            "| variable | meaning | example | |",
            "|---|---|---|---|",
        ]
        for variable in kind.variables:
            notes = [] if variable.role is Role.TEXT else [variable.role.value]
            notes += ["required"] if variable.name in kind.needs else []
            notes += ["may be empty"] if variable.may_be_empty else []
            example = json.dumps(variable.example) if variable.role is Role.FLAG else variable.example
            lines.append(f"| `{variable.name}` | {variable.meaning} | `{example}` | {', '.join(notes)} |")
    return "\n".join(lines) + "\n"


PAGES: dict[str, tuple[Path, Callable[[], str]]] = {
    "permissions": (DOCS / "permissions.md", permissions_page),
    "tenant-settings": (DOCS / "tenant-settings.md", tenant_settings_page),
    "message-variables": (DOCS / "message-variables.md", message_variables_page),
}


def main(names: list[str]) -> int:
    for name in names or PAGES:
        if name not in PAGES:
            print(f"no page {name}; there are {', '.join(PAGES)}", file=sys.stderr)
            return 2
        path, make = PAGES[name]
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
