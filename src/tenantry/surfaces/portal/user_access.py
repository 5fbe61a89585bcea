"""The tab Roles and groups: what a user holds, where each role comes from, and giving and taking away in place."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post

from tenantry.domain.directory.choices import Kind
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
from tenantry.surfaces.portal.picks import FIELDS, picked_in, picks
from tenantry.surfaces.portal.user_page import ONE, Given, Tab, act

MOST = 500
"""So many roles and groups of one user are shown."""


async def _build(work: ReadWork, request: AnyRequest, person: Person, given: Given) -> dict[str, Any]:
    may_roles, may_groups = work.actor.may(roles.READ), work.actor.may(groups.READ)
    if not (may_roles or may_groups):
        raise MissingPermission(roles.READ)
    to_pick = await picks(work, given.form or Form([]), given.faults)
    held, all_roles = await _held_roles(work, person) if may_roles else ([], 0)
    member, all_groups = await _groups(work, person) if may_groups else ([], 0)
    return {
        "roles": held,
        "groups": member,
        "all_roles": all_roles,
        "all_groups": all_groups,
        **to_pick,
        "roles_to_pick": _others(to_pick["roles_to_pick"], {role["slug"] for role in held if role["direct"]}),
        "groups_to_pick": _others(to_pick["groups_to_pick"], {group["slug"] for group in member}),
        "roles_address": address(request, "/access-management/roles"),
        "groups_address": address(request, "/access-management/groups"),
    }


TAB = Tab("access", _build, FIELDS)


async def _held_roles(work: ReadWork, person: Person) -> tuple[list[dict[str, Any]], int]:
    found = await list_user_roles(work, person.user.id, _by_name(), effective=True)
    held = [
        {
            "slug": role.slug,
            "name": role.name,
            "description": role.description,
            "direct": role.direct,
            "groups": msgspec.json.decode(role.groups),
        }
        for role in found.roles
    ]
    return held, found.page.total


async def _groups(work: ReadWork, person: Person) -> tuple[list[dict[str, Any]], int]:
    found = await list_user_groups(work, person.user.id, _by_name())
    member = [
        {"slug": one.slug, "name": one.name, "description": one.description, "added_at": one.added_at}
        for one in found.groups
    ]
    return member, found.page.total


def _by_name() -> Criteria:
    return Criteria(EVERYTHING, Sort("name"), Page(MOST))


def _others(boxes: list[tuple[str, str, bool]], held: set[str]) -> list[tuple[str, str, bool]]:
    return [box for box in boxes if box[0] not in held]


@post(f"{ONE}/roles/add", include_in_schema=False, status_code=200)
async def add_roles(request: AnyRequest) -> Response[bytes]:
    return await _add(request, "roles", add_user_roles)


@post(f"{ONE}/roles/remove", include_in_schema=False, status_code=200)
async def remove_role(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        if not await remove_user_role(work, user.id, form.get("slug")):
            raise RoleNotHeld("user", form.get("slug"))
        return "role-removed"

    return await act(request, TAB, do)


@post(f"{ONE}/groups/add", include_in_schema=False, status_code=200)
async def add_groups(request: AnyRequest) -> Response[bytes]:
    return await _add(request, "groups", add_user_groups)


@post(f"{ONE}/groups/remove", include_in_schema=False, status_code=200)
async def remove_group(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        if not await remove_user_group(work, user.id, form.get("slug")):
            raise NotAMember(str(user.id))
        return "group-removed"

    return await act(request, TAB, do)


async def _add(
    request: AnyRequest, kind: Kind, add: Callable[[Work, UUID, list[str]], Awaitable[object]]
) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        wanted = picked_in(form, kind)
        if not wanted:
            raise FieldError(kind, f"tick at least one {kind.removesuffix('s')}")
        return f"{kind}-added" if await add(work, user.id, wanted) else "unchanged"

    return await act(request, TAB, do, opens=f"add-{kind}")


ROUTES = [add_roles, remove_role, add_groups, remove_group]
