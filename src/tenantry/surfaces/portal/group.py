"""One group: its members, the roles that they get through it, and its settings."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.groups import permissions
from tenantry.domain.groups.actions import add_members, change_group, remove_group, remove_user_group
from tenantry.domain.groups.model import Group, GroupChanges, Member
from tenantry.domain.groups.queries import find_members, get_group, get_group_for_change, list_members
from tenantry.domain.roles import permissions as role_permissions
from tenantry.domain.roles.actions import add_group_roles, remove_group_role
from tenantry.domain.roles.names import list_role_names
from tenantry.domain.users.finding import find_identified_ids
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.portal.faults import Faults, Refused, taken
from tenantry.surfaces.portal.frame import View, address, done, show, told_of
from tenantry.surfaces.portal.groups import GROUPS
from tenantry.surfaces.portal.groups import PATH as LIST
from tenantry.surfaces.portal.named import (
    NO_DRAFT,
    Draft,
    Named,
    confirm_word,
    edit_form,
    take_delete,
    take_settings,
)
from tenantry.surfaces.portal.tables import Column, asked, counted, table

PATH = f"{LIST}/{{group:str}}"
MEMBERS = View("groups", "portal/group_members.html", part="portal/group_members_rows.html")
ROLES = View("groups", "portal/group_roles.html")
SETTINGS = View("groups", "portal/group_settings.html")
COLUMNS = (Column("Member", "name"), Column("Email", "email"), Column("Member since"))
TABS = {MEMBERS.template: "members", ROLES.template: "roles", SETTINGS.template: "settings"}
SEPARATORS = re.compile(r"[\s,;]+")
TOLD = {
    "created": "The group has been created. Add its first members.",
    "added": "They are members now.",
    "there": "Nothing has changed: they were members already.",
    "removed": "They are no longer a member.",
    "gone": "They were no member any more.",
    "given": "Members of this group have the role now.",
    "taken": "Members of this group no longer get the role from it.",
    "without": "The group did not have the role any more.",
    "saved": "The group has been saved.",
}
"""What is told once something is done."""
Building = Callable[[ReadWork, Group], Awaitable[dict[str, Any]]]


class MemberQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of members."""

    sort_by: Annotated[str, one_of("createdAt", "name", "email")] = "name"


@get(PATH, include_in_schema=False)
async def members(request: AnyRequest) -> Response[bytes]:
    return await _members(request, "", Faults(("people",)), 200)


@post(f"{PATH}/members", include_in_schema=False, status_code=200)
async def add(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        named = [text for text in SEPARATORS.split(form.get("people")) if text]
        if not named:
            raise FieldError("people", "name at least one person")
        ids = await find_identified_ids(work, named, "people")
        added = await add_members(work, _ref(request), [str(one) for one in ids])
        return "added" if added.added else "there"

    told = await taken(request, do, ("people", "groups"))
    if isinstance(told, Refused):
        return await _members(request, told.form.get("people"), told.faults, told.status)
    return done(request, _here(request), told)


@post(f"{PATH}/members/remove", include_in_schema=False, status_code=200)
async def remove_one(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        user = await get_user_for_change(work, parse_ref(form.get("user")))
        return "removed" if await remove_user_group(work, user.id, _ref(request)) else "gone"

    told = await taken(request, do, ("groups",))
    if isinstance(told, Refused):
        return await _members(request, "", told.faults, told.status)
    return done(request, _here(request), told)


@get(f"{PATH}/roles", include_in_schema=False)
async def roles(request: AnyRequest) -> Response[bytes]:
    return await _roles(request, Faults(("roles",)), 200)


@post(f"{PATH}/roles", include_in_schema=False, status_code=200)
async def give(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        wanted = form.all("roles")
        if not wanted:
            raise FieldError("roles", "choose a role")
        await add_group_roles(work, await _locked(work, request), wanted)
        return "given"

    return await _with_roles(request, do)


@post(f"{PATH}/roles/remove", include_in_schema=False, status_code=200)
async def take(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        gone = await remove_group_role(work, await _locked(work, request), form.get("role"))
        return "taken" if gone else "without"

    return await _with_roles(request, do)


@get(f"{PATH}/settings", include_in_schema=False)
async def settings(request: AnyRequest) -> Response[bytes]:
    return await _settings(request, NO_DRAFT)


@post(f"{PATH}/settings", include_in_schema=False, status_code=200)
async def save(request: AnyRequest) -> Response[bytes]:
    async def change(work: Work, values: Named, seen: datetime) -> UUID:
        changes = GroupChanges(name=values.name, slug=values.slug, description=values.description or None)
        return await change_group(work, _ref(request), changes, seen)

    return await take_settings(request, GROUPS, change, _settings)


@post(f"{PATH}/delete", include_in_schema=False, status_code=200)
async def delete(request: AnyRequest) -> Response[bytes]:
    async def remove(work: Work, form: Form) -> None:
        confirm_word(form, (await get_group_for_change(work, _ref(request))).slug)
        await remove_group(work, _ref(request))

    return await take_delete(request, GROUPS, remove, _settings)


async def _members(request: AnyRequest, people: str, faults: Faults, status: int) -> Response[bytes]:
    where, query = asked(request, _here(request), MemberQuery)

    async def build(work: ReadWork, group: Group) -> dict[str, Any]:
        question = criteria(query)
        of = await find_members(work, str(group.id), question.search)
        found = await list_members(work, of, question)
        rows = [_row(member) for member in found.members]
        return {**table(where, COLUMNS, rows, found.page), "people": people, "faults": faults}

    return await _show(request, MEMBERS, build, status)


async def _with_roles(request: AnyRequest, do: Callable[[Work, Form], Awaitable[str]]) -> Response[bytes]:
    told = await taken(request, do, ("roles", "role"))
    if isinstance(told, Refused):
        return await _roles(request, told.faults, told.status)
    return done(request, f"{_here(request)}/roles", told)


async def _roles(request: AnyRequest, faults: Faults, status: int) -> Response[bytes]:
    async def build(work: ReadWork, group: Group) -> dict[str, Any]:
        held = msgspec.json.decode(group.roles)
        slugs = {role["slug"] for role in held}
        # Whoever may not see roles reads their names here, and gives none.
        may_give = work.actor.may(role_permissions.READ) and work.actor.may(role_permissions.ASSIGN)
        names = await list_role_names(work) if may_give else []
        return {
            "held": held,
            "role_choices": [(role.slug, role.name) for role in names if role.slug not in slugs],
            "faults": faults,
        }

    return await _show(request, ROLES, build, status)


async def _settings(request: AnyRequest, draft: Draft) -> Response[bytes]:
    async def build(work: ReadWork, group: Group) -> dict[str, Any]:
        work.require(permissions.WRITE)
        return edit_form(group, draft)

    return await _show(request, SETTINGS, build, draft.status)


async def _show(request: AnyRequest, view: View, build: Building, status: int) -> Response[bytes]:
    async def whole(work: ReadWork) -> dict[str, Any]:
        group = await get_group(work, _ref(request), at_a_glance=True)
        return {
            "group": group,
            "member_count": counted(group.member_count),
            "here": address(request, _here(request)),
            "list": address(request, LIST),
            "tab": TABS[view.template],
            "told": told_of(request, TOLD),
            **await build(work, group),
        }

    return await show(request, view, whole, status)


def _row(member: Member) -> dict[str, Any]:
    title = member.name or member.username or member.email or str(member.id)
    return {
        "id": str(member.id),
        "title": title,
        "username": member.username if member.username != title else None,
        "email": member.email,
        "suspended": member.blocked,
        "added_at": member.added_at,
    }


async def _locked(work: Work, request: AnyRequest) -> UUID:
    return (await get_group_for_change(work, _ref(request))).id


def _ref(request: AnyRequest) -> str:
    ref: str = request.path_params["group"]
    return ref


def _here(request: AnyRequest) -> str:
    return f"{LIST}/{_ref(request)}"


ROUTES = [members, add, remove_one, roles, give, take, settings, save, delete]
