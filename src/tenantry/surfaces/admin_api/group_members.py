"""The members of a group."""

from litestar import Response, delete, get, post

from tenantry.domain.groups.actions import add_members, remove_user_group
from tenantry.domain.groups.errors import NotAMember
from tenantry.domain.groups.queries import find_members, list_members
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import Found, PeopleQuery, read_list
from tenantry.surfaces.admin_api.role_views import Added, MemberView, UsersBody, member_view
from tenantry.surfaces.admin_api.user_answers import locked_user
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

READS = ("admin:read", "admin:write", "admin:groups", "admin:users")
WRITES = ("admin:write", "admin:groups", "admin:users")


@get(
    "/groups/{group:str}/members",
    **promises(
        summary="List the members of a group",
        name="listGroupMembers",
        tag="Groups",
        query=PeopleQuery,
        answer=MemberView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        group = await find_members(work, request.path_params["group"], asked.search)
        found = await list_members(work, group, asked)
        return [member_view(member) for member in found.members], found.page

    return await read_list(request, PeopleQuery, find)


@post(
    "/groups/{group:str}/members",
    **promises(
        summary="Add members to a group",
        name="addGroupMembers",
        tag="Groups",
        description=(
            "Up to 1000 users by id or email; who is a member already stays one. Whoever joins has the group's roles, so you must"
            " hold what those grant."
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
        joined = await add_members(work, request.path_params["group"], users)
        added = Added(joined.added, joined.already_there)
        return Answer({"data": added, "message": f"{joined.added} added to the group"})

    return await write(request, run)


@delete(
    "/groups/{group:str}/members/{user_id:str}",
    **promises(
        summary="Remove a member from a group",
        name="removeGroupMember",
        tag="Groups",
        scopes=WRITES,
        errors=(404, 412),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        user = await locked_user(work, request)
        if not await remove_user_group(work, user.id, request.path_params["group"]):
            raise NotAMember(request.path_params["user_id"])
        return Answer({"message": "Member removed from the group"})

    return await write(request, run)


ROUTES = [list_all, add, remove]
