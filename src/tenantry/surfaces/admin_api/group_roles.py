"""The roles that a group passes on to its members."""

from uuid import UUID

from litestar import Response, delete, get, post, put

from tenantry.domain.groups.queries import find_group_id, get_group_for_change
from tenantry.domain.roles.actions import add_group_roles, remove_group_role, replace_group_roles
from tenantry.domain.roles.errors import RoleNotHeld
from tenantry.domain.roles.queries import list_group_roles
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.groups import READS, TAG, show_group
from tenantry.surfaces.admin_api.lists import Found, ListQuery, read_list
from tenantry.surfaces.admin_api.role_views import (
    GroupRoleView,
    GroupView,
    RolesBody,
    SomeRoles,
    group_role_view,
    one_or_several,
)
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

WRITES = ("admin:write", "admin:users")
GUARD = "A role that grants more of this API than you hold yourself is refused."


@get(
    "/groups/{group:str}/roles",
    **promises(
        summary="List a group's roles",
        name="listGroupRoles",
        tag=TAG,
        query=ListQuery,
        answer=GroupRoleView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        group_id = await find_group_id(work, request.path_params["group"])
        found = await list_group_roles(work, group_id, asked)
        return [group_role_view(role) for role in found.roles], found.page

    return await read_list(request, ListQuery, find)


@put(
    "/groups/{group:str}/roles",
    **promises(
        summary="Replace a group's roles",
        name="replaceGroupRoles",
        tag=TAG,
        description=f"`[]` takes all away. {GUARD}",
        body=RolesBody,
        answer=GroupView,
        scopes=WRITES,
        errors=(404, 422),
        body_example={"roles": ["developer"]},
    ),
)
async def replace(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, RolesBody)
        group_id = await _locked(work, request)
        await replace_group_roles(work, group_id, body.roles)
        return await _answer(work, group_id, "Group roles updated")

    return await write(request, run)


@post(
    "/groups/{group:str}/roles",
    **promises(
        summary="Give roles to a group",
        name="addGroupRoles",
        tag=TAG,
        description=f"Either `role` or `roles`; the roles that it has stay. {GUARD}",
        body=SomeRoles,
        answer=GroupView,
        scopes=WRITES,
        errors=(404, 422),
        body_example={"role": "developer"},
    ),
)
async def add(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, SomeRoles)
        roles = one_or_several(body.role, body.roles, "role")
        group_id = await _locked(work, request)
        await add_group_roles(work, group_id, roles)
        return await _answer(work, group_id, "Roles added to the group")

    return await write(request, run)


@delete(
    "/groups/{group:str}/roles/{role:str}",
    **promises(
        summary="Take a role from a group",
        name="removeGroupRole",
        tag=TAG,
        answer=GroupView,
        scopes=WRITES,
        errors=(404,),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        role = request.path_params["role"]
        group_id = await _locked(work, request)
        if not await remove_group_role(work, group_id, role):
            raise RoleNotHeld("group", role)
        return await _answer(work, group_id, "Role removed from the group")

    return await write(request, run)


async def _locked(work: Work, request: AnyRequest) -> UUID:
    return (await get_group_for_change(work, request.path_params["group"])).id


async def _answer(work: ReadWork, group_id: UUID, message: str) -> Answer:
    return Answer({"data": await show_group(work, str(group_id)), "message": message})


ROUTES = [list_all, replace, add, remove]
