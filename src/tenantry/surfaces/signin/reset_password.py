"""The page of a mailed link, on which a person sets their password.

Opening the link uses nothing up, however often: mail scanners open links. It is used up by a press of the button that carries
the cookie which the page set in the same browser. A link that is too old offers a new one in the same way.
"""

from typing import Any

import msgspec
from litestar import HttpMethod, Response, post, route
from litestar.datastructures import Cookie

from tenantry.domain.codes.actions import note_opening
from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import Channel, Code, CodeKind, CodeState
from tenantry.domain.codes.opening import OpenByLink
from tenantry.domain.credentials.checks import demands, words_of
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.recovery.actions import check_link, use_link
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.opening import open_for_visitor
from tenantry.domain.recovery.request_actions import count_request, request_another_link
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.kernel.work import TenantFacts
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.caller import caller_network, client_ip, user_agent
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id

ADDRESS = "/t/{tenant:str}/reset-password"
PRESSES_A_MINUTE = 20
"""How often one address may send the form; each press may cost a hash."""
OUTDATED = (CodeState.EXPIRED, CodeState.OVERTAKEN)


class _Visit(msgspec.Struct):
    """What one request to the page found: whose page it is and its link; the rest only for a link that works."""

    token: str
    slug: str
    tenant: TenantFacts
    state: CodeState
    link: Code
    user: User | None = None
    rules: PasswordRules | None = None
    first: bool = False


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_reset_password(request: AnyRequest) -> Response[bytes]:
    visit = await _visit(request)
    if visit.state is not CodeState.VALID:
        return _told(request, visit)
    if request.method == "GET":
        async with services(request).works.write(_opener(request, visit.token), request_id(request)) as work:
            await note_opening(work, visit.link)
    return _form(request, visit, 200)


@post(ADDRESS, include_in_schema=False, status_code=200)
async def set_password(request: AnyRequest) -> Response[bytes]:
    found = services(request)
    ip = caller_network(request, found.settings.trusted_proxies)
    found.limits.take(f"reset-password {ip}", Category.WRITE, PRESSES_A_MINUTE)
    form = decode_form(await request.body())
    visit = await _visit(request)
    if visit.state is not CodeState.VALID or visit.user is None or visit.rules is None:
        return _told(request, visit)
    if not _guard(request, visit).is_ours(request, form.get("csrf", ""), visit.token):
        return _not_from_our_page(request)
    password = form.get("password", "")
    try:
        await found.passwords.check_change(visit.rules, password, words_of(visit.user, visit.tenant.name))
    except PasswordRefused as refusal:
        return _form(
            request, visit, 422, [one.message[0].upper() + one.message[1:] for one in refusal.broken]
        )
    password_hash = await found.hasher.hash(password)
    try:
        async with found.works.write(_opener(request, visit.token), request_id(request)) as work:
            await use_link(work, visit.token, password_hash)
    except CodeRefused as refused:
        visit.state = refused.state
        return _told(request, visit)
    return _state_page(visit, "done", 200)


@post(f"{ADDRESS}/again", include_in_schema=False, status_code=200)
async def send_another_link(request: AnyRequest) -> Response[bytes]:
    """Has a new link mailed in place of an outdated one; the answer is the same whatever comes of it."""
    found = services(request)
    network = caller_network(request, found.settings.trusted_proxies)
    found.limits.take(f"reset-password {network}", Category.WRITE, PRESSES_A_MINUTE)
    form = decode_form(await request.body())
    visit = await _visit(request)
    if not _guard(request, visit).is_ours(request, form.get("csrf", ""), _about_anew(visit)):
        return _not_from_our_page(request)
    opener = open_for_visitor(
        visit.slug, client_ip(request, found.settings.trusted_proxies), user_agent(request)
    )
    async with found.works.write(opener, request_id(request)) as work:
        refusal = await count_request(work, network, visit.token, Method.EMAIL_LINK)
    if refusal is not None:
        raise refusal
    async with found.works.write(opener, request_id(request)) as work:
        await request_another_link(work, visit.token)
    return _state_page(visit, "asked", 200)


async def _visit(request: AnyRequest) -> _Visit:
    token = decode_form(request.scope["query_string"]).get("token", "")
    async with services(request).works.read(_opener(request, token), request_id(request)) as work:
        link = await check_link(work, token)
        visit = _Visit(token, work.tenant.slug, work.tenant, link.state, link)
        if link.state is CodeState.VALID and link.user_id is not None:
            visit.user = await get_user(work, UserRef(link.user_id, None))
            visit.rules = await get_password_rules(work, link.user_id)
            visit.first = link.kind is CodeKind.PASSWORD_SETUP
        return visit


def _opener(request: AnyRequest, token: str) -> OpenByLink:
    ip = client_ip(request, services(request).settings.trusted_proxies)
    return OpenByLink(request.path_params["tenant"], token, ip, user_agent(request))


def _guard(request: AnyRequest, visit: _Visit) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, visit.slug, found.settings.address)


def _form(
    request: AnyRequest, visit: _Visit, status: int, problems: list[str] | None = None
) -> Response[bytes]:
    assert visit.user is not None
    assert visit.rules is not None
    guard = _guard(request, visit)
    cookie = guard.cookie(request)
    policy = visit.rules.policy
    context: dict[str, Any] = {
        "state": "form",
        **whose(visit.tenant),
        "sign_in": None,
        "anew": None,
        "start": None,
        "account": visit.user.email or visit.user.username or visit.user.phone,
        "action": f"/t/{visit.slug}/reset-password?token={visit.token}",
        "csrf": guard.field(cookie, visit.token),
        "rules": demands(policy),
        "problems": problems or [],
        "first": visit.first,
        "shortest": policy.min_length,
        "longest": policy.max_length,
    }
    return page("signin/reset_password.html", status, context, cookie)


def _told(request: AnyRequest, visit: _Visit) -> Response[bytes]:
    """Why a link does not work. Nobody learns more from it than that they hold a link of this tenant, or none."""
    if visit.state in OUTDATED and visit.link.channel is Channel.EMAIL:
        guard = _guard(request, visit)
        cookie = guard.cookie(request)
        action = f"/t/{visit.slug}/reset-password/again?token={visit.token}"
        anew = {"action": action, "csrf": guard.field(cookie, _about_anew(visit))}
        return _state_page(visit, visit.state.value, 410, anew, cookie)
    if visit.state in OUTDATED or visit.state is CodeState.USED:
        # Made in exchange for a code, by whoever had typed one; a link that somebody copied proves no address.
        exchanged = visit.state in OUTDATED and visit.link.sent_to is not None
        return _state_page(visit, visit.state.value, 410, start=exchanged)
    if visit.state is CodeState.REFUSED:
        return error_page(
            request,
            403,
            "This account cannot be used",
            "It is suspended, locked or disabled. Ask your administrator; the link works again once that is lifted.",
        )
    return error_page(
        request,
        404,
        "This link is not valid",
        "Open it once more straight from the mail. If that does not help, ask for a new one where it came from.",
    )


def _about_anew(visit: _Visit) -> str:
    return f"anew {visit.token}"


def _state_page(
    visit: _Visit,
    state: str,
    status: int,
    anew: dict[str, str] | None = None,
    cookie: Cookie | None = None,
    *,
    start: bool = False,
) -> Response[bytes]:
    context = {
        "state": state,
        **whose(visit.tenant),
        "sign_in": f"/t/{visit.slug}/login",
        "anew": anew,
        "start": f"/t/{visit.slug}/forgot-password" if start else None,
    }
    return page("signin/reset_password.html", status, context, cookie)


def _not_from_our_page(request: AnyRequest) -> Response[bytes]:
    return error_page(
        request,
        403,
        "The page has to be opened first",
        "Your browser did not send back the cookie that the page set. Allow cookies for this site, open the link from the mail"
        " once more and choose the password there. The link is still good.",
    )


ROUTES = [show_reset_password, set_password, send_another_link]
