"""Roles: list, get, create, change, delete, and the permissions in them."""

import msgspec
from litestar import Response, delete, get, post, put, route

from tenantry.domain.roles.model import NewRole, RoleChanges
from tenantry.domain.roles.queries import (
    find_role_id,
    get_role,
    get_role_for_change,
    list_role_permissions,
    list_roles,
)
from tenantry.domain.roles.role_actions import change_role, create_role, remove_role
from tenantry.kernel.criteria import EVERYTHING, Compare, Criteria, Node, Op
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.answers import created
from tenantry.surfaces.admin_api.changes import (
    TAKES_BACK,
    Linked,
    refs,
    refuse_changed,
    refuse_renamed,
    takes_back,
)
from tenantry.surfaces.admin_api.lists import Found, ListQuery, read_list
from tenantry.surfaces.admin_api.role_views import PermissionView, RoleView, permission_view, role_view
from tenantry.surfaces.kit.contract import PUT_OR_PATCH, promises
from tenantry.surfaces.kit.wire import decode_body, decode_change
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Roles"
READS = ("admin:read", "admin:write", "admin:roles", "admin:users", "admin:groups")
WRITES = ("admin:write", "admin:roles")
GUARD = "Permissions of this API can come into a role or leave it only if you hold them yourself."
Maybe = msgspec.UnsetType


class RoleQuery(ListQuery, kw_only=True, rename="camel"):
    """The parameters of the list of roles; `isSystem` separates the fixed roles from the tenant's own."""

    is_system: bool | None = None

    def where(self) -> Node:
        """The filter as a condition."""
        return EVERYTHING if self.is_system is None else Compare("isSystem", Op.EQ, self.is_system)


class CreateRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new role; without a slug one is made from the name. `permissions` are slugs or ids."""

    name: str
    slug: str | None = None
    description: str | None = None
    permissions: list[str] = msgspec.field(default_factory=list)


@takes_back(RoleView)
class UpdateRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send only what changes; null clears. `permissions` are slugs or ids, or as GET shows them, and replace the role's."""

    name: str | None | Maybe = msgspec.UNSET
    slug: str | None | Maybe = msgspec.UNSET
    description: str | None | Maybe = msgspec.UNSET
    permissions: list[str | Linked] | Maybe = msgspec.UNSET


class PermissionsBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole list of a role's permissions, by slug or id; an empty one takes all away."""

    permissions: list[str]


@get(
    "/roles",
    **promises(
        summary="List roles",
        name="listRoles",
        tag=TAG,
        query=RoleQuery,
        answer=RoleView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        found = await list_roles(work, asked)
        return [role_view(role) for role in found.roles], found.page

    return await read_list(request, RoleQuery, find)


@get(
    "/roles/{role:str}",
    **promises(summary="Get a role", name="getRole", tag=TAG, answer=RoleView, scopes=READS, errors=(404,)),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": await _view(work, request.path_params["role"])})

    return await read(request, run)


@post(
    "/roles",
    **promises(
        summary="Create a role",
        name="createRole",
        tag=TAG,
        description=f"Without a `slug` one is made from the name. {GUARD}",
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
        return created(request, role_id, await _view(work, str(role_id)), "Role created")

    return await write(request, run)


@route(
    "/roles/{role:str}",
    http_method=PUT_OR_PATCH,
    **promises(
        summary="Change a role",
        name="updateRole",
        tag=TAG,
        description=f"{TAKES_BACK} System roles cannot be changed. {GUARD}",
        body=UpdateRole,
        answer=RoleView,
        scopes=WRITES,
        errors=(404, 409, 422),
        body_example={"description": "First-line support"},
    ),
)
async def update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_change(raw, UpdateRole)
        ref = str((await get_role_for_change(work, request.path_params["role"])).id)
        refuse_changed(body, await _view(work, ref))
        changes = RoleChanges(name=body.name, slug=body.slug, description=body.description)
        if body.permissions is not msgspec.UNSET:
            changes.permissions = refs(body.permissions)
        await change_role(work, ref, changes)
        role = await _view(work, ref)
        if body.permissions is not msgspec.UNSET:
            refuse_renamed("permissions", body.permissions, role.permissions)
        return Answer({"data": role, "message": "Role updated"})

    return await write(request, run)


@put(
    "/roles/{role:str}/permissions",
    **promises(
        summary="Replace a role's permissions",
        tag=TAG,
        name="replaceRolePermissions",
        description=f"`[]` takes all away. System roles cannot be changed. {GUARD}",
        body=PermissionsBody,
        answer=RoleView,
        scopes=WRITES,
        errors=(404, 422),
        body_example={"permissions": ["users:read"]},
    ),
)
async def replace_permissions(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        changes = RoleChanges(permissions=decode_body(raw, PermissionsBody).permissions)
        role_id = await change_role(work, request.path_params["role"], changes)
        return Answer({"data": await _view(work, str(role_id)), "message": "Role permissions updated"})

    return await write(request, run)


@delete(
    "/roles/{role:str}",
    **promises(
        summary="Delete a role",
        name="deleteRole",
        tag=TAG,
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
        name="listRolePermissions",
        tag=TAG,
        query=ListQuery,
        answer=PermissionView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_permissions_of_role(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        role_id = await find_role_id(work, request.path_params["role"])
        found = await list_role_permissions(work, role_id, asked)
        return [permission_view(permission) for permission in found.permissions], found.page

    return await read_list(request, ListQuery, find)


async def _view(work: ReadWork, ref: str) -> RoleView:
    return role_view(await get_role(work, ref))


ROUTES = [list_all, get_one, create, update, replace_permissions, remove, list_permissions_of_role]
