"""One user's page: its tabs stand in the address, and a shorter address leads to it."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get

from tenantry.domain.directory.queries import get_person
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.references import parse_ref
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.portal import (
    user_access,
    user_danger,
    user_logs,
    user_profile,
    user_security,
    user_sessions,
)
from tenantry.surfaces.portal.frame import done
from tenantry.surfaces.portal.user_page import ONE, PATH, not_found, show_tab

TABS = {
    tab.name: tab
    for tab in (
        user_profile.TAB,
        user_security.TAB,
        user_access.TAB,
        user_sessions.TAB,
        user_logs.LOGS,
        user_logs.AUDIT,
        user_danger.TAB,
    )
}


@get(ONE, include_in_schema=False)
async def show_user(request: AnyRequest) -> Response[bytes]:
    """An email address in place of the id leads to the page of whoever has it."""
    if "@" in request.path_params["user_id"]:
        return await _by_address(request)
    wanted = decode_form(request.scope["query_string"]).get("tab", "")
    return await show_tab(request, TABS.get(wanted, user_profile.TAB))


@get("/users/{user_id:str}/360", include_in_schema=False)
async def show_from_elsewhere(request: AnyRequest) -> Response[bytes]:
    """The address under which other programs know the page of a customer."""
    return done(request, f"{PATH}/{quote(request.path_params['user_id'], safe='@')}")


async def _by_address(request: AnyRequest) -> Response[bytes]:
    try:
        async with Person(request).reading() as work:
            ref = parse_ref(request.path_params["user_id"])
            person = await get_person(work, ref, with_deleted=True)
    except UserNotFound:
        return not_found(request)
    query = request.scope["query_string"].decode("ascii", "replace")
    return done(request, f"{PATH}/{person.user.id}{'?' if query else ''}{query}")


ROUTES: list[Any] = [
    show_user,
    show_from_elsewhere,
    *user_profile.ROUTES,
    *user_security.ROUTES,
    *user_access.ROUTES,
    *user_sessions.ROUTES,
    *user_danger.ROUTES,
]
