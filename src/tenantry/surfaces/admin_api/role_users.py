"""The users who hold a role directly."""

from litestar import Response, delete, get, post

from tenantry.domain.roles.actions import give_role_to_users, remove_user_role
from tenantry.domain.roles.errors import RoleNotHeld
from tenantry.domain.roles.queries import find_holders, list_holders
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import Found, PeopleQuery, read_list
from tenantry.surfaces.admin_api.role_views import Added, MemberView, UsersBody, member_view
from tenantry.surfaces.admin_api.roles import READS, TAG
from tenantry.surfaces.admin_api.user_answers import locked_user
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

WRITES = ("admin:write", "admin:roles", "admin:users")


@get(
    "/roles/{role:str}/users",
    **promises(
        summary="List the users who hold a role",
        name="listRoleUsers",
        tag=TAG,
        description="Those who hold it directly; the list of users, filtered by role, also has those who hold it through groups.",
        query=PeopleQuery,
        answer=MemberView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        role = await find_holders(work, request.path_params["role"], asked.search)
        found = await list_holders(work, role, asked)
        return [member_view(user) for user in found.users], found.page

    return await read_list(request, PeopleQuery, find)


@post(
    "/roles/{role:str}/users",
    **promises(
        summary="Give a role to users",
        name="addRoleUsers",
        tag=TAG,
        description=(
            "Up to 1000 users by id or email; who holds it already stays. A role that grants more of this API than you hold"
            " yourself is refused."
        ),
        body=UsersBody,
        answer=Added,
        scopes=WRITES,
        errors=(404, 422),
        body_example={"userIds": ["ann@example.com"]},
    ),
)
async def add(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        users = list(dict.fromkeys(decode_body(raw, UsersBody).user_ids))
        given = await give_role_to_users(work, request.path_params["role"], users)
        added = Added(given.added, given.already_there)
        return Answer({"data": added, "message": f"Role given to {given.added} users"})

    return await write(request, run)


@delete(
    "/roles/{role:str}/users/{user_id:str}",
    **promises(
        summary="Take a role from a user", name="removeRoleUser", tag=TAG, scopes=WRITES, errors=(404, 412)
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        role = request.path_params["role"]
        user = await locked_user(work, request)
        if not await remove_user_role(work, user.id, role):
            raise RoleNotHeld("user", role)
        return Answer({"message": "Role removed from the user"})

    return await write(request, run)


ROUTES = [list_all, add, remove]
