"""The roles and permissions of one user."""

from litestar import Response, delete, get, post, put

from tenantry.domain.roles.actions import add_user_roles, remove_user_role, replace_user_roles
from tenantry.domain.roles.errors import RoleNotHeld
from tenantry.domain.roles.queries import list_user_permissions, list_user_roles
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import Found, ListQuery, list_body, read_list
from tenantry.surfaces.admin_api.role_views import (
    HeldPermissionView,
    HeldRoleView,
    RolesBody,
    SomeRoles,
    held_permission_view,
    held_role_view,
    one_or_several,
)
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.search_query import criteria
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Roles and groups of a user"
READS = ("admin:read", "admin:write", "admin:users", "admin:roles", "admin:groups")
WRITES = ("admin:write", "admin:users", "admin:roles")
GUARD = "A role that grants more of this API than you hold yourself is refused."


class HeldRolesQuery(ListQuery, kw_only=True, rename="camel"):
    """`effective=true` adds the roles that come through groups."""

    effective: bool = False


@get(
    "/users/{user_id:str}/roles",
    **promises(
        summary="List a user's roles",
        name="listUserRoles",
        tag=TAG,
        query=HeldRolesQuery,
        answer=HeldRoleView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], HeldRolesQuery)
        asked = criteria(query)
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        found = await list_user_roles(work, user.id, asked, effective=query.effective)
        return Answer(list_body(query, [held_role_view(role) for role in found.roles], found.page))

    return await read(request, run)


@get(
    "/users/{user_id:str}/permissions",
    **promises(
        summary="List a user's permissions",
        name="listUserPermissions",
        tag=TAG,
        description="What direct roles and the roles of groups grant together, each permission with where it comes from.",
        query=ListQuery,
        answer=HeldPermissionView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_permissions_of_user(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        found = await list_user_permissions(work, user.id, asked)
        return [held_permission_view(permission) for permission in found.permissions], found.page

    return await read_list(request, ListQuery, find)


@put(
    "/users/{user_id:str}/roles",
    **promises(
        summary="Replace a user's roles",
        name="replaceUserRoles",
        tag=TAG,
        description=f"`[]` takes all away. {GUARD}",
        body=RolesBody,
        answer=UserView,
        scopes=WRITES,
        errors=(404, 412, 422),
        body_example={"roles": ["admin", "developer"]},
    ),
)
async def replace(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, RolesBody)
        user = await locked_user(work, request)
        await replace_user_roles(work, user.id, body.roles)
        return await user_answer(work, user, "User roles updated")

    return await write(request, run)


@post(
    "/users/{user_id:str}/roles",
    **promises(
        summary="Give roles to a user",
        name="addUserRoles",
        tag=TAG,
        description=f"Either `role` or `roles`; those that they hold stay. {GUARD}",
        body=SomeRoles,
        answer=UserView,
        scopes=WRITES,
        errors=(404, 412, 422),
        body_example={"role": "developer"},
    ),
)
async def add(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, SomeRoles)
        roles = one_or_several(body.role, body.roles, "role")
        user = await locked_user(work, request)
        await add_user_roles(work, user.id, roles)
        return await user_answer(work, user, "Roles given to the user")

    return await write(request, run)


@delete(
    "/users/{user_id:str}/roles/{role:str}",
    **promises(
        summary="Take a role from a user",
        name="removeUserRole",
        tag=TAG,
        answer=UserView,
        scopes=WRITES,
        errors=(404, 412),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        role = request.path_params["role"]
        user = await locked_user(work, request)
        if not await remove_user_role(work, user.id, role):
            raise RoleNotHeld("user", role)
        return await user_answer(work, user, "Role taken from the user")

    return await write(request, run)


ROUTES = [list_all, list_permissions_of_user, replace, add, remove]
