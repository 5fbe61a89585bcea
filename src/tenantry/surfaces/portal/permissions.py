"""The permissions that a tenant defines for its own applications: list, create, change, delete."""

from typing import Annotated, Any

from litestar import Response, get, post

from tenantry.domain.roles import permissions
from tenantry.domain.roles.errors import PermissionChanged, SystemPermissionFixed
from tenantry.domain.roles.model import NewPermission, PermissionChanges, StoredPermission
from tenantry.domain.roles.permission_actions import (
    change_permission,
    create_permission,
    remove_permission,
)
from tenantry.domain.roles.queries import get_permission, list_permissions
from tenantry.kernel.criteria import Compare, Node, Op
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.portal.faults import Faults, Refused, taken
from tenantry.surfaces.portal.frame import View, address, done, show, submit, told_of
from tenantry.surfaces.portal.named import NO_DRAFT, Draft, edit_form, seen_in, typed
from tenantry.surfaces.portal.roles import PATH as ROLES
from tenantry.surfaces.portal.tables import Column, asked, table

PATH = f"{ROLES}/permissions"
ONE = f"{PATH}/{{permission:str}}"
VIEW = View("roles", "portal/roles_permissions.html", part="portal/roles_permissions_rows.html")
EDITOR = View("roles", "portal/roles_permission.html")
FIELDS = ("slug", "name", "description")
COLUMNS = (Column("Permission", "name"), Column("Roles that have it"), Column("Created", "createdAt"))
TOLD = {
    "created": "The permission has been created. Tick it in the roles that shall have it.",
    "saved": "The permission has been saved.",
    "deleted": "The permission has been deleted, from every role that had it as well.",
}


class PermissionQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of permissions, of which system ones are no part."""

    sort_by: Annotated[str, one_of("name", "slug", "createdAt")] = "name"

    def where(self) -> Node:
        """The tenant's own."""
        return Compare("isSystem", Op.EQ, False)


@get(PATH, include_in_schema=False)
async def list_all(request: AnyRequest) -> Response[bytes]:
    return await _list(request, Form([]), Faults(FIELDS), 200)


@post(PATH, include_in_schema=False, status_code=200)
async def create(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> None:
        description = form.get("description").replace("\r\n", "\n") or None
        new = NewPermission(slug=form.get("slug").strip(), name=form.text("name"), description=description)
        await create_permission(work, new)

    refused = await taken(request, do, FIELDS)
    if isinstance(refused, Refused):
        return await _list(request, refused.form, refused.faults, refused.status)
    return done(request, PATH, "created")


@get(ONE, include_in_schema=False)
async def edit(request: AnyRequest) -> Response[bytes]:
    return await _editor(request, NO_DRAFT)


@post(ONE, include_in_schema=False, status_code=200)
async def save(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> None:
        values = typed(form)
        changes = PermissionChanges(
            name=values.name, slug=values.slug, description=values.description or None
        )
        await change_permission(work, request.path_params["permission"], changes, seen_in(form))

    refused = await taken(request, do, FIELDS)
    if isinstance(refused, Refused):
        changed = isinstance(refused.why, PermissionChanged)
        return await _editor(request, Draft(refused.form, refused.faults, refused.status, changed))
    return done(request, PATH, "saved")


@post(f"{PATH}/delete", include_in_schema=False, status_code=200)
async def delete(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> None:
        await remove_permission(work, form.get("permission"))

    await submit(request, do)
    return done(request, PATH, "deleted")


async def _list(request: AnyRequest, form: Form, faults: Faults, status: int) -> Response[bytes]:
    where, query = asked(request, PATH, PermissionQuery)

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_permissions(work, criteria(query))
        rows = [_row(permission) for permission in found.permissions]
        return {
            **table(where, COLUMNS, rows, found.page),
            "form": form,
            "faults": faults,
            "roles": address(request, ROLES),
            "told": told_of(request, TOLD),
        }

    return await show(request, VIEW, build, status)


async def _editor(request: AnyRequest, draft: Draft) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        work.require(permissions.WRITE)
        permission = await get_permission(work, request.path_params["permission"])
        if permission.is_system:
            raise SystemPermissionFixed(permission.slug)
        return {
            "permission": permission,
            "list": address(request, PATH),
            **edit_form(permission, draft),
        }

    return await show(request, EDITOR, build, draft.status)


def _row(permission: StoredPermission) -> dict[str, Any]:
    return {
        "id": str(permission.id),
        "slug": permission.slug,
        "name": permission.name,
        "description": permission.description,
        "roles": permission.role_count,
        "created_at": permission.created_at,
    }


ROUTES = [list_all, create, edit, save, delete]
