"""The sign-in page: one identifier and a password."""

from typing import Any

from litestar import HttpMethod, Response, post, route

from tenantry.domain.login.errors import AccountKeptOut, WrongCredentials
from tenantry.domain.login.model import Credentials
from tenantry.domain.login.opening import opening_for
from tenantry.domain.sessions.errors import SessionEnded, TooManySessions
from tenantry.domain.tenants.model import Recovery, Registration, SignIn
from tenantry.domain.tenants.rules import section
from tenantry.domain.throttles.errors import TooOften
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import TenantFacts
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.next_path import safe_next
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import Person, count_visit, session_cookie, visitor_of
from tenantry.surfaces.kit.works import request_id
from tenantry.surfaces.signin.going_on import FORM, answer_progress, login_address

ADDRESS = "/t/{tenant:str}/login"
LABELS = {"email": "email", "username": "username", "phone": "phone number"}
TOLD = {
    "signed-out": "You have signed out.",
    "everywhere": "You have signed out everywhere.",
    "welcome": "Your account is ready. Sign in with your new password.",
    "ended": "Your session has ended. Sign in again to go on.",
    "expired": "The sign-in has expired. Begin again with your password.",
}
"""What the page says when one comes from somewhere, by the parameter `told`."""
REFUSED = (WrongCredentials, AccountKeptOut, TooManySessions, TooOften)


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_login(request: AnyRequest) -> Response[bytes]:
    query = decode_form(request.scope["query_string"])
    slug = request.path_params["tenant"]
    wanted = safe_next(slug, query.get("next"))
    if session_cookie(request).read(request) is not None:
        try:
            async with Person(request).reading():
                return redirect(wanted or f"/t/{slug}/account/sessions")
        except SessionEnded:
            pass
    return await login_form(request, wanted, told=TOLD.get(query.get("told", "")))


@post(ADDRESS, include_in_schema=False, status_code=200)
async def try_login(request: AnyRequest) -> Response[bytes]:
    count_visit(request, "sign-in")
    wanted = safe_next(request.path_params["tenant"], decode_form(request.scope["query_string"]).get("next"))
    form = decode_form(await request.body())
    if not _guard(request).is_ours(request, form.get("csrf", ""), FORM):
        problem = "Your browser did not send back the cookie that this page set. Allow cookies for this site, and try again."
        return await login_form(request, wanted, form, problem=problem, status=403)
    typed = Credentials(
        form.get("identifier", ""), form.get("password", ""), form.get("remember") == "on", wanted
    )
    try:
        progress = await services(request).sign_ins.with_password(visitor_of(request), typed)
    except DomainError as refusal:
        if not isinstance(refusal, REFUSED) and refusal.kind is not Kind.BUSY:
            raise
        answer = await login_form(
            request, wanted, form, problem=refusal.message, status=REFUSALS[refusal.kind][0]
        )
        if refusal.retry_after is not None:
            answer.headers["retry-after"] = str(refusal.retry_after)
        return answer
    return answer_progress(request, progress)


async def login_form(
    request: AnyRequest,
    wanted: str | None,
    typed: dict[str, str] | None = None,
    *,
    problem: str | None = None,
    told: str | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The page, empty or as it was sent, with what was wrong or what there is to tell."""
    async with services(request).works.read(opening_for(visitor_of(request)), request_id(request)) as work:
        tenant = work.tenant
    guard = _guard(request)
    cookie = guard.cookie(request)
    given = typed or {}
    context: dict[str, Any] = {
        **_offers(tenant),
        **whose(tenant),
        "action": login_address(tenant.slug, wanted),
        "csrf": guard.field(cookie, FORM),
        "identifier": given.get("identifier", "")[:320],
        "remember": given.get("remember") == "on",
        "problem": problem,
        "told": told,
    }
    answer = page("signin/login.html", status, context, cookie)
    # The page to which one comes back gives back what was typed there before; it sees by the referrer that one has signed in.
    answer.headers["referrer-policy"] = "same-origin"
    return answer


def _offers(tenant: TenantFacts) -> dict[str, Any]:
    """What the tenant's settings let the page offer."""
    sign_in = section(tenant, "signIn", SignIn)
    registration = section(tenant, "registration", Registration)
    recovery = section(tenant, "recovery", Recovery)
    *first, last = [LABELS[kind] for kind in sign_in.identifiers]
    label = f"{', '.join(first)} or {last}" if first else last
    open_to_all = registration.enabled and registration.mode == "open"
    return {
        "label": label[0].upper() + label[1:],
        "only_email": sign_in.identifiers == ["email"],
        "remember_offered": sign_in.remember_me,
        "forgot": f"/t/{tenant.slug}/forgot-password" if recovery.methods else None,
        "register": f"/t/{tenant.slug}/register" if open_to_all else None,
    }


def _guard(request: AnyRequest) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, request.path_params["tenant"], found.settings.address)


ROUTES = [show_login, try_login]
