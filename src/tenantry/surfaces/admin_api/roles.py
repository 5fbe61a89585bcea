"""Roles: list, get, create, change, delete, their permissions and the users who hold them."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post, put

from tenantry.domain.roles.actions import give_role_to_users, remove_user_role
from tenantry.domain.roles.errors import RoleNotHeld
from tenantry.domain.roles.model import NewRole, RoleChanges
from tenantry.domain.roles.queries import (
    find_role_id,
    get_role,
    list_holders,
    list_role_permissions,
    list_roles,
)
from tenantry.domain.roles.role_actions import change_role, create_role, remove_role
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import EVERYTHING, Compare, Node, Op
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import ListQuery, PeopleQuery, criteria, list_body
from tenantry.surfaces.admin_api.role_views import (
    Added,
    MemberView,
    PermissionView,
    RoleView,
    UsersBody,
    member_view,
    permission_view,
    role_view,
)
from tenantry.surfaces.admin_api.user_writes import if_match
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

READS = ("admin:read", "admin:write", "admin:roles", "admin:users", "admin:groups")
WRITES = ("admin:write", "admin:roles")
GIVES = ("admin:write", "admin:roles", "admin:users")
Maybe = msgspec.UnsetType


class RoleQuery(ListQuery, kw_only=True, rename="camel"):
    """The parameters of the list of roles; `isSystem` separates the fixed roles from the tenant's own."""

    is_system: bool | None = None


class CreateRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new role; without a slug one is made from the name. `permissions` are slugs or ids."""

    name: str
    slug: str | None = None
    description: str | None = None
    permissions: list[str] = msgspec.field(default_factory=list)


class UpdateRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send only what changes. `permissions` replaces the permissions of the role."""

    name: str | None | Maybe = msgspec.UNSET
    slug: str | None | Maybe = msgspec.UNSET
    description: str | None | Maybe = msgspec.UNSET
    permissions: list[str] | Maybe = msgspec.UNSET


class PermissionsBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole list of a role's permissions, by slug or id; an empty one takes all away."""

    permissions: list[str]


@get(
    "/roles",
    **promises(
        summary="List roles", tag="Roles", query=RoleQuery, answer=RoleView, listed=True, scopes=READS
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], RoleQuery)
        where: Node = EVERYTHING if query.is_system is None else Compare("isSystem", Op.EQ, query.is_system)
        found = await list_roles(work, criteria(query, where))
        return Answer(list_body(query, [role_view(role) for role in found.roles], found.page))

    return await read(request, run)


@get(
    "/roles/{role:str}",
    **promises(summary="Get a role", tag="Roles", answer=RoleView, scopes=READS, errors=(404,)),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": await _view(work, request.path_params["role"])})

    return await read(request, run)


@post(
    "/roles",
    **promises(
        summary="Create a role",
        tag="Roles",
        description="Permissions of this API can go into a role only if you hold them yourself.",
        body=CreateRole,
        answer=RoleView,
        status=201,
        scopes=WRITES,
        errors=(409, 422),
        body_example={"name": "Support", "permissions": ["users:read", "orders:refund"]},
    ),
)
async def create(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, CreateRole)
        new = NewRole(
            name=body.name, slug=body.slug, description=body.description, permissions=body.permissions
        )
        role_id = await create_role(work, new)
        headers = {"Location": f"{request.url.path}/{role_id}"}
        return Answer({"data": await _view(work, str(role_id)), "message": "Role created"}, 201, headers)

    return await write(request, run)


UPDATE = promises(
    summary="Change a role",
    tag="Roles",
    description="Send only what changes. System roles cannot be changed.",
    body=UpdateRole,
    answer=RoleView,
    scopes=WRITES,
    errors=(404, 409, 422),
    body_example={"description": "First-line support"},
)


@put("/roles/{role:str}", **UPDATE)
async def replace_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request, UpdateRole, "Role updated")


@patch("/roles/{role:str}", **UPDATE)
async def change_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request, UpdateRole, "Role updated")


@put(
    "/roles/{role:str}/permissions",
    **promises(
        summary="Replace a role's permissions",
        tag="Roles",
        body=PermissionsBody,
        answer=RoleView,
        scopes=WRITES,
        errors=(404, 422),
        body_example={"permissions": ["users:read"]},
    ),
)
async def replace_permissions(request: AnyRequest) -> Response[bytes]:
    return await _update(request, PermissionsBody, "Role permissions updated")


async def _update(request: AnyRequest, kind: type[Any], message: str) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, kind)
        changes = RoleChanges(**{name: getattr(body, name) for name in body.__struct_fields__})
        role_id = await change_role(work, request.path_params["role"], changes)
        return Answer({"data": await _view(work, str(role_id)), "message": message})

    return await write(request, run)


@delete(
    "/roles/{role:str}",
    **promises(
        summary="Delete a role",
        tag="Roles",
        description="Whoever held it holds it no longer. System roles cannot be deleted.",
        scopes=WRITES,
        errors=(404,),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await remove_role(work, request.path_params["role"])
        return Answer({"message": "Role deleted"})

    return await write(request, run)


@get(
    "/roles/{role:str}/permissions",
    **promises(
        summary="List a role's permissions",
        tag="Roles",
        query=ListQuery,
        answer=PermissionView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_permissions_of_role(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], ListQuery)
        asked = criteria(query)
        role_id = await find_role_id(work, request.path_params["role"])
        found = await list_role_permissions(work, role_id, asked)
        return Answer(list_body(query, [permission_view(p) for p in found.permissions], found.page))

    return await read(request, run)


@get(
    "/roles/{role:str}/users",
    **promises(
        summary="List the users who hold a role",
        tag="Roles",
        description="Those who hold it directly; the list of users, filtered by role, also has those who hold it through groups.",
        query=PeopleQuery,
        answer=MemberView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_users_of_role(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], PeopleQuery)
        asked = criteria(query)
        role_id = await find_role_id(work, request.path_params["role"])
        found = await list_holders(work, role_id, asked)
        return Answer(list_body(query, [member_view(user) for user in found.users], found.page))

    return await read(request, run)


@post(
    "/roles/{role:str}/users",
    **promises(
        summary="Give a role to users",
        tag="Roles",
        description="Up to 1000 users by id or email.",
        body=UsersBody,
        answer=Added,
        scopes=GIVES,
        errors=(404, 422),
        body_example={"userIds": ["ann@example.com"]},
    ),
)
async def add_users_to_role(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        users = list(dict.fromkeys(decode_body(raw, UsersBody).user_ids))
        given = await give_role_to_users(work, request.path_params["role"], users)
        added = Added(given.added, given.already_there)
        return Answer({"data": added, "message": f"Role given to {given.added} users"})

    return await write(request, run)


@delete(
    "/roles/{role:str}/users/{user_id:str}",
    **promises(summary="Take a role from a user", tag="Roles", scopes=GIVES, errors=(404, 412)),
)
async def remove_user_from_role(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        role = request.path_params["role"]
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]), if_match(request))
        if not await remove_user_role(work, user.id, role):
            raise RoleNotHeld("user", role)
        return Answer({"message": "Role removed from the user"})

    return await write(request, run)


async def _view(work: ReadWork, ref: str) -> RoleView:
    return role_view(await get_role(work, ref))


ROUTES = [
    list_all,
    get_one,
    create,
    replace_fields,
    change_fields,
    replace_permissions,
    remove,
    list_permissions_of_role,
    list_users_of_role,
    add_users_to_role,
    remove_user_from_role,
]
