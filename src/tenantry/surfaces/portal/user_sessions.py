"""The tab Sessions: where a user is signed in, and ending it."""

from typing import Any

from litestar import Response, post

from tenantry.domain.directory.model import Person
from tenantry.domain.sessions.actions import end_all_sessions, end_session
from tenantry.domain.sessions.device import device_of
from tenantry.domain.sessions.model import Session
from tenantry.domain.sessions.queries import list_sessions, parse_session_id
from tenantry.domain.users.model import User
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.paging import parsed_page
from tenantry.surfaces.kit.session_views import device_icon, device_name
from tenantry.surfaces.portal.user_lists import list_of
from tenantry.surfaces.portal.user_page import ONE, Given, Tab, act, confirmed


async def _build(work: ReadWork, request: AnyRequest, person: Person, _given: Given) -> dict[str, Any]:
    asked = list_of(request, person, "sessions")
    found = await list_sessions(work, parsed_page(asked.paging), person.user.id)
    return {
        "sessions": [_shown(session) for session in found.sessions],
        "pager": asked.pager(len(found.sessions), found),
    }


TAB = Tab("sessions", _build, ("confirm",))


def _shown(session: Session) -> dict[str, Any]:
    device = device_of(session.user_agent)
    return {
        "id": session.id,
        "name": device_name(device),
        "icon": device_icon(device),
        "user_agent": session.user_agent,
        "ip": session.ip,
        "method": session.method.replace("_", " "),
        "remember": session.remember,
        "created_at": session.created_at,
        "seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
    }


@post(f"{ONE}/sessions/end", include_in_schema=False, status_code=200)
async def end_one(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        await end_session(work, parse_session_id(form.get("session")), user)
        return "session-ended"

    return await act(request, TAB, do)


@post(f"{ONE}/sessions/end-all", include_in_schema=False, status_code=200)
async def end_all(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        confirmed(form)
        await end_all_sessions(work, user)
        return "sessions-ended"

    return await act(request, TAB, do, opens="end-all")


ROUTES = [end_one, end_all]
