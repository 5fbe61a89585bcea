"""What those are called now whom the audit log only knows by their ids."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from tenantry.domain.apikeys import permissions as apikeys
from tenantry.domain.audit import permissions
from tenantry.domain.audit.model import Entry
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.users import permissions as users
from tenantry.kernel.permissions import Permission
from tenantry.kernel.work import ReadWork


class Kind(msgspec.Struct, frozen=True):
    """A kind of targets that have names: the permission to see them, and where and how each is named."""

    seen_with: Permission
    table: LiteralString
    name: LiteralString


KINDS = {
    "user": Kind(users.READ, "users", "coalesce(email, username, phone, name, id::text)"),
    "group": Kind(groups.READ, "groups", "name"),
    "role": Kind(roles.READ, "roles", "name"),
    "permission": Kind(roles.READ, "permissions", "slug"),
    "api_key": Kind(apikeys.READ, "api_keys", "name"),
    "invitation": Kind(users.READ, "invitations", "email"),
}
NAMES = "union all".join(
    f"""
    select id, {kind.name}
    from {kind.table}
    where id = any (%({of})s)
    """
    for of, kind in KINDS.items()
)


class Names(msgspec.Struct, frozen=True):
    """What targets are called now, by their ids, and the kinds whose names the actor may see: what is of such a kind and has no
    name is gone."""

    by_id: dict[UUID, str]
    kinds: frozenset[str]

    def of(self, entry: Entry) -> str | None:
        """What the target of an entry is called now; None where it is gone or may not be seen."""
        return None if entry.target_id is None else self.by_id.get(entry.target_id)

    def is_gone(self, entry: Entry) -> bool:
        """Whether the actor could see the target if it were still there."""
        return (
            entry.target_id is not None
            and entry.target_type in self.kinds
            and entry.target_id not in self.by_id
        )


async def list_names(work: ReadWork, entries: Sequence[Entry]) -> Names:
    """The present names of the targets of entries: of people the address, username or number by which one knows them.

    It is one statement, and none where there is nobody to name. Who may read the log but not see people learns of none, and the
    same holds for every other kind.
    """
    work.require(permissions.READ)
    kinds = frozenset(of for of, kind in KINDS.items() if work.actor.may(kind.seen_with))
    wanted: dict[str, list[UUID]] = {kind: [] for kind in KINDS}
    for entry in entries:
        if entry.target_type in kinds and entry.target_id is not None:
            wanted[entry.target_type].append(entry.target_id)
    if not any(wanted.values()):
        return Names({}, kinds)
    rows = await work.db.all(NAMES, wanted)
    return Names(dict(rows), kinds)
