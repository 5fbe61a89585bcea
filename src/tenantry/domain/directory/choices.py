"""What a form offers to choose from: the names of roles and groups."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec

from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.users import permissions
from tenantry.kernel.db import Query
from tenantry.kernel.work import ReadWork

MOST = 500
"""More names than a person looks through; the others are found by typing."""
MOST_FOUND = 50
KINDS = {"roles": roles.READ, "groups": groups.READ}
Kind = Literal["roles", "groups"]


class Choice(msgspec.Struct, frozen=True):
    """A role or group by slug and name."""

    slug: str
    name: str


class Choices(msgspec.Struct, frozen=True):
    """The first roles and groups by name, whether there are more, and those that were asked for by slug behind them; none of
    those that the actor may not see."""

    roles: list[Choice]
    groups: list[Choice]
    more_roles: bool = False
    more_groups: bool = False


async def list_choices(
    work: ReadWork, with_roles: Sequence[str] = (), with_groups: Sequence[str] = ()
) -> Choices:
    """The roles and groups of the tenant, without how many people each has; those with these slugs are there in any case."""
    work.require(permissions.READ)
    rows: list[tuple[Any, ...]] = await work.db.all(
        """
        (select 'roles', false, slug, name
        from roles
        where %(roles)s
        order by name, slug
        limit %(most)s)
        union all
        (select 'groups', false, slug, name
        from groups
        where %(groups)s
        order by name, slug
        limit %(most)s)
        union all
        select 'roles', true, slug, name
        from roles
        where %(roles)s
          and slug = any (%(with_roles)s)
        union all
        select 'groups', true, slug, name
        from groups
        where %(groups)s
          and slug = any (%(with_groups)s)
        """,
        {
            "roles": work.actor.may(roles.READ),
            "groups": work.actor.may(groups.READ),
            "most": MOST + 1,
            "with_roles": list(with_roles),
            "with_groups": list(with_groups),
        },
    )
    first_roles, more_roles = _of_kind(rows, "roles")
    first_groups, more_groups = _of_kind(rows, "groups")
    return Choices(first_roles, first_groups, more_roles, more_groups)


async def find_choices(work: ReadWork, kind: Kind, text: str) -> list[Choice]:
    """Those whose name or slug has the text in it, by name, at most `MOST_FOUND`. Nothing of what the actor may not see."""
    work.require(permissions.READ)
    if not work.actor.may(KINDS[kind]):
        return []
    query = f"""
        select slug, name
        from {kind}
        where strpos(lower(name), lower(%(text)s)) > 0
           or strpos(slug, lower(%(text)s)) > 0
        order by name, slug
        limit {MOST_FOUND}
    """
    return [Choice(*row) for row in await work.db.all(cast("Query", query), {"text": text})]


def _of_kind(rows: list[tuple[Any, ...]], kind: Kind) -> tuple[list[Choice], bool]:
    """Those of a kind, each once, and whether there are more than were looked for."""
    first = [Choice(slug, name) for of, asked_for, slug, name in rows if of == kind and not asked_for]
    named = [Choice(slug, name) for of, asked_for, slug, name in rows if of == kind and asked_for]
    shown = first[:MOST]
    return [*shown, *(choice for choice in named if choice not in shown)], len(first) > MOST
