"""Reading groups and their members. A list is one statement, whatever its length."""

from uuid import UUID

import msgspec

from tenantry.domain.groups import permissions
from tenantry.domain.groups.errors import GroupNotFound
from tenantry.domain.groups.model import Group, GroupRow, Member, UserGroup
from tenantry.domain.users import permissions as users
from tenantry.domain.users.finding import SORTS as USER_SORTS
from tenantry.domain.users.finding import ListOf, find_list_of, named_like
from tenantry.kernel.criteria import Criteria, Fragment
from tenantry.kernel.listing import (
    COUNT_BOUND,
    Listing,
    Rows,
    SortBy,
    Within,
    list_rows,
    one_statement,
    with_raw,
)
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import ReadWork, Work


class Groups(msgspec.Struct, frozen=True):
    """One page of groups."""

    groups: list[Group]
    page: Rows


class Members(msgspec.Struct, frozen=True):
    """One page of members."""

    members: list[Member]
    page: Rows


class UserGroups(msgspec.Struct, frozen=True):
    """One page of the groups of one user."""

    groups: list[UserGroup]
    page: Rows


def _named(text: str) -> Fragment:
    return "strpos(lower(g.name), lower(%s)) > 0 or strpos(g.slug, lower(%s)) > 0", [text, text]


NAMED_SORTS = {
    "name": SortBy('lower(g.name) collate "C"', "text"),
    "slug": SortBy("g.slug", "text"),
    "createdAt": SortBy("g.id", "uuid"),
}
# Deleted users stay members, so that restoring one brings the groups back. They are few and found by their own index, so a count
# runs over the index of members and never looks at the users themselves.
GROUPS = Listing(
    source="groups g",
    id="g.id",
    columns="""
        g.id, g.slug, g.name, g.description, g.created_at, g.updated_at,
        (select count(*)
         from (
            select
            from group_members m
            where m.group_id = g.id
              and m.user_id not in (select u.id from users u where u.deleted_at is not null)
            /* bound */) counted),
        (select count(*) from group_grants granted where granted.group_id = g.id),
        coalesce((
            select json_agg(json_build_object('slug', granted.slug, 'name', granted.name) order by granted.slug)::text
            from group_grants granted
            where granted.group_id = g.id), '[]')""",
    sorts=NAMED_SORTS,
    search=_named,
)
GROUPS_AT_A_GLANCE = msgspec.structs.replace(
    GROUPS, columns=GROUPS.columns.replace("/* bound */", f"limit {COUNT_BOUND + 1}")
)
MEMBERS = Listing(
    source="group_members m join users u on u.id = m.user_id",
    id="u.id",
    columns="u.id, u.email, u.username, u.name, u.blocked, m.added_at",
    sorts=USER_SORTS,
    search=named_like,
)
OF_USER = Listing(
    source="group_members m join groups g on g.id = m.group_id",
    id="g.id",
    columns="g.id, g.slug, g.name, g.description, m.added_at",
    sorts=NAMED_SORTS,
    search=_named,
)


async def list_groups(work: ReadWork, criteria: Criteria, *, at_a_glance: bool = False) -> Groups:
    """One page of the tenant's groups. Raises DomainError for an unknown order or a bad cursor.

    With `at_a_glance` members are counted to COUNT_BOUND + 1 at most: a list that a person looks at need not wait until
    a million are.
    """
    work.require(permissions.READ)
    page = await list_rows(work.db, GROUPS_AT_A_GLANCE if at_a_glance else GROUPS, criteria)
    return Groups([Group(*with_raw(row)) for row in page.rows], page)


async def get_group(work: ReadWork, ref: str, *, at_a_glance: bool = False) -> Group:
    """The group with this id or slug, or GroupNotFound. `at_a_glance` counts as in `list_groups`."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    listing = GROUPS_AT_A_GLANCE if at_a_glance else GROUPS
    row = await work.db.one(one_statement(listing, "g.id = %s or g.slug = %s"), (wanted.id, wanted.slug))
    if row is None:
        raise GroupNotFound(ref)
    return Group(*with_raw(row))


async def find_group_id(work: ReadWork, ref: str) -> UUID:
    """The id of the group with this id or slug, or GroupNotFound."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    found: UUID | None = await work.db.value(
        """
        select g.id
        from groups g
        where g.id = %s
           or g.slug = %s
        """,
        (wanted.id, wanted.slug),
    )
    if found is None:
        raise GroupNotFound(ref)
    return found


async def find_members(work: ReadWork, ref: str, text: str | None) -> ListOf:
    """Whose members `list_members` gives: the group with this id or slug, searched for a text or not. Raises GroupNotFound."""
    work.require(permissions.READ)
    work.require(users.READ)
    found = await find_list_of(
        work, ref, text, "groups", "select from group_members m where m.group_id = o.id"
    )
    if found is None:
        raise GroupNotFound(ref)
    return found


async def get_group_for_change(work: Work, ref: str) -> GroupRow:
    """The group, locked against other writers until the end of this work. Raises GroupNotFound."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    row = await work.db.one(
        """
        select g.id, g.slug, g.name, g.description, g.updated_at
        from groups g
        where g.id = %s
           or g.slug = %s
        for no key update
        """,
        (wanted.id, wanted.slug),
    )
    if row is None:
        raise GroupNotFound(ref)
    return GroupRow(*row)


async def list_members(work: ReadWork, of: ListOf, criteria: Criteria) -> Members:
    """One page of a group's members, deleted users aside."""
    work.require(permissions.READ)
    work.require(users.READ)
    # The id stands in the text, so that a plan is made for a group of this size and not for one of the usual size.
    within = Within(f"m.group_id = '{of.id}' and u.deleted_at is null")
    page = await list_rows(work.db, of.narrowed(MEMBERS), criteria, within)
    return Members([Member(*row) for row in page.rows], page)


async def list_user_groups(work: ReadWork, user_id: UUID, criteria: Criteria) -> UserGroups:
    """One page of the groups that a user belongs to."""
    work.require(permissions.READ)
    page = await list_rows(work.db, OF_USER, criteria, Within("m.user_id = %s", [user_id]))
    return UserGroups([UserGroup(*row) for row in page.rows], page)
