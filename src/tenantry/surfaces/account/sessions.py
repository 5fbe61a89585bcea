"""The page of one's own sessions, and signing out."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response, post, route

from tenantry.domain.sessions.device import device_of
from tenantry.domain.sessions.errors import SessionEnded, SessionNotFound
from tenantry.domain.sessions.model import Session
from tenantry.domain.sessions.own_actions import end_own_session, end_own_sessions, sign_out
from tenantry.domain.sessions.queries import list_own_sessions, parse_session_id
from tenantry.domain.tenants.model import Recovery
from tenantry.domain.tenants.rules import section
from tenantry.kernel.work import Work
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.session_views import device_icon, device_name
from tenantry.surfaces.kit.visitors import Person, portal_of, session_cookie, sign_in_address

ADDRESS = "/t/{tenant:str}/account/sessions"
LOGOUT = "/t/{tenant:str}/logout"
TOLD = {
    "one": "That session has ended.",
    "others": "You are signed out everywhere else.",
    "gone": "That session had ended already.",
}


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_sessions(request: AnyRequest) -> Response[bytes]:
    person = Person(request)
    try:
        async with person.reading() as work:
            found = await list_own_sessions(work, person.session)
            tenant, account, portal = work.tenant, work.actor.label, portal_of(work)
            recovers = bool(section(work.tenant, "recovery", Recovery).methods)
    except SessionEnded:
        return _to_sign_in(request)
    guard = _guard(request)
    cookie = guard.cookie(request)
    slug = request.path_params["tenant"]
    context: dict[str, Any] = {
        **whose(tenant),
        "account": account,
        "portal": portal,
        "now": services(request).clock.now(),
        "sessions": [_shown(session, person.session) for session in found],
        "told": TOLD.get(decode_form(request.scope["query_string"]).get("told", "")),
        "csrf": guard.field(cookie, _about(person.session)),
        "action": f"/t/{slug}/account/sessions",
        "sign_out": f"/t/{slug}/logout",
        "recover": f"/t/{slug}/forgot-password" if recovers else None,
    }
    return page("account/sessions.html", 200, context, cookie)


@post(ADDRESS, include_in_schema=False, status_code=200)
async def end_sessions(request: AnyRequest) -> Response[bytes]:
    """Ends one session, all others, or all, as the pressed button says."""
    form = decode_form(await request.body())
    which = form.get("end", "")
    person = Person(request)
    told = "others" if which == "others" else "one"
    try:
        async with person.writing() as work:
            if not _guard(request).is_ours(request, form.get("csrf", ""), _about(person.session)):
                return _not_from_our_page(request)
            await _end(work, which, person.session)
    except SessionEnded:
        return _to_sign_in(request)
    except SessionNotFound:
        told = "gone"
    if which == "all":
        return _signed_out(request, "everywhere")
    return redirect(f"/t/{request.path_params['tenant']}/account/sessions?told={told}")


@post(LOGOUT, include_in_schema=False, status_code=200)
async def log_out(request: AnyRequest) -> Response[bytes]:
    form = decode_form(await request.body())
    person = Person(request)
    try:
        async with person.writing() as work:
            if not _guard(request).is_ours(request, form.get("csrf", ""), _about(person.session)):
                return _not_from_our_page(request)
            await sign_out(work, person.session)
    except SessionEnded:
        pass
    return _signed_out(request, "signed-out")


async def _end(work: Work, which: str, current: UUID) -> None:
    if which == "all":
        await end_own_sessions(work)
    elif which == "others":
        await end_own_sessions(work, current)
    else:
        await end_own_session(work, parse_session_id(which))


def _shown(session: Session, current: UUID) -> dict[str, Any]:
    device = device_of(session.user_agent)
    return {
        "id": str(session.id),
        "name": device_name(device),
        "icon": device_icon(device),
        "ip": session.ip,
        "created": session.created_at,
        "seen": session.last_seen_at,
        "remember": session.remember,
        "current": session.id == current,
    }


def _about(session_id: UUID) -> str:
    """Forms of a page are good in this session alone: what somebody took from the browser before the sign-in is worth nothing."""
    return f"account {session_id}"


def _to_sign_in(request: AnyRequest) -> Response[bytes]:
    address = sign_in_address(request, f"/t/{request.path_params['tenant']}/account/sessions")
    return redirect(address, session_cookie(request).clear())


def _signed_out(request: AnyRequest, told: str) -> Response[bytes]:
    address = f"/t/{request.path_params['tenant']}/login?told={told}"
    return redirect(address, session_cookie(request).clear())


def _not_from_our_page(request: AnyRequest) -> Response[bytes]:
    slug = request.path_params["tenant"]
    return error_page(
        request,
        403,
        "That did not come from this page",
        "Nothing has changed. Open the page once more and press the button there.",
        (f"/t/{slug}/account/sessions", "Your sessions"),
    )


def _guard(request: AnyRequest) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, request.path_params["tenant"], found.settings.address)


ROUTES = [show_sessions, end_sessions, log_out]
