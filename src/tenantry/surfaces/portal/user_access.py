"""The tab Roles and groups: what a user holds, where each role comes from, and giving and taking away in place."""

from typing import Any

import msgspec
from litestar import Response, post

from tenantry.domain.directory.choices import Choice, list_choices
from tenantry.domain.directory.model import Person
from tenantry.domain.groups import permissions as groups
from tenantry.domain.groups.actions import add_user_groups, remove_user_group
from tenantry.domain.groups.errors import NotAMember
from tenantry.domain.groups.queries import list_user_groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.roles.actions import add_user_roles, remove_user_role
from tenantry.domain.roles.errors import RoleNotHeld
from tenantry.domain.roles.queries import list_user_roles
from tenantry.domain.users.model import User
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.portal.frame import address
from tenantry.surfaces.portal.user_page import ONE, Given, Tab, act

MOST = 500
BY_NAME = Criteria(EVERYTHING, Sort("name"), Page(MOST))


async def _build(work: ReadWork, request: AnyRequest, person: Person, given: Given) -> dict[str, Any]:
    may_roles, may_groups = work.actor.may(roles.READ), work.actor.may(groups.READ)
    if not (may_roles or may_groups):
        raise MissingPermission(roles.READ)
    choices = await list_choices(work)
    held = await _held_roles(work, person) if may_roles else []
    member = await _groups(work, person) if may_groups else []
    return {
        "roles": held,
        "groups": member,
        "role_choices": _others(choices.roles, {role["slug"] for role in held if role["direct"]}),
        "group_choices": _others(choices.groups, {group["slug"] for group in member}),
        "roles_address": address(request, "/access-management/roles"),
        "groups_address": address(request, "/access-management/groups"),
        "problems": _explained(given, {"roles": choices.roles, "groups": choices.groups}),
    }


TAB = Tab("access", _build)


async def _held_roles(work: ReadWork, person: Person) -> list[dict[str, Any]]:
    found = await list_user_roles(work, person.user.id, BY_NAME, effective=True)
    return [
        {
            "slug": role.slug,
            "name": role.name,
            "description": role.description,
            "direct": role.direct,
            "groups": msgspec.json.decode(role.groups),
        }
        for role in found.roles
    ]


async def _groups(work: ReadWork, person: Person) -> list[dict[str, Any]]:
    found = await list_user_groups(work, person.user.id, BY_NAME)
    return [
        {"slug": one.slug, "name": one.name, "description": one.description, "added_at": one.added_at}
        for one in found.groups
    ]


def _explained(given: Given, choices: dict[str, list[Choice]]) -> dict[str, list[str]]:
    """What is wrong with the form, where a role or group was ticked that is there no longer in words that say so."""
    problems = dict(given.problems)
    for kind, known in choices.items():
        ticked = given.form.all(kind) if given.form is not None and kind in problems else []
        gone = [slug[:64] for slug in ticked if slug not in {choice.slug for choice in known}]
        if gone:
            told = f"Deleted or renamed meanwhile: {', '.join(gone[:5])}."
            problems[kind] = [f"{told} Nothing has changed; look through the list and press Add once more."]
    return problems


def _others(choices: list[Choice], held: set[str]) -> list[Choice]:
    return [choice for choice in choices if choice.slug not in held]


@post(f"{ONE}/roles/add", include_in_schema=False, status_code=200)
async def add_roles(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        wanted = form.all("roles")
        if not wanted:
            raise FieldError("roles", "tick at least one role")
        change = await add_user_roles(work, user.id, wanted)
        return "roles-added" if change else "unchanged"

    return await act(request, TAB, do, opens="add-roles")


@post(f"{ONE}/roles/remove", include_in_schema=False, status_code=200)
async def remove_role(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        if not await remove_user_role(work, user.id, form.get("slug")):
            raise RoleNotHeld("user", form.get("slug"))
        return "role-removed"

    return await act(request, TAB, do)


@post(f"{ONE}/groups/add", include_in_schema=False, status_code=200)
async def add_groups(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        wanted = form.all("groups")
        if not wanted:
            raise FieldError("groups", "tick at least one group")
        change = await add_user_groups(work, user.id, wanted)
        return "groups-added" if change else "unchanged"

    return await act(request, TAB, do, opens="add-groups")


@post(f"{ONE}/groups/remove", include_in_schema=False, status_code=200)
async def remove_group(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        if not await remove_user_group(work, user.id, form.get("slug")):
            raise NotAMember(str(user.id))
        return "group-removed"

    return await act(request, TAB, do)


ROUTES = [add_roles, remove_role, add_groups, remove_group]
