"""The links between roles and their holders, users and groups alike. The actions authorise; this file guards and writes."""

from collections.abc import Callable, Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from tenantry.domain.groups.errors import GroupNotFound
from tenantry.domain.groups.guards import refuse_giving_up
from tenantry.domain.groups.model import Change
from tenantry.domain.groups.rules import distinct, unknown_of
from tenantry.domain.roles.errors import RoleNotFound
from tenantry.domain.roles.events import (
    GroupRoleAssigned,
    GroupRoleRemoved,
    UserRoleAssigned,
    UserRoleRemoved,
)
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.finding import refuse_unknown
from tenantry.kernel.db import ConstraintBroken, Params, Query, Row
from tenantry.kernel.errors import DomainError
from tenantry.kernel.escalation import Grant, refuse_escalation, refuse_taking_away
from tenantry.kernel.events import Event
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import Work


class Holding(msgspec.Struct, frozen=True):
    """One kind of holder: its table of links, its column there, its events, and the error for a holder that is not there."""

    table: LiteralString
    column: LiteralString
    assigned: type[Event]
    removed: type[Event]
    missing: Callable[[str], DomainError]


class WantedRole(msgspec.Struct, frozen=True):
    """A role that a caller named, whether the holder has it already, and what comes with it."""

    id: UUID
    slug: str
    held: bool
    grant: Grant


USER = Holding("user_roles", "user_id", UserRoleAssigned, UserRoleRemoved, UserNotFound)
GROUP = Holding("group_roles", "group_id", GroupRoleAssigned, GroupRoleRemoved, GroupNotFound)


async def add_links(work: Work, holding: Holding, holder_id: UUID, refs: Sequence[str]) -> list[str]:
    """Gives roles to a holder and returns the slugs of those that are new to it. System-only: the action authorises."""
    if not refs:
        return []
    wanted = [role for role in await _resolved(work, holding, holder_id, refs) if not role.held]
    refuse_escalation(work.actor, "roles", [role.grant for role in wanted])
    if not wanted:
        return []
    rows = await _linking(
        work,
        holding,
        f"""
        insert into {holding.table} (role_id, {holding.column}, added_at)
        select wanted, %s, %s
        from unnest(%s::uuid[]) as wanted
        on conflict do nothing
        returning role_id
        """,
        (holder_id, work.now, [role.id for role in wanted]),
    )
    fresh = {row[0] for row in rows}
    added = sorted(role.slug for role in wanted if role.id in fresh)
    if added:
        work.record(holding.assigned(target_id=holder_id, data={"roles": added}))
    return added


async def replace_links(work: Work, holding: Holding, holder_id: UUID, refs: Sequence[str]) -> Change:
    """Makes these the roles of a holder; those that come and those that go are guarded. System-only: the action authorises."""
    wanted = await _resolved(work, holding, holder_id, refs)
    refuse_escalation(work.actor, "roles", [role.grant for role in wanted if not role.held])
    rows = await _linking(
        work,
        holding,
        f"""
        with gone as (
            delete from {holding.table} l
            using role_grants granted
            where l.{holding.column} = %(holder)s
              and l.role_id <> all (%(wanted)s)
              and granted.role_id = l.role_id
            returning granted.slug, granted.permissions
        ), fresh as (
            insert into {holding.table} (role_id, {holding.column}, added_at)
            select r.id, %(holder)s, %(now)s
            from roles r
            where r.id = any (%(wanted)s)
            on conflict do nothing
            returning role_id
        )
        select false, gone.slug, gone.permissions
        from gone
        union all
        select true, r.slug, '{{}}'
        from fresh
        join roles r on r.id = fresh.role_id
        order by 2
        """,
        {"holder": holder_id, "wanted": [role.id for role in wanted], "now": work.now},
    )
    gone = [_grant(slug, granted) for new, slug, granted in rows if not new]
    refuse_taking_away(work.actor, "roles", gone)
    await refuse_giving_up(work, gone, _person(holding, holder_id))
    change = Change([slug for new, slug, _ in rows if new], [slug for new, slug, _ in rows if not new])
    if change.removed:
        work.record(holding.removed(target_id=holder_id, data={"roles": change.removed}))
    if change.added:
        work.record(holding.assigned(target_id=holder_id, data={"roles": change.added}))
    return change


async def remove_link(work: Work, holding: Holding, holder_id: UUID, ref: str) -> bool:
    """Takes one role from a holder; says whether it had it. System-only: the action authorises.

    Raises RoleNotFound, Escalation for a role that grants what the actor lacks, and OwnAccount.
    """
    role_id, slug, grant = await joinable_role(work, ref)
    gone = await work.db.run(
        f"""
        delete from {holding.table}
        where role_id = %s
          and {holding.column} = %s
        """,
        (role_id, holder_id),
    )
    if gone:
        refuse_taking_away(work.actor, "role", [grant])
        await refuse_giving_up(work, [grant], _person(holding, holder_id))
        work.record(holding.removed(target_id=holder_id, data={"roles": [slug]}))
    return bool(gone)


async def joinable_role(work: Work, ref: str) -> tuple[UUID, str, Grant]:
    """Id and slug of a role, and what comes with it. System-only: the action authorises. Raises RoleNotFound."""
    wanted = parse_named_ref(ref)
    row = await work.db.one(
        """
        select granted.role_id, granted.slug, granted.permissions
        from role_grants granted
        where granted.role_id = %s
           or granted.slug = %s
        """,
        (wanted.id, wanted.slug),
    )
    if row is None:
        raise RoleNotFound(ref)
    return row[0], row[1], _grant(row[1], row[2])


async def _resolved(work: Work, holding: Holding, holder_id: UUID, refs: Sequence[str]) -> list[WantedRole]:
    refs = distinct("roles", refs)
    if not refs:
        return []
    named = [parse_named_ref(ref) for ref in refs]
    rows = await work.db.all(
        f"""
        select granted.role_id, granted.slug, granted.permissions,
               exists (
                   select from {holding.table} l
                   where l.role_id = granted.role_id
                     and l.{holding.column} = %s)
        from role_grants granted
        where granted.role_id = any (%s)
           or granted.slug = any (%s)
        order by granted.role_id
        """,
        (holder_id, [ref.id for ref in named if ref.id], [ref.slug for ref in named if ref.slug is not None]),
    )
    refuse_unknown("roles", unknown_of(refs, [(row[0], row[1]) for row in rows]))
    return [WantedRole(row[0], row[1], row[3], _grant(row[1], row[2])) for row in rows]


def _person(holding: Holding, holder_id: UUID) -> UUID | None:
    """Who loses a role that this holder loses; nobody in particular where it is a group, whose members all do."""
    return holder_id if holding is USER else None


def _grant(slug: str, granted: list[str]) -> Grant:
    return Grant(f"the role {slug}", frozenset(granted))


async def _linking(work: Work, holding: Holding, query: Query, params: Params) -> list[Row]:
    """Runs a write of links; a broken foreign key is the holder's, since the roles were found before."""
    try:
        return await work.db.all(query, params)
    except ConstraintBroken as broken:
        raise holding.missing("") from broken
