"""Finding people: one statement for a page with its total, one for a single person.

The statement of a page is not that of a `Listing`: the total of everybody is read from counters, a search runs once for the page
and the total, and one order is that of another table's index.
"""

from typing import Any, cast
from uuid import UUID

import msgspec

from tenantry.domain.directory.fields import FIELDS, SORTS, MaySignIn, RoleHolders
from tenantry.domain.directory.model import MatchingIds, People, Person, Span
from tenantry.domain.tenants.model import Recovery, Registration
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.finding import TRIGRAMS_FROM, like_literally
from tenantry.domain.users.model import COLUMNS, User
from tenantry.domain.users.queries import TOTAL
from tenantry.domain.users.references import UserRef
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Not, Page, Sort, decode_cursor, to_sql
from tenantry.kernel.db import Query
from tenantry.kernel.listing import (
    COUNT_BOUND,
    Statement,
    after_cursor,
    chosen_order,
    list_page,
    ordering,
    stored_json,
)
from tenantry.kernel.work import ReadWork

NEWEST_FIRST = Sort("createdAt", descending=True)

DECORATIONS = """
    coalesce((
        select json_agg(json_build_object('slug', r.slug, 'name', r.name) order by r.slug)::text
        from user_roles ur
        join roles r on r.id = ur.role_id
        where ur.user_id = u.id), '[]'),
    coalesce((
        select json_agg(json_build_object('slug', g.slug, 'name', g.name) order by g.slug)::text
        from group_members m
        join groups g on g.id = m.group_id
        where m.user_id = u.id), '[]'),
    exists (select from password_credentials c where c.user_id = u.id),
    a.last_login_at,
    coalesce(a.login_count, 0),
    a.locked_out_until,
    a.last_failed_at
"""
ONE = f"""
    select {COLUMNS}, {DECORATIONS}
    from users u
    left join user_activity a on a.user_id = u.id
    where u."""
BY_ID = ONE + "id = %s"
BY_EMAIL = ONE + "email_key = %s"
WIDTH = len(User.__struct_fields__)


async def get_person(work: ReadWork, ref: UserRef, *, with_deleted: bool = False) -> Person:
    """The person, or UserNotFound; deleted people who can still be restored are found where that is asked for."""
    work.require(permissions.READ)
    query, value = (BY_EMAIL, ref.email_key) if ref.id is None else (BY_ID, ref.id)
    row = await work.db.one(query, (value,))
    person = None if row is None else _person(row)
    if person is None or (person.user.deleted_at is not None and not with_deleted):
        raise UserNotFound(str(value))
    return person


async def get_created_person(work: ReadWork, user: User) -> Person:
    """The person that this work has just created; whoever may create one may see what came of it."""
    work.require(permissions.CREATE)
    row = await work.db.one(BY_ID, (user.id,))
    if row is None:
        raise UserNotFound(str(user.id))
    return _person(row)


async def list_people(work: ReadWork, criteria: Criteria) -> People:
    """One page of people, deleted ones only when the filter asks for them.

    Raises DomainError for an unknown field or order, a bad cursor, or an offset beyond `listing.OFFSET_BOUND` that is not past
    the end.
    """
    work.require(permissions.READ)
    criteria = msgspec.structs.replace(criteria, where=await _looked_up(work, criteria.where))
    page = await list_page(work.db, criteria, list_statement, counts_all=not _is_counted(criteria))
    people = [_person(row[2:]) for row in page.rows]
    return People(people, page.total, page.total_is_exact, page.next_cursor)


async def list_matching_ids(
    work: ReadWork, where: Node, search: str | None, span: Span, window: int = COUNT_BOUND + 1
) -> MatchingIds:
    """The next ids of a walk over everybody who matches, newest first; however much changes meanwhile, nobody is met twice.

    A search looks at `window` matches at a time, so a batch may be short, or empty, before the walk is over. Raises DomainError
    for an unknown field.
    """
    work.require(permissions.READ)
    criteria = Criteria(await _looked_up(work, where), NEWEST_FIRST, Page(span.limit), search)
    condition, values = _condition(criteria)
    found, found_values, edge, edge_values = _window(search, span.before, window)
    behind, before = ("", []) if span.before is None else (" and u.id < %s", [span.before])
    row = await work.db.one(
        cast(
            "Query",
            f"""
            {found}
            select array(
                select u.id
                from users u
                where {condition}{behind}
                order by u.id desc
                limit {int(span.limit)}), {edge}
            """,
        ),
        [*found_values, *values, *before, *edge_values],
    )
    ids, last_looked_at = row or ([], None)
    return MatchingIds(ids, ids[-1] if len(ids) == span.limit else last_looked_at)


def _window(search: str | None, before: UUID | None, size: int) -> tuple[str, list[Any], str, list[Any]]:
    """The newest matches of a search before an id, and the last of them where there may be more behind it."""
    if search is None:
        return "", [], "null", []
    text = search.lower()
    if _is_uuid(text):
        return "with found as materialized (select %s::uuid as id)", [text], "null", []
    function = "find_user_ids" if len(text) >= TRIGRAMS_FROM else "find_user_ids_by_prefix"
    return (
        f"with found as materialized (select id from {function}(%s, %s, %s) as id)",
        [like_literally(text), size, before],
        "(select id from found order by id desc offset %s limit 1)",
        [size - 1],
    )


async def _looked_up(work: ReadWork, where: Node) -> Node:
    """The tree with the slugs of roles and groups replaced by their ids, so that the planner knows how many people each has, and
    with what the tenant asks of those who sign in."""
    states: dict[tuple[str, Any], Any] = {("active", yes): _may_sign_in(work, yes) for yes in (True, False)}
    wanted = {(part.field, part.value) for part in _comparisons(where) if part.field in ("role", "group")}
    if not wanted:
        return _replaced(where, states)
    rows = await work.db.all(
        """
        select 'role', r.slug, r.id, array(select gr.group_id from group_roles gr where gr.role_id = r.id)
        from roles r
        where r.slug = any (%s)
        union all
        select 'group', g.slug, g.id, null
        from groups g
        where g.slug = any (%s)
        """,
        (
            [slug for kind, slug in wanted if kind == "role"],
            [slug for kind, slug in wanted if kind == "group"],
        ),
    )
    found: dict[tuple[str, Any], Any] = {
        (kind, slug): RoleHolders(id_, groups) if kind == "role" else id_ for kind, slug, id_, groups in rows
    }
    found |= {key: RoleHolders(None, []) for key in wanted if key[0] == "role" and key not in found}
    return _replaced(where, found | states)


def _may_sign_in(work: ReadWork, yes: bool) -> MaySignIn:
    required = section(work.tenant, "registration", Registration).require_email_verification
    old_works = section(work.tenant, "recovery", Recovery).old_password_works_until_reset
    return MaySignIn(yes, required, not old_works)


def _comparisons(node: Node) -> list[Compare]:
    if isinstance(node, Compare):
        return [node]
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return [found for part in parts for found in _comparisons(part)]


def _replaced(node: Node, found: dict[tuple[str, Any], Any]) -> Node:
    if isinstance(node, Compare):
        if node.field not in ("role", "group", "active"):
            return node
        return Compare(node.field, node.op, found.get((node.field, node.value)))
    if isinstance(node, Not):
        return Not(_replaced(node.part, found))
    return type(node)(tuple(_replaced(part, found) for part in node.parts))


def list_statement(criteria: Criteria) -> Statement:
    """The one statement behind a list: the total, the order value, and each person's columns; one row at least.

    The limit stands in the text, a checked integer: as a parameter it would keep PostgreSQL from ever settling on a plan.
    """
    order = chosen_order(SORTS, criteria.sort)
    condition, values = _condition(criteria)
    after, after_values = after_cursor(order, order.id, criteria)
    direction = "desc" if criteria.sort.descending else "asc"
    found, found_values = _found(criteria)
    count, count_values = _count(criteria, condition, values)
    activity = "join user_activity a on a.user_id = u.id" if order.joins_activity else ""
    statement = f"""
        {found}
        select total.n, page.sort_value, {COLUMNS}, {DECORATIONS}
        from (select {count} as n) total
        left join (
            select u.id, {order.expression} as sort_value
            from users u
            {activity}
            where {condition}{after}
            order by {ordering(order, order.id, criteria.sort)}
            limit {int(criteria.page.limit) + 1}
            {"offset %s" if criteria.page.offset else ""}
        ) page on true
        left join users u on u.id = page.id
        left join user_activity a on a.user_id = page.id
        order by page.sort_value {direction}, page.id {direction}
    """
    offset = [criteria.page.offset] if criteria.page.offset else []
    return cast("Query", statement), found_values + count_values + values + after_values + offset


def _condition(criteria: Criteria) -> tuple[str, list[Any]]:
    condition, values = to_sql(criteria.where, FIELDS)
    parts = [condition]
    if not _asks_for_deleted(criteria.where):
        parts.append("u.deleted_at is null")
    if criteria.search is not None:
        parts.append("u.id = any (array(select id from found))")
    return " and ".join(parts), values


def _found(criteria: Criteria) -> tuple[str, list[Any]]:
    """The matches of a free-text search: `found` for the page, `counted` for the total.

    Newest first, a cursor goes on after it, so a search can be paged to its end; in any other order, and in the total, only
    the newest COUNT_BOUND matches take part.
    """
    if criteria.search is None:
        return "", []
    text = criteria.search.lower()
    if _is_uuid(text):
        return "with found as materialized (select %s::uuid as id), counted as (select id from found)", [text]
    function = "find_user_ids" if len(text) >= TRIGRAMS_FROM else "find_user_ids_by_prefix"
    values = [like_literally(text), COUNT_BOUND + 1]
    if criteria.page.cursor is None or criteria.sort != NEWEST_FIRST:
        return f"with found as materialized (select id from {function}(%s, %s) as id)", values
    before = decode_cursor(criteria.page.cursor, criteria.sort).id
    return (
        f"""with found as materialized (select id from {function}(%s, %s, %s) as id),
            counted as materialized (select id from {function}(%s, %s) as id)""",
        [*values, before, *values],
    )


def _count(criteria: Criteria, condition: str, values: list[Any]) -> tuple[str, list[Any]]:
    if not _is_counted(criteria):
        return f"({TOTAL})", []
    if criteria.search is not None and criteria.page.cursor is not None and criteria.sort == NEWEST_FIRST:
        condition = condition.replace("select id from found", "select id from counted")
    return (
        f"(select count(*) from (select from users u where {condition} limit {COUNT_BOUND + 1}) matching)",
        values,
    )


def _is_counted(criteria: Criteria) -> bool:
    return criteria.search is not None or criteria.where != AllOf(())


def _asks_for_deleted(node: Node) -> bool:
    return any(part.field == "status" and part.value == "deleted" for part in _comparisons(node))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _person(row: tuple[Any, ...]) -> Person:
    roles, groups, has_password, *activity = row[WIDTH:]
    return Person(
        User(*row[:WIDTH]),
        stored_json(roles),
        stored_json(groups),
        has_password,
        *activity,
    )
