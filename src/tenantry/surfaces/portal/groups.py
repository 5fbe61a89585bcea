"""The list of groups, and a new one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.groups import permissions
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.errors import GroupChanged
from tenantry.domain.groups.model import Group, NewGroup
from tenantry.domain.groups.queries import list_groups
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.portal.frame import View, show, told_of
from tenantry.surfaces.portal.named import Named, NamedKind, show_blank, take_new
from tenantry.surfaces.portal.tables import Column, asked, counted, table

PATH = "/access-management/groups"
GROUPS = NamedKind("group", PATH, permissions.WRITE, GroupChanged, "groups")
VIEW = View("groups", "portal/groups.html", part="portal/groups_rows.html")
COLUMNS = (Column("Group", "name"), Column("Members"), Column("Roles"), Column("Created", "createdAt"))
TOLD = {"deleted": "The group has been deleted. Its members are still users."}


class GroupQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of groups."""

    sort_by: Annotated[str, one_of("name", "slug", "createdAt")] = "name"


@get(PATH, include_in_schema=False)
async def list_all(request: AnyRequest) -> Response[bytes]:
    where, query = asked(request, PATH, GroupQuery)

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_groups(work, criteria(query), at_a_glance=True)
        rows = [_row(group) for group in found.groups]
        return {**table(where, COLUMNS, rows, found.page), "told": told_of(request, TOLD)}

    return await show(request, VIEW, build)


@get(f"{PATH}/new", include_in_schema=False)
async def new(request: AnyRequest) -> Response[bytes]:
    return await show_blank(request, GROUPS)


@post(f"{PATH}/new", include_in_schema=False, status_code=200)
async def create(request: AnyRequest) -> Response[bytes]:
    async def make(work: Work, values: Named) -> UUID:
        wanted = NewGroup(name=values.name, slug=values.slug or None, description=values.description or None)
        return await create_group(work, wanted)

    return await take_new(request, GROUPS, make)


def _row(group: Group) -> dict[str, Any]:
    return {
        "id": str(group.id),
        "name": group.name,
        "slug": group.slug,
        "description": group.description,
        "members": counted(group.member_count),
        "roles": msgspec.json.decode(group.roles),
        "created_at": group.created_at,
    }


ROUTES = [list_all, new, create]
