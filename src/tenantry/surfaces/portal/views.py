"""Saved views: the list of users as somebody wants to find it again, for themselves or for everybody."""

from urllib.parse import urlencode

from litestar import Response, post

from tenantry.domain.saved_views.actions import create_saved_view, remove_saved_view
from tenantry.domain.saved_views.model import ListName, NewView
from tenantry.domain.saved_views.queries import parse_view_id
from tenantry.kernel.work import Work
from tenantry.surfaces.kit.forms import Form, decode_fields, decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.portal.faults import Refused, taken
from tenantry.surfaces.portal.frame import done, form_of, submit
from tenantry.surfaces.portal.users import PATH as USERS
from tenantry.surfaces.portal.users import show_list
from tenantry.surfaces.portal.view_chips import Saving

PATH = f"{USERS}/views"
FIELDS = ("name", "query")


@post(PATH, include_in_schema=False, status_code=200)
async def save_view(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    query = _clean(form.get("query"))

    async def save(work: Work, form: Form) -> None:
        new = NewView(
            list_name=ListName.USERS.value, name=form.get("name"), query=query, shared=form.ticked("shared")
        )
        await create_saved_view(work, new)

    saved = await taken(request, save, FIELDS)
    if isinstance(saved, Refused):
        problems = [line for field in FIELDS for line in saved.faults.under(field)] + saved.faults.on_top
        saving = Saving(form.get("name"), form.ticked("shared"), problems)
        return await show_list(request, decode_form(query.encode()), saving, saved.status)
    return done(request, f"{USERS}?{query}" if query else USERS, "saved")


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
