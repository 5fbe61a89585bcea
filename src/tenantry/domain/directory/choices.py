"""What a form offers to choose from: the names of roles and groups."""

from typing import Any

import msgspec

from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.users import permissions
from tenantry.kernel.work import ReadWork

MOST = 500
"""More names than a person looks through; a form with a search of its own offers the others."""


class Choice(msgspec.Struct, frozen=True):
    """A role or group by slug and name."""

    slug: str
    name: str


class Choices(msgspec.Struct, frozen=True):
    """The first roles and groups by name; none of those that the actor may not see."""

    roles: list[Choice]
    groups: list[Choice]


async def list_choices(work: ReadWork) -> Choices:
    """The roles and groups of the tenant, without how many people each has."""
    work.require(permissions.READ)
    rows: list[tuple[Any, ...]] = await work.db.all(
        """
        (select 'role', slug, name
        from roles
        where %(roles)s
        order by name, slug
        limit %(most)s)
        union all
        (select 'group', slug, name
        from groups
        where %(groups)s
        order by name, slug
        limit %(most)s)
        """,
        {"roles": work.actor.may(roles.READ), "groups": work.actor.may(groups.READ), "most": MOST},
    )
    named = {
        kind: [Choice(slug, name) for of, slug, name in rows if of == kind] for kind in ("role", "group")
    }
    return Choices(named["role"], named["group"])
