"""The groups of one user."""

import msgspec
from litestar import Response, delete, get, post, put

from tenantry.domain.groups.actions import add_user_groups, remove_user_group, replace_user_groups
from tenantry.domain.groups.errors import NotAMember
from tenantry.domain.groups.queries import list_user_groups
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.lists import Found, ListQuery, read_list
from tenantry.surfaces.admin_api.role_views import UserGroupView, one_or_several, user_group_view
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

TAG = "Roles and groups of a user"
READS = ("admin:read", "admin:write", "admin:users", "admin:groups")
WRITES = ("admin:write", "admin:users", "admin:groups")
GUARD = "A group whose roles grant more of this API than you hold yourself is refused."


class GroupsBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole list of a user's groups, by slug or id; an empty one takes the user out of all."""

    groups: list[str]


class SomeGroups(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One group, or several; by slug or id."""

    group: str | None = None
    groups: list[str] | None = None


@get(
    "/users/{user_id:str}/groups",
    **promises(
        summary="List a user's groups",
        name="listUserGroups",
        tag=TAG,
        query=ListQuery,
        answer=UserGroupView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        found = await list_user_groups(work, user.id, asked)
        return [user_group_view(group) for group in found.groups], found.page

    return await read_list(request, ListQuery, find)


@put(
    "/users/{user_id:str}/groups",
    **promises(
        summary="Replace a user's groups",
        name="replaceUserGroups",
        tag=TAG,
        description=f"`[]` takes the user out of all. {GUARD}",
        body=GroupsBody,
        answer=UserView,
        scopes=WRITES,
        errors=(404, 412, 422),
        body_example={"groups": ["engineering"]},
    ),
)
async def replace(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, GroupsBody)
        user = await locked_user(work, request)
        await replace_user_groups(work, user.id, body.groups)
        return await user_answer(work, user, "User groups updated")

    return await write(request, run)


@post(
    "/users/{user_id:str}/groups",
    **promises(
        summary="Add a user to groups",
        name="addUserGroups",
        tag=TAG,
        description=f"Either `group` or `groups`; those that they are in stay. {GUARD}",
        body=SomeGroups,
        answer=UserView,
        scopes=WRITES,
        errors=(404, 412, 422),
        body_example={"group": "engineering"},
    ),
)
async def add(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, SomeGroups)
        groups = one_or_several(body.group, body.groups, "group")
        user = await locked_user(work, request)
        await add_user_groups(work, user.id, groups)
        return await user_answer(work, user, "User added to the groups")

    return await write(request, run)


@delete(
    "/users/{user_id:str}/groups/{group:str}",
    **promises(
        summary="Take a user out of a group",
        name="removeUserGroup",
        tag=TAG,
        answer=UserView,
        scopes=WRITES,
        errors=(404, 412),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        user_ref, group = request.path_params["user_id"], request.path_params["group"]
        user = await locked_user(work, request)
        if not await remove_user_group(work, user.id, group):
            raise NotAMember(user_ref)
        return await user_answer(work, user, "User removed from the group")

    return await write(request, run)


ROUTES = [list_all, replace, add, remove]
