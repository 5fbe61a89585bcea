"""What can be done with groups. Writes `groups` and `group_members`.

Who joins a group gets its roles and who leaves it loses them, so both are guarded.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from tenantry.domain.groups import permissions
from tenantry.domain.groups.errors import GroupChanged, GroupNotFound, GroupSlugTaken
from tenantry.domain.groups.events import (
    GroupCreated,
    GroupDeleted,
    GroupUpdated,
    UserGroupAdded,
    UserGroupRemoved,
)
from tenantry.domain.groups.guards import refuse_giving_up
from tenantry.domain.groups.model import NOTHING, Added, Change, GroupChanges, GroupRow, NewGroup
from tenantry.domain.groups.queries import get_group_for_change
from tenantry.domain.groups.rules import distinct, unknown_of
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.finding import find_user_ids, refuse_unknown
from tenantry.domain.users.versions import move_versions
from tenantry.kernel.db import ConstraintBroken, Params, Query, Row
from tenantry.kernel.escalation import Grant, refuse_escalation, refuse_taking_away
from tenantry.kernel.events import changes as differences
from tenantry.kernel.ids import new_id
from tenantry.kernel.slugs import (
    checked_description,
    checked_name,
    checked_slug,
    parse_named_ref,
    slug_attempts,
    slug_candidates,
)
from tenantry.kernel.work import Work


async def create_group(work: Work, new: NewGroup) -> UUID:
    """Stores a group and gives its id. Raises GroupSlugTaken for a given slug that is taken, FieldError for bad fields."""
    work.require(permissions.WRITE)
    name, description = checked_name(new.name), checked_description(new.description)
    group_id = new_id()
    candidates = slug_candidates(name, "group") if new.slug is None else [checked_slug(new.slug)]
    for attempt in slug_attempts(candidates):
        slug: str | None = await work.db.value(
            """
            insert into groups (id, slug, name, description, created_at, updated_at)
            select %s, wanted.slug, %s, %s, %s, %s
            from unnest(%s::text[]) with ordinality as wanted(slug, place)
            where not exists (select from groups g where g.slug = wanted.slug)
            order by wanted.place
            limit 1
            on conflict (tenant_id, slug) do nothing
            returning slug
            """,
            (group_id, name, description, work.now, work.now, attempt),
        )
        # Nothing comes back when the slug is taken, or when another work took it in this very moment.
        if slug is not None:
            work.record(GroupCreated(target_id=group_id, data={"slug": slug, "name": name}))
            return group_id
    raise GroupSlugTaken


async def change_group(work: Work, ref: str, changes: GroupChanges, seen: datetime | None = None) -> UUID:
    """Lays the changes over the group and gives its id. `seen` is the `updated_at` of the group that the caller looked at.

    Raises GroupNotFound, GroupChanged where that is no longer the present one, GroupSlugTaken, FieldError.
    """
    work.require(permissions.WRITE)
    before = await get_group_for_change(work, ref)
    if seen is not None and seen != before.updated_at:
        raise GroupChanged
    after = _changed(before, changes)
    found = differences(before, after, ("name", "slug", "description"))
    if not found:
        return before.id
    try:
        await work.db.run(
            """
            update groups
            set name = %s,
                slug = %s,
                description = %s,
                updated_at = %s
            where id = %s
            """,
            (after.name, after.slug, after.description, work.now, before.id),
        )
    except ConstraintBroken as broken:
        raise GroupSlugTaken from broken
    work.record(GroupUpdated(target_id=before.id, data={"slug": before.slug, "changes": found}))
    return before.id


async def remove_group(work: Work, ref: str) -> None:
    """Deletes the group; its members stay users and lose what the group gave them.

    Raises GroupNotFound, Escalation and OwnAccount.
    """
    work.require(permissions.WRITE)
    group = await get_group_for_change(work, ref)
    _, _, grants = await _joinable(work, str(group.id))
    refuse_taking_away(work.actor, "groups", grants)
    members = await work.db.run("delete from group_members where group_id = %s", (group.id,))
    await refuse_giving_up(work, grants)
    await work.db.run("delete from groups where id = %s", (group.id,))
    work.record(
        GroupDeleted(target_id=group.id, data={"slug": group.slug, "name": group.name, "members": members})
    )


async def add_members(work: Work, ref: str, users: Sequence[str]) -> Added:
    """Adds users, named by id or email, to the group and says to how many it is new.

    Raises GroupNotFound, FieldError naming unknown users, and Escalation when the group's roles grant what the actor lacks.
    """
    work.require(permissions.ASSIGN)
    group_id, slug, grants = await _joinable(work, ref)
    refuse_escalation(work.actor, "groups", grants)
    user_ids = await find_user_ids(work, users)
    rows = await _linking(
        work,
        """
        insert into group_members (group_id, user_id, added_at)
        select %s, wanted, %s
        from unnest(%s::uuid[]) as wanted
        on conflict do nothing
        returning user_id
        """,
        (group_id, work.now, user_ids),
    )
    added = [row[0] for row in rows]
    await move_versions(work, added)
    for user_id in added:
        work.record(UserGroupAdded(target_id=user_id, data={"groups": [slug]}))
    return Added(len(added), len(user_ids) - len(added))


async def add_user_to_groups(work: Work, user_id: UUID, groups: Sequence[str]) -> bool:
    """Puts a user that this very work created into groups; says whether there were any. It does not move the version.

    Raises FieldError naming unknown groups, and Escalation.
    """
    work.require(permissions.ASSIGN)
    return bool(await _add(work, user_id, groups))


async def add_user_groups(work: Work, user_id: UUID, groups: Sequence[str]) -> Change:
    """Adds a user to one or more groups. Raises FieldError naming unknown groups, Escalation, and UserNotFound."""
    work.require(permissions.ASSIGN)
    added = await _add(work, user_id, groups)
    if added:
        await move_versions(work, [user_id])
    return Change(added, [])


async def remove_user_group(work: Work, user_id: UUID, ref: str) -> bool:
    """Takes a user out of a group; says whether they were in it. Raises GroupNotFound, Escalation and OwnAccount."""
    work.require(permissions.ASSIGN)
    group_id, slug, grants = await _joinable(work, ref)
    gone = await work.db.run(
        """
        delete from group_members
        where group_id = %s
          and user_id = %s
        """,
        (group_id, user_id),
    )
    if gone:
        refuse_taking_away(work.actor, "groups", grants)
        await refuse_giving_up(work, grants, user_id)
        await move_versions(work, [user_id])
        work.record(UserGroupRemoved(target_id=user_id, data={"groups": [slug]}))
    return bool(gone)


async def replace_user_groups(work: Work, user_id: UUID, groups: Sequence[str]) -> Change:
    """Makes these the groups of a user; an empty list takes them out of all. Groups that they stay in are not guarded.

    Raises FieldError naming unknown groups, Escalation for one that comes or goes, OwnAccount, and UserNotFound.
    """
    work.require(permissions.ASSIGN)
    wanted = await _resolved(work, user_id, groups)
    refuse_escalation(work.actor, "groups", [grant for _, _, member, grant in wanted if not member])
    rows = await _linking(
        work,
        """
        with gone as (
            delete from group_members m
            using groups g
            where m.user_id = %(user)s
              and m.group_id <> all (%(wanted)s)
              and g.id = m.group_id
            returning g.slug,
                      array(
                          select distinct unnest(granted.permissions)
                          from group_grants granted
                          where granted.group_id = g.id) as permissions
        ), fresh as (
            insert into group_members (group_id, user_id, added_at)
            select g.id, %(user)s, %(now)s
            from groups g
            where g.id = any (%(wanted)s)
            on conflict do nothing
            returning group_id
        )
        select false, gone.slug, gone.permissions
        from gone
        union all
        select true, g.slug, '{}'
        from fresh
        join groups g on g.id = fresh.group_id
        order by 2
        """,
        {"user": user_id, "wanted": [group_id for group_id, *_ in wanted], "now": work.now},
    )
    gone = [_grant(slug, granted) for new, slug, granted in rows if not new]
    refuse_taking_away(work.actor, "groups", gone)
    await refuse_giving_up(work, gone, user_id)
    change = Change([slug for new, slug, _ in rows if new], [slug for new, slug, _ in rows if not new])
    if not change:
        return NOTHING
    await move_versions(work, [user_id])
    if change.removed:
        work.record(UserGroupRemoved(target_id=user_id, data={"groups": change.removed}))
    if change.added:
        work.record(UserGroupAdded(target_id=user_id, data={"groups": change.added}))
    return change


async def _add(work: Work, user_id: UUID, groups: Sequence[str]) -> list[str]:
    if not groups:
        return []
    wanted = [group for group in await _resolved(work, user_id, groups) if not group[2]]
    refuse_escalation(work.actor, "groups", [grant for *_, grant in wanted])
    if not wanted:
        return []
    rows = await _linking(
        work,
        """
        insert into group_members (group_id, user_id, added_at)
        select wanted, %s, %s
        from unnest(%s::uuid[]) as wanted
        on conflict do nothing
        returning group_id
        """,
        (user_id, work.now, [group_id for group_id, *_ in wanted]),
    )
    fresh = {row[0] for row in rows}
    added = sorted(slug for group_id, slug, *_ in wanted if group_id in fresh)
    if added:
        work.record(UserGroupAdded(target_id=user_id, data={"groups": added}))
    return added


async def _resolved(work: Work, user_id: UUID, groups: Sequence[str]) -> list[tuple[UUID, str, bool, Grant]]:
    """Id, slug, whether the user is a member, and what membership grants, of each group that the references name."""
    refs = distinct("groups", groups)
    if not refs:
        return []
    named = [parse_named_ref(ref) for ref in refs]
    rows = await work.db.all(
        """
        select g.id, g.slug,
               exists (select from group_members m where m.group_id = g.id and m.user_id = %s),
               array(
                   select distinct unnest(granted.permissions)
                   from group_grants granted
                   where granted.group_id = g.id)
        from groups g
        where g.id = any (%s)
           or g.slug = any (%s)
        order by g.id
        """,
        (user_id, [ref.id for ref in named if ref.id], [ref.slug for ref in named if ref.slug is not None]),
    )
    refuse_unknown("groups", unknown_of(refs, [(row[0], row[1]) for row in rows]))
    return [(row[0], row[1], row[2], _grant(row[1], row[3])) for row in rows]


async def _joinable(work: Work, ref: str) -> tuple[UUID, str, list[Grant]]:
    """Id and slug of a group, and what membership grants. The row is kept from vanishing until the end of this work."""
    wanted = parse_named_ref(ref)
    row = await work.db.one(
        """
        select g.id, g.slug,
               array(
                   select distinct unnest(granted.permissions)
                   from group_grants granted
                   where granted.group_id = g.id)
        from groups g
        where g.id = %s
           or g.slug = %s
        for key share of g
        """,
        (wanted.id, wanted.slug),
    )
    if row is None:
        raise GroupNotFound(ref)
    return row[0], row[1], [_grant(row[1], row[2])]


def _grant(slug: str, granted: list[str]) -> Grant:
    return Grant(f"membership of the group {slug}", frozenset(granted))


async def _linking(work: Work, query: Query, params: Params) -> list[Row]:
    """Runs a write of `group_members`; a broken foreign key is the user's, since the groups were found before."""
    try:
        return await work.db.all(query, params)
    except ConstraintBroken as broken:
        raise UserNotFound("") from broken


def _changed(group: GroupRow, changes: GroupChanges) -> GroupRow:
    name, slug, description = group.name, group.slug, group.description
    if changes.name is not msgspec.UNSET:
        name = checked_name(changes.name)
    if changes.slug is not msgspec.UNSET:
        slug = checked_slug(changes.slug or "")
    if changes.description is not msgspec.UNSET:
        description = checked_description(changes.description)
    return GroupRow(group.id, slug, name, description, group.updated_at)
