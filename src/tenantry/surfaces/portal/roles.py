"""The list of roles, and a new one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.roles import permissions
from tenantry.domain.roles.errors import RoleChanged
from tenantry.domain.roles.model import EVERYTHING as MAY_EVERYTHING
from tenantry.domain.roles.model import NewRole, Role
from tenantry.domain.roles.queries import list_roles
from tenantry.domain.roles.role_actions import create_role
from tenantry.kernel.criteria import EVERYTHING, Compare, Node, Op
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.portal.frame import View, show, told_of
from tenantry.surfaces.portal.named import Named, NamedKind, show_blank, take_new
from tenantry.surfaces.portal.tables import Column, asked, counted, table

PATH = "/access-management/roles"
ROLES = NamedKind("role", PATH, permissions.WRITE, RoleChanged, "role")
VIEW = View("roles", "portal/roles.html", part="portal/roles_rows.html")
COLUMNS = (
    Column("Role", "name"),
    Column("Given to directly"),
    Column("Through groups"),
    Column("Permissions"),
    Column("Created", "createdAt"),
)
KINDS = {"true": "System roles", "false": "Your own roles"}
TOLD = {"deleted": "The role has been deleted. Nobody holds it any more."}


class RoleQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of roles; `isSystem` separates the fixed roles from the tenant's own."""

    sort_by: Annotated[str, one_of("name", "slug", "createdAt")] = "name"
    is_system: bool | None = None

    def where(self) -> Node:
        """The filter as a condition."""
        return EVERYTHING if self.is_system is None else Compare("isSystem", Op.EQ, self.is_system)


@get(PATH, include_in_schema=False)
async def list_all(request: AnyRequest) -> Response[bytes]:
    where, query = asked(request, PATH, RoleQuery)

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_roles(work, criteria(query), at_a_glance=True)
        rows = [_row(role) for role in found.roles]
        return {
            **table(where, COLUMNS, rows, found.page),
            "kinds": list(KINDS.items()),
            "told": told_of(request, TOLD),
        }

    return await show(request, VIEW, build)


@get(f"{PATH}/new", include_in_schema=False)
async def new(request: AnyRequest) -> Response[bytes]:
    return await show_blank(request, ROLES)


@post(f"{PATH}/new", include_in_schema=False, status_code=200)
async def create(request: AnyRequest) -> Response[bytes]:
    async def make(work: Work, values: Named) -> UUID:
        wanted = NewRole(name=values.name, slug=values.slug or None, description=values.description or None)
        return await create_role(work, wanted)

    return await take_new(request, ROLES, make)


def _row(role: Role) -> dict[str, Any]:
    return {
        "id": str(role.id),
        "name": role.name,
        "slug": role.slug,
        "description": role.description,
        "is_system": role.is_system,
        "may_everything": role.is_system and role.slug in MAY_EVERYTHING,
        "permissions": len(msgspec.json.decode(role.permissions)),
        "users": counted(role.user_count),
        "groups": role.group_count,
        "created_at": role.created_at,
    }


ROUTES = [list_all, new, create]
