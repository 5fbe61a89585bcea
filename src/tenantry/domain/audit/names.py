"""What those are called now whom the audit log only knows by their ids."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tenantry.domain.apikeys import permissions as apikeys
from tenantry.domain.audit import permissions
from tenantry.domain.audit.model import Entry
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.users import permissions as users
from tenantry.kernel.work import ReadWork

SEEN_BY = {
    "user": users.READ,
    "group": groups.READ,
    "role": roles.READ,
    "permission": roles.READ,
    "api_key": apikeys.READ,
    "invitation": users.READ,
}
"""The kinds of targets that have names, and the permission to see them."""


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
    kinds = frozenset(kind for kind, needed in SEEN_BY.items() if work.actor.may(needed))
    wanted: dict[str, list[UUID]] = {kind: [] for kind in SEEN_BY}
    for entry in entries:
        if entry.target_type in kinds and entry.target_id is not None:
            wanted[entry.target_type].append(entry.target_id)
    if not any(wanted.values()):
        return Names({}, kinds)
    rows = await work.db.all(
        """
        select id, coalesce(email, username, phone, name, id::text)
        from users
        where id = any (%(user)s)
        union all
        select id, name
        from groups
        where id = any (%(group)s)
        union all
        select id, name
        from roles
        where id = any (%(role)s)
        union all
        select id, slug
        from permissions
        where id = any (%(permission)s)
        union all
        select id, name
        from api_keys
        where id = any (%(api_key)s)
        union all
        select id, email
        from invitations
        where id = any (%(invitation)s)
        """,
        wanted,
    )
    return Names(dict(rows), kinds)
