"""Groups: list, get, create, change, delete, and the roles that a group passes on."""

from typing import Literal

import msgspec
from litestar import Response, delete, get, patch, post, put

from tenantry.domain.groups.actions import change_group, create_group, remove_group
from tenantry.domain.groups.model import GroupChanges, NewGroup
from tenantry.domain.groups.queries import (
    find_group_id,
    get_group,
    get_group_for_change,
    list_groups,
    list_members,
)
from tenantry.domain.roles.actions import add_group_roles, remove_group_role, replace_group_roles
from tenantry.domain.roles.errors import RoleNotHeld
from tenantry.domain.roles.queries import list_group_roles
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import ListQuery, criteria, list_body
from tenantry.surfaces.admin_api.role_views import (
    GroupRoleView,
    GroupView,
    RolesBody,
    SomeRoles,
    group_role_view,
    group_view,
    member_view,
    one_or_several,
)
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.paging import MOST
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

READS = ("admin:read", "admin:write", "admin:groups", "admin:users")
WRITES = ("admin:write", "admin:groups")
GIVES_ROLES = ("admin:write", "admin:users")
FIRST_MEMBERS = Criteria(where=EVERYTHING, sort=Sort("createdAt", descending=True), page=Page(MOST))
EXAMPLE = {"name": "Engineering", "description": "Everybody who builds the product", "roles": ["developer"]}
Maybe = msgspec.UnsetType


class CreateGroup(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new group; without a slug one is made from the name. `roles` are slugs or ids."""

    name: str
    slug: str | None = None
    description: str | None = None
    roles: list[str] = msgspec.field(default_factory=list)


class UpdateGroup(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send only what changes. `roles` replaces the roles of the group."""

    name: str | None | Maybe = msgspec.UNSET
    slug: str | None | Maybe = msgspec.UNSET
    description: str | None | Maybe = msgspec.UNSET
    roles: list[str] | Maybe = msgspec.UNSET


class GroupQuery(msgspec.Struct, kw_only=True):
    """`include=members` adds the hundred newest members."""

    include: Literal["members"] | None = None


@get(
    "/groups",
    **promises(
        summary="List groups", tag="Groups", query=ListQuery, answer=GroupView, listed=True, scopes=READS
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], ListQuery)
        found = await list_groups(work, criteria(query))
        return Answer(list_body(query, [group_view(group) for group in found.groups], found.page))

    return await read(request, run)


@get(
    "/groups/{group:str}",
    **promises(
        summary="Get a group", tag="Groups", query=GroupQuery, answer=GroupView, scopes=READS, errors=(404,)
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], GroupQuery)
        group = await get_group(work, request.path_params["group"])
        if query.include is None:
            return Answer({"data": group_view(group)})
        found = await list_members(work, group.id, FIRST_MEMBERS)
        return Answer({"data": group_view(group, [member_view(member) for member in found.members])})

    return await read(request, run)


@post(
    "/groups",
    **promises(
        summary="Create a group",
        tag="Groups",
        description="`roles` needs the right to give out roles as well.",
        body=CreateGroup,
        answer=GroupView,
        status=201,
        scopes=WRITES,
        errors=(409, 422),
        body_example=EXAMPLE,
    ),
)
async def create(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, CreateGroup)
        new = NewGroup(name=body.name, slug=body.slug, description=body.description)
        group_id = await create_group(work, new)
        if body.roles:
            await replace_group_roles(work, group_id, body.roles)
        headers = {"Location": f"{request.url.path}/{group_id}"}
        return Answer({"data": await _view(work, str(group_id)), "message": "Group created"}, 201, headers)

    return await write(request, run)


UPDATE = promises(
    summary="Change a group",
    tag="Groups",
    description="Send only what changes. `roles` replaces the group's roles and needs the right to give out roles as well.",
    body=UpdateGroup,
    answer=GroupView,
    scopes=WRITES,
    errors=(404, 409, 422),
    body_example={"name": "Engineering and Design"},
)


@put("/groups/{group:str}", **UPDATE)
async def replace_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request)


@patch("/groups/{group:str}", **UPDATE)
async def change_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request)


async def _update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, UpdateGroup)
        changes = GroupChanges(name=body.name, slug=body.slug, description=body.description)
        group_id = await change_group(work, request.path_params["group"], changes)
        if body.roles is not msgspec.UNSET:
            await replace_group_roles(work, group_id, body.roles)
        return Answer({"data": await _view(work, str(group_id)), "message": "Group updated"})

    return await write(request, run)


@delete(
    "/groups/{group:str}",
    **promises(
        summary="Delete a group",
        tag="Groups",
        description="Its members stay; they lose what the group gave them.",
        scopes=WRITES,
        errors=(404,),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await remove_group(work, request.path_params["group"])
        return Answer({"message": "Group deleted"})

    return await write(request, run)


@get(
    "/groups/{group:str}/roles",
    **promises(
        summary="List a group's roles",
        tag="Groups",
        query=ListQuery,
        answer=GroupRoleView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_roles_of_group(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], ListQuery)
        asked = criteria(query)
        group_id = await find_group_id(work, request.path_params["group"])
        found = await list_group_roles(work, group_id, asked)
        return Answer(list_body(query, [group_role_view(role) for role in found.roles], found.page))

    return await read(request, run)


@put(
    "/groups/{group:str}/roles",
    **promises(
        summary="Replace a group's roles",
        tag="Groups",
        body=RolesBody,
        answer=GroupView,
        scopes=GIVES_ROLES,
        errors=(404, 422),
        body_example={"roles": ["developer"]},
    ),
)
async def replace_roles_of_group(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, RolesBody)
        group_id = (await get_group_for_change(work, request.path_params["group"])).id
        await replace_group_roles(work, group_id, body.roles)
        return Answer({"data": await _view(work, str(group_id)), "message": "Group roles updated"})

    return await write(request, run)


@post(
    "/groups/{group:str}/roles",
    **promises(
        summary="Give roles to a group",
        tag="Groups",
        body=SomeRoles,
        answer=GroupView,
        scopes=GIVES_ROLES,
        errors=(404, 422),
        body_example={"role": "developer"},
    ),
)
async def add_roles_to_group(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, SomeRoles)
        roles = one_or_several(body.role, body.roles, "role")
        group_id = (await get_group_for_change(work, request.path_params["group"])).id
        await add_group_roles(work, group_id, roles)
        return Answer({"data": await _view(work, str(group_id)), "message": "Roles added to the group"})

    return await write(request, run)


@delete(
    "/groups/{group:str}/roles/{role:str}",
    **promises(
        summary="Take a role from a group", tag="Groups", answer=GroupView, scopes=GIVES_ROLES, errors=(404,)
    ),
)
async def remove_role_from_group(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        role = request.path_params["role"]
        group_id = (await get_group_for_change(work, request.path_params["group"])).id
        if not await remove_group_role(work, group_id, role):
            raise RoleNotHeld("group", role)
        return Answer({"data": await _view(work, str(group_id)), "message": "Role removed from the group"})

    return await write(request, run)


async def _view(work: ReadWork, ref: str) -> GroupView:
    return group_view(await get_group(work, ref))


ROUTES = [
    list_all,
    get_one,
    create,
    replace_fields,
    change_fields,
    remove,
    list_roles_of_group,
    replace_roles_of_group,
    add_roles_to_group,
    remove_role_from_group,
]
