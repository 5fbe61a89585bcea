"""Groups: list, get, create, change, delete."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, delete, get, post, route

from tenantry.domain.groups.actions import change_group, create_group, remove_group
from tenantry.domain.groups.model import GroupChanges, NewGroup
from tenantry.domain.groups.queries import get_group, get_group_for_change, list_groups, list_members
from tenantry.domain.roles.actions import replace_group_roles
from tenantry.domain.users.finding import ListOf
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.answers import created
from tenantry.surfaces.admin_api.changes import (
    TAKES_BACK,
    Linked,
    carries,
    named,
    refs,
    refuse_changed,
    refuse_renamed,
    takes_back,
)
from tenantry.surfaces.admin_api.lists import Found, ListQuery, read_list
from tenantry.surfaces.admin_api.role_views import GroupView, group_view, member_view
from tenantry.surfaces.kit.contract import PUT_OR_PATCH, promises
from tenantry.surfaces.kit.paging import MOST
from tenantry.surfaces.kit.wire import decode_body, decode_change, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Groups"
READS = ("admin:read", "admin:write", "admin:groups", "admin:users")
WRITES = ("admin:write", "admin:groups")
FIRST_MEMBERS = Criteria(where=EVERYTHING, sort=Sort("createdAt", descending=True), page=Page(MOST))
INSTEAD = {"members": "POST and DELETE …/members"}
Maybe = msgspec.UnsetType


class CreateGroup(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new group; without a slug one is made from the name. `roles` are slugs or ids."""

    name: str
    slug: str | None = None
    description: str | None = None
    roles: list[str] = msgspec.field(default_factory=list)


@takes_back(GroupView)
class UpdateGroup(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Send only what changes; null clears. `roles` are slugs or ids, or as GET shows them, and replace the group's roles."""

    name: str | None | Maybe = msgspec.UNSET
    slug: str | None | Maybe = msgspec.UNSET
    description: str | None | Maybe = msgspec.UNSET
    roles: list[str | Linked] | Maybe = msgspec.UNSET


class GroupQuery(msgspec.Struct, kw_only=True):
    """`include=members` adds the hundred newest members."""

    include: Annotated[
        Literal["members"] | None, msgspec.Meta(description="`members` adds the hundred newest members.")
    ] = None


@get(
    "/groups",
    **promises(
        summary="List groups",
        name="listGroups",
        tag=TAG,
        query=ListQuery,
        answer=GroupView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        found = await list_groups(work, asked)
        return [group_view(group) for group in found.groups], found.page

    return await read_list(request, ListQuery, find)


@get(
    "/groups/{group:str}",
    **promises(
        summary="Get a group",
        name="getGroup",
        tag=TAG,
        query=GroupQuery,
        answer=GroupView,
        scopes=READS,
        errors=(404,),
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], GroupQuery)
        wanted = request.path_params["group"]
        return Answer({"data": await show_group(work, wanted, with_members=query.include is not None)})

    return await read(request, run)


@post(
    "/groups",
    **promises(
        summary="Create a group",
        name="createGroup",
        tag=TAG,
        description="Without a `slug` one is made from the name. `roles` needs the right to give out roles as well.",
        body=CreateGroup,
        answer=GroupView,
        status=201,
        scopes=WRITES,
        errors=(409, 422),
        body_example={
            "name": "Engineering",
            "description": "Everybody who builds the product",
            "roles": ["developer"],
        },
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
        return created(request, group_id, await show_group(work, str(group_id)), "Group created")

    return await write(request, run)


@route(
    "/groups/{group:str}",
    http_method=PUT_OR_PATCH,
    **promises(
        summary="Change a group",
        name="updateGroup",
        tag=TAG,
        description=(
            f"{TAKES_BACK} `roles` replaces the group's roles; other ones than before need the right to give out roles."
        ),
        body=UpdateGroup,
        answer=GroupView,
        scopes=WRITES,
        errors=(404, 409, 422),
        body_example={"name": "Engineering and Design"},
    ),
)
async def update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_change(raw, UpdateGroup)
        ref = str((await get_group_for_change(work, request.path_params["group"])).id)
        refuse_changed(body, await show_group(work, ref, with_members=carries(body, "members")), INSTEAD)
        changes = GroupChanges(name=body.name, slug=body.slug, description=body.description)
        await change_group(work, ref, changes)
        group = await show_group(work, ref)
        if body.roles is not msgspec.UNSET:
            group = await _with_roles(work, group, body.roles)
        return Answer({"data": group, "message": "Group updated"})

    return await write(request, run)


async def _with_roles(work: Work, group: GroupView, sent: list[str | Linked]) -> GroupView:
    """The group with these roles. The ones that it has are no change, so whoever may not give out roles can send them back."""
    if set(refs(sent)) != {role.slug for role in named(group.roles)}:
        await replace_group_roles(work, group.id, refs(sent))
        group = await show_group(work, str(group.id))
    refuse_renamed("roles", sent, group.roles)
    return group


@delete(
    "/groups/{group:str}",
    **promises(
        summary="Delete a group",
        name="deleteGroup",
        tag=TAG,
        description="Its members stay users; they lose what the group gave them.",
        scopes=WRITES,
        errors=(404,),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await remove_group(work, request.path_params["group"])
        return Answer({"message": "Group deleted"})

    return await write(request, run)


async def show_group(work: ReadWork, ref: str, *, with_members: bool = False) -> GroupView:
    """The group as the API shows it, on demand with its newest members. Raises GroupNotFound."""
    group = await get_group(work, ref)
    if not with_members:
        return group_view(group)
    found = await list_members(work, ListOf(group.id), FIRST_MEMBERS)
    return group_view(group, [member_view(member) for member in found.members])


ROUTES = [list_all, get_one, create, update, remove]
