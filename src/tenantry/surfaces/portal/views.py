"""Saved views: the list of users as somebody wants to find it again, for themselves or for everybody."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, post

from tenantry.domain.saved_views.actions import create_saved_view, remove_saved_view
from tenantry.domain.saved_views.model import ListName, NewView
from tenantry.domain.saved_views.queries import list_saved_views, parse_view_id
from tenantry.domain.tenants import permissions as tenants
from tenantry.domain.users import permissions as users
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form, decode_fields
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page
from tenantry.surfaces.portal.addresses import ListAddress
from tenantry.surfaces.portal.frame import address, done, form_of, submit

USERS = "/access-management/users"
PATH = f"{USERS}/views"


async def views_of(work: ReadWork, where: ListAddress) -> dict[str, Any]:
    """What the list shows of its views."""
    found = await list_saved_views(work, ListName.USERS.value)
    here = where.filters
    return {
        "views": [
            {
                "id": str(view.id),
                "name": view.name,
                "query": view.query,
                "shared": view.shared,
                "owner": view.owner_label,
                "here": view.query == here,
                "may_remove": view.owner == work.actor.id or work.actor.may(tenants.SETTINGS_WRITE),
            }
            for view in found
        ],
        "view_query": here,
        "may_share": work.actor.may(users.UPDATE),
    }


@post(PATH, include_in_schema=False, status_code=200)
async def save_view(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    query = _clean(form.get("query"))

    async def save(work: Work, form: Form) -> None:
        new = NewView(
            list_name=ListName.USERS.value, name=form.get("name"), query=query, shared=form.ticked("shared")
        )
        await create_saved_view(work, new)

    back = f"{USERS}?{query}" if query else USERS
    try:
        await submit(request, save)
    except DomainError as refusal:
        if not refusal.fields:
            raise
        said = "; ".join(refusal.fields.values())
        return error_page(
            request, 422, "The view was not saved", f"{said}.", (address(request, back), "Back to the list")
        )
    return done(request, back, "saved")


@post(f"{PATH}/{{view_id:str}}/delete", include_in_schema=False, status_code=200)
async def delete_view(request: AnyRequest) -> Response[bytes]:
    async def remove(work: Work, _: Form) -> None:
        await remove_saved_view(work, parse_view_id(request.path_params["view_id"]))

    await submit(request, remove)
    return done(request, USERS, "unsaved")


def _clean(query: str) -> str:
    """A query string of the list and nothing else, whatever was sent."""
    pairs = decode_fields(query.encode("ascii", "ignore")).pairs
    return urlencode(
        [(name, value) for name, value in pairs if value and name not in ("page", "cursor", "told")]
    )


ROUTES = [save_view, delete_view]
