"""The permissions of a role as a matrix: a row for each resource, a column for each action."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tenantry.domain.roles.model import StoredPermission
from tenantry.kernel.permissions import Actor

FIRST_ACTIONS = ("read", "create", "update", "delete", "write", "assign")
"""The usual actions, in the order in which one looks for them; the others follow by the alphabet."""
RESOURCES = {
    "apikeys": "API keys",
    "audit": "Audit log",
    "groups": "Groups",
    "messages": "Messages",
    "roles": "Roles",
    "settings": "Settings",
    "templates": "Mail templates",
    "users": "Users",
}
"""How the resources of the management API are called on pages."""


class Cell(msgspec.Struct, frozen=True):
    """A permission in the matrix. One that is not `open` stays as it is: whoever looks may not give or take it."""

    slug: str
    action: str
    says: str
    ticked: bool
    open: bool


class Line(msgspec.Struct, frozen=True):
    """A resource with its permissions by action."""

    label: str
    cells: list[Cell | None]


class Matrix(msgspec.Struct, frozen=True):
    """The permissions of this server in lines of equal length, and the tenant's own by resource, each line as long as it is."""

    actions: list[str]
    system: list[Line]
    own: list[Line]

    @property
    def open(self) -> list[str]:
        """The permissions that can be ticked and unticked."""
        cells = [cell for line in (*self.system, *self.own) for cell in line.cells]
        return [cell.slug for cell in cells if cell is not None and cell.open]


def matrix_of(
    permissions: Iterable[StoredPermission], ticked: set[str], actor: Actor, *, fixed: bool
) -> Matrix:
    """The matrix as somebody sees it. `fixed` closes all of it."""
    system: dict[str, dict[str, Cell]] = {}
    own: dict[str, dict[str, Cell]] = {}
    for one in permissions:
        resource, _, action = one.slug.partition(":")
        held = not one.is_system or actor.holds(one.slug)
        says = one.description or one.name
        cell = Cell(one.slug, action, says, one.slug in ticked, held and not fixed)
        (system if one.is_system else own).setdefault(resource, {})[action] = cell
    actions = sorted({action for line in system.values() for action in line}, key=_rank)
    return Matrix(
        actions=actions,
        system=[
            Line(RESOURCES.get(name, name), [line.get(action) for action in actions])
            for name, line in sorted(system.items(), key=lambda pair: RESOURCES.get(pair[0], pair[0]).lower())
        ],
        own=[
            Line(name, [line[action] for action in sorted(line, key=_rank)])
            for name, line in sorted(own.items())
        ],
    )


def _rank(action: str) -> tuple[int, str]:
    place = FIRST_ACTIONS.index(action) if action in FIRST_ACTIONS else len(FIRST_ACTIONS)
    return place, action


def named_in(raw: msgspec.Raw) -> set[str]:
    """The slugs in a JSON array of {"slug", "name"}."""
    return {one["slug"] for one in msgspec.json.decode(raw)}


def differences(before: set[str], now: set[str]) -> dict[str, Any] | None:
    """What somebody else gave and took meanwhile; None where nothing changed."""
    if before == now:
        return None
    return {"given": sorted(now - before), "taken": sorted(before - now)}
