"""One role: its permissions, who holds it and whence, and its settings."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.directory.model import People, Person
from tenantry.domain.directory.queries import list_people
from tenantry.domain.groups.model import Member
from tenantry.domain.roles import permissions
from tenantry.domain.roles.actions import give_role_to_users, remove_user_role
from tenantry.domain.roles.errors import RoleChanged, SystemRoleFixed
from tenantry.domain.roles.model import EVERYTHING as MAY_EVERYTHING
from tenantry.domain.roles.model import Role, RoleChanges
from tenantry.domain.roles.names import GroupWithRole, list_groups_with_role
from tenantry.domain.roles.queries import (
    find_holders,
    get_role,
    get_role_for_change,
    list_holders,
    list_permissions,
)
from tenantry.domain.roles.role_actions import change_role, remove_role
from tenantry.domain.roles.rules import MOST_PERMISSIONS
from tenantry.domain.users.finding import find_identified_ids
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import EVERYTHING, Compare, Criteria, Op, Page, Sort
from tenantry.kernel.listing import Rows
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.portal.faults import Faults, Refused, taken
from tenantry.surfaces.portal.frame import View, address, done, show, told_of
from tenantry.surfaces.portal.group import SEPARATORS
from tenantry.surfaces.portal.matrix import differences, matrix_of, named_in
from tenantry.surfaces.portal.named import (
    NO_DRAFT,
    Draft,
    Named,
    confirm_word,
    edit_form,
    seen_in,
    take_delete,
    take_settings,
)
from tenantry.surfaces.portal.roles import PATH as LIST
from tenantry.surfaces.portal.roles import ROLES
from tenantry.surfaces.portal.tables import Column, asked, counted, table

PATH = f"{LIST}/{{role:str}}"
MATRIX = View("roles", "portal/role_permissions.html")
PEOPLE = View("roles", "portal/role_people.html", part="portal/role_people_rows.html")
SETTINGS = View("roles", "portal/role_settings.html")
TABS = {MATRIX.template: "permissions", PEOPLE.template: "people", SETTINGS.template: "settings"}
COLUMNS = (Column("Person", "name"), Column("Email", "email"), Column("Has it from"))
ALL_PERMISSIONS = Criteria(EVERYTHING, Sort("slug"), Page(MOST_PERMISSIONS))
TOLD = {
    "created": "The role has been created. Tick what its holders may do.",
    "allowed": "The permissions have been saved.",
    "saved": "The role has been saved.",
    "given": "They have the role now.",
    "there": "Nothing has changed: they had the role already.",
    "taken": "The role has been taken away.",
    "without": "They did not have the role directly any more.",
}
Building = Callable[[ReadWork, Role], Awaitable[dict[str, Any]]]


class HolderQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of people; `direct` leaves out those who have the role only through groups."""

    sort_by: Annotated[str, one_of("createdAt", "name", "email")] = "name"
    direct: bool = False


@get(PATH, include_in_schema=False)
async def matrix(request: AnyRequest) -> Response[bytes]:
    return await _matrix(request, None, Faults(("permissions",)), 200)


@post(f"{PATH}/permissions", include_in_schema=False, status_code=200)
async def allow(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> None:
        role = await get_role(work, _ref(request), at_a_glance=True)
        # What the page could not show as open, or did not know of, stays as it is.
        wanted = (named_in(role.permissions) - set(form.get("open").split())) | set(form.all("permissions"))
        await change_role(work, str(role.id), RoleChanges(permissions=sorted(wanted)), seen_in(form))

    refused = await taken(request, do, ("permissions",))
    if isinstance(refused, Refused):
        changed = isinstance(refused.why, RoleChanged)
        return await _matrix(request, refused.form, refused.faults, refused.status, changed=changed)
    return done(request, _here(request), "allowed")


@get(f"{PATH}/people", include_in_schema=False)
async def people(request: AnyRequest) -> Response[bytes]:
    return await _people(request, "", Faults(("people",)), 200)


@post(f"{PATH}/people", include_in_schema=False, status_code=200)
async def give(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        named = [text for text in SEPARATORS.split(form.get("people")) if text]
        if not named:
            raise FieldError("people", "name at least one person")
        ids = await find_identified_ids(work, named, "people")
        given = await give_role_to_users(work, _ref(request), [str(one) for one in ids])
        return "given" if given.added else "there"

    return await _with_people(request, do)


@post(f"{PATH}/people/remove", include_in_schema=False, status_code=200)
async def take(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        user = await get_user_for_change(work, parse_ref(form.get("user")))
        return "taken" if await remove_user_role(work, user.id, _ref(request)) else "without"

    return await _with_people(request, do)


@get(f"{PATH}/settings", include_in_schema=False)
async def settings(request: AnyRequest) -> Response[bytes]:
    return await _settings(request, NO_DRAFT)


@post(f"{PATH}/settings", include_in_schema=False, status_code=200)
async def save(request: AnyRequest) -> Response[bytes]:
    async def change(work: Work, values: Named, seen: datetime) -> UUID:
        changes = RoleChanges(name=values.name, slug=values.slug, description=values.description or None)
        return await change_role(work, _ref(request), changes, seen)

    return await take_settings(request, ROLES, change, _settings)


@post(f"{PATH}/delete", include_in_schema=False, status_code=200)
async def delete(request: AnyRequest) -> Response[bytes]:
    async def remove(work: Work, form: Form) -> None:
        confirm_word(form, (await get_role_for_change(work, _ref(request))).slug)
        await remove_role(work, _ref(request))

    return await take_delete(request, ROLES, remove, _settings)


async def _matrix(
    request: AnyRequest, form: Form | None, faults: Faults, status: int, *, changed: bool = False
) -> Response[bytes]:
    async def build(work: ReadWork, role: Role) -> dict[str, Any]:
        found = await list_permissions(work, ALL_PERMISSIONS)
        now = named_in(role.permissions)
        everything = role.is_system and role.slug in MAY_EVERYTHING
        ticked = {one.slug for one in found.permissions if one.is_system} | now if everything else now
        fixed = role.is_system or not work.actor.may(permissions.WRITE)
        if form is not None:
            ticked = (now - set(form.get("open").split())) | set(form.all("permissions"))
        before = set(form.get("before").split()) if form is not None else now
        kept = form if form is not None and not changed else None
        return {
            "matrix": matrix_of(found.permissions, ticked, work.actor, fixed=fixed),
            "everything": everything,
            "fixed": fixed,
            "seen": kept.get("seen") if kept else role.updated_at.isoformat(),
            "before": sorted(before if kept else now),
            "conflict": differences(before, now) if changed else None,
            "changed": changed,
            "faults": faults,
            "left_out": found.page.total - len(found.permissions),
        }

    return await _show(request, MATRIX, build, status)


async def _with_people(request: AnyRequest, do: Callable[[Work, Form], Awaitable[str]]) -> Response[bytes]:
    told = await taken(request, do, ("people", "role"))
    if isinstance(told, Refused):
        typed_in = told.form.get("people")
        return await _people(request, typed_in, told.faults, told.status)
    return done(request, f"{_here(request)}/people", told)


async def _people(request: AnyRequest, typed_in: str, faults: Faults, status: int) -> Response[bytes]:
    where, query = asked(request, f"{_here(request)}/people", HolderQuery)

    async def build(work: ReadWork, role: Role) -> dict[str, Any]:
        groups = await list_groups_with_role(work, role.id)
        question = criteria(query)
        page: Rows | People
        if query.direct:
            of = await find_holders(work, str(role.id), question.search)
            holders = await list_holders(work, of, question)
            rows, page = [_direct_row(one) for one in holders.users], holders.page
        else:
            question = msgspec.structs.replace(question, where=Compare("role", Op.EQ, role.slug))
            found = await list_people(work, question)
            rows, page = [_row(person, role, groups) for person in found.people], found
        return {
            **table(where, COLUMNS, rows, page),
            "groups": groups,
            "direct": query.direct,
            "people": typed_in,
            "faults": faults,
        }

    return await _show(request, PEOPLE, build, status)


async def _settings(request: AnyRequest, draft: Draft) -> Response[bytes]:
    async def build(work: ReadWork, role: Role) -> dict[str, Any]:
        work.require(permissions.WRITE)
        if role.is_system:
            raise SystemRoleFixed(role.slug)
        return edit_form(role, draft)

    return await _show(request, SETTINGS, build, draft.status)


async def _show(request: AnyRequest, view: View, build: Building, status: int) -> Response[bytes]:
    async def whole(work: ReadWork) -> dict[str, Any]:
        role = await get_role(work, _ref(request), at_a_glance=True)
        return {
            "role": role,
            "user_count": counted(role.user_count),
            "here": address(request, _here(request)),
            "list": address(request, LIST),
            "tab": TABS[view.template],
            "told": told_of(request, TOLD),
            **await build(work, role),
        }

    return await show(request, view, whole, status)


def _row(person: Person, role: Role, groups: list[GroupWithRole]) -> dict[str, Any]:
    """Somebody who has the role, directly or through groups, or both."""
    user = person.user
    passing = {group.slug: group for group in groups}
    mine = named_in(person.groups)
    through = [group for slug, group in passing.items() if slug in mine]
    return {
        **_named(user.id, user.name, user.email, user.username),
        "direct": role.slug in named_in(person.roles),
        "through": [{"id": str(group.id), "name": group.name} for group in through],
    }


def _direct_row(member: Member) -> dict[str, Any]:
    return {**_named(member.id, member.name, member.email, member.username), "direct": True, "through": []}


def _named(user_id: UUID, name: str | None, email: str | None, username: str | None) -> dict[str, Any]:
    return {"id": str(user_id), "title": name or username or email or str(user_id), "email": email}


def _ref(request: AnyRequest) -> str:
    ref: str = request.path_params["role"]
    return ref


def _here(request: AnyRequest) -> str:
    return f"{LIST}/{_ref(request)}"


ROUTES = [matrix, allow, people, give, take, settings, save, delete]
