"""Permissions: those of this API, which are fixed, and those that a tenant defines for its own applications."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, route

from tenantry.domain.roles.model import NewPermission, PermissionChanges
from tenantry.domain.roles.permission_actions import change_permission, create_permission, remove_permission
from tenantry.domain.roles.queries import (
    get_permission,
    get_permission_for_change,
    list_permissions,
    list_roles_with_permission,
)
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.answers import created
from tenantry.surfaces.admin_api.changes import TAKES_BACK, refuse_changed, takes_back
from tenantry.surfaces.admin_api.lists import Found, ListQuery, read_list
from tenantry.surfaces.admin_api.role_views import PermissionView, RoleView, permission_view, role_view
from tenantry.surfaces.kit.contract import PUT_OR_PATCH, promises
from tenantry.surfaces.kit.wire import decode_body, decode_change
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Permissions"
READS = ("admin:read", "admin:write", "admin:roles", "admin:users", "admin:groups")
WRITES = ("admin:write", "admin:roles")
Maybe = msgspec.UnsetType


class PermissionQuery(ListQuery, kw_only=True, rename="camel"):
    """The parameters of the list of permissions."""

    category: Annotated[
        str | None, msgspec.Meta(description="The permission's category, as it is written there.")
    ] = None
    is_system: bool | None = None

    def where(self) -> Node:
        """The two filters as a condition."""
        parts: list[Node] = []
        if self.category is not None:
            parts.append(Compare("category", Op.EQ, self.category))
        if self.is_system is not None:
            parts.append(Compare("isSystem", Op.EQ, self.is_system))
        return AllOf(tuple(parts))


class CreatePermission(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new permission `resource:action`. The name defaults to the slug, the category to the resource."""

    slug: str
    name: str | None = None
    description: str | None = None
    category: str | None = None


@takes_back(PermissionView)
class UpdatePermission(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send only what changes; null clears."""

    slug: str | None | Maybe = msgspec.UNSET
    name: str | None | Maybe = msgspec.UNSET
    description: str | None | Maybe = msgspec.UNSET
    category: str | None | Maybe = msgspec.UNSET


@get(
    "/permissions",
    **promises(
        summary="List permissions",
        name="listPermissions",
        tag=TAG,
        query=PermissionQuery,
        answer=PermissionView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        found = await list_permissions(work, asked)
        return [permission_view(permission) for permission in found.permissions], found.page

    return await read_list(request, PermissionQuery, find)


@get(
    "/permissions/{permission:str}",
    **promises(
        summary="Get a permission",
        name="getPermission",
        tag=TAG,
        answer=PermissionView,
        scopes=READS,
        errors=(404,),
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": await _view(work, request.path_params["permission"])})

    return await read(request, run)


@post(
    "/permissions",
    **promises(
        summary="Create a permission",
        name="createPermission",
        tag=TAG,
        description="For the tenant's own applications: its slug is `resource:action`, and this API attaches no meaning to it.",
        body=CreatePermission,
        answer=PermissionView,
        status=201,
        scopes=WRITES,
        errors=(409, 422),
        body_example={"slug": "orders:refund", "name": "Refund orders"},
    ),
)
async def create(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, CreatePermission)
        new = NewPermission(
            slug=body.slug, name=body.name, description=body.description, category=body.category
        )
        made = await create_permission(work, new)
        return created(request, made, await _view(work, str(made)), "Permission created")

    return await write(request, run)


@route(
    "/permissions/{permission:str}",
    http_method=PUT_OR_PATCH,
    **promises(
        summary="Change a permission",
        name="updatePermission",
        tag=TAG,
        description=f"{TAKES_BACK} System permissions cannot be changed.",
        body=UpdatePermission,
        answer=PermissionView,
        scopes=WRITES,
        errors=(404, 409, 422),
        body_example={"name": "Refund an order"},
    ),
)
async def update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_change(raw, UpdatePermission)
        ref = str((await get_permission_for_change(work, request.path_params["permission"])).id)
        refuse_changed(body, await _view(work, ref))
        changes = PermissionChanges(
            slug=body.slug, name=body.name, description=body.description, category=body.category
        )
        await change_permission(work, ref, changes)
        return Answer({"data": await _view(work, ref), "message": "Permission updated"})

    return await write(request, run)


@delete(
    "/permissions/{permission:str}",
    **promises(
        summary="Delete a permission",
        name="deletePermission",
        tag=TAG,
        description="It goes from every role that has it. System permissions cannot be deleted.",
        scopes=WRITES,
        errors=(404,),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await remove_permission(work, request.path_params["permission"])
        return Answer({"message": "Permission deleted"})

    return await write(request, run)


def _usage(summary: str, name: str, description: str) -> dict[str, Any]:
    return promises(
        summary=summary,
        name=name,
        tag=TAG,
        description=description,
        query=ListQuery,
        answer=RoleView,
        listed=True,
        scopes=READS,
        errors=(404,),
    )


@get(
    "/permissions/{permission:str}/roles",
    **_usage(
        "List the roles with a permission", "listPermissionRoles", "Every role that contains the permission."
    ),
)
async def list_roles_with(request: AnyRequest) -> Response[bytes]:
    return await _roles_with(request)


@get(
    "/permissions/{permission:str}/usage",
    **_usage(
        "List where a permission is used",
        "listPermissionUsage",
        "The same list as at `/roles`, under its other name.",
    ),
)
async def list_usage(request: AnyRequest) -> Response[bytes]:
    return await _roles_with(request)


async def _roles_with(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        permission = await get_permission(work, request.path_params["permission"])
        found = await list_roles_with_permission(work, permission.id, asked)
        return [role_view(role) for role in found.roles], found.page

    return await read_list(request, ListQuery, find)


async def _view(work: ReadWork, ref: str) -> PermissionView:
    return permission_view(await get_permission(work, ref))


ROUTES = [
    list_all,
    get_one,
    create,
    update,
    remove,
    list_roles_with,
    list_usage,
]
