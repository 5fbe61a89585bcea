"""Permissions: those of this API, which are fixed, and those that a tenant defines for its own applications."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post, put

from tenantry.domain.roles.model import NewPermission, PermissionChanges
from tenantry.domain.roles.permission_actions import change_permission, create_permission, remove_permission
from tenantry.domain.roles.queries import get_permission, list_permissions, list_roles_with_permission
from tenantry.kernel.criteria import AllOf, Compare, Node, Op
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import ListQuery, criteria, list_body
from tenantry.surfaces.admin_api.role_views import PermissionView, RoleView, permission_view, role_view
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

READS = ("admin:read", "admin:write", "admin:roles", "admin:users", "admin:groups")
WRITES = ("admin:write", "admin:roles")
Maybe = msgspec.UnsetType


class PermissionQuery(ListQuery, kw_only=True, rename="camel"):
    """The parameters of the list of permissions."""

    category: str | None = None
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


class UpdatePermission(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send only what changes."""

    slug: str | None | Maybe = msgspec.UNSET
    name: str | None | Maybe = msgspec.UNSET
    description: str | None | Maybe = msgspec.UNSET
    category: str | None | Maybe = msgspec.UNSET


@get(
    "/permissions",
    **promises(
        summary="List permissions",
        tag="Permissions",
        query=PermissionQuery,
        answer=PermissionView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], PermissionQuery)
        found = await list_permissions(work, criteria(query, query.where()))
        return Answer(list_body(query, [permission_view(p) for p in found.permissions], found.page))

    return await read(request, run)


@get(
    "/permissions/{permission:str}",
    **promises(
        summary="Get a permission", tag="Permissions", answer=PermissionView, scopes=READS, errors=(404,)
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
        tag="Permissions",
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
        headers = {"Location": f"{request.url.path}/{made}"}
        return Answer({"data": await _view(work, str(made)), "message": "Permission created"}, 201, headers)

    return await write(request, run)


UPDATE = promises(
    summary="Change a permission",
    tag="Permissions",
    description="Send only what changes. System permissions cannot be changed.",
    body=UpdatePermission,
    answer=PermissionView,
    scopes=WRITES,
    errors=(404, 409, 422),
    body_example={"name": "Refund an order"},
)


@put("/permissions/{permission:str}", **UPDATE)
async def replace_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request)


@patch("/permissions/{permission:str}", **UPDATE)
async def change_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request)


async def _update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, UpdatePermission)
        changes = PermissionChanges(
            slug=body.slug, name=body.name, description=body.description, category=body.category
        )
        changed = await change_permission(work, request.path_params["permission"], changes)
        return Answer({"data": await _view(work, str(changed)), "message": "Permission updated"})

    return await write(request, run)


@delete(
    "/permissions/{permission:str}",
    **promises(
        summary="Delete a permission",
        tag="Permissions",
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


def _usage(summary: str) -> dict[str, Any]:
    return promises(
        summary=summary,
        tag="Permissions",
        query=ListQuery,
        answer=RoleView,
        listed=True,
        scopes=READS,
        errors=(404,),
    )


@get("/permissions/{permission:str}/roles", **_usage("List the roles with a permission"))
async def list_roles_with(request: AnyRequest) -> Response[bytes]:
    return await _roles_with(request)


@get("/permissions/{permission:str}/usage", **_usage("List where a permission is used"))
async def list_usage(request: AnyRequest) -> Response[bytes]:
    return await _roles_with(request)


async def _roles_with(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], ListQuery)
        asked = criteria(query)
        permission = await get_permission(work, request.path_params["permission"])
        found = await list_roles_with_permission(work, permission.id, asked)
        return Answer(list_body(query, [role_view(role) for role in found.roles], found.page))

    return await read(request, run)


async def _view(work: ReadWork, ref: str) -> PermissionView:
    return permission_view(await get_permission(work, ref))


ROUTES = [
    list_all,
    get_one,
    create,
    replace_fields,
    change_fields,
    remove,
    list_roles_with,
    list_usage,
]
