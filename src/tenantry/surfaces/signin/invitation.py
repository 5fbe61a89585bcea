"""The page of an invitation, on which a person chooses a name and a password and so becomes a user.

Opening the link accepts nothing, however often: mail scanners open links. The invitation is accepted by a press of the button
that carries the cookie which the page set in the same browser.
"""

from typing import Any

import msgspec
from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import CodeState
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.invitations.guest_actions import (
    accept_invitation,
    note_opened,
    prepare_acceptance,
    request_new_link,
)
from tenantry.domain.invitations.model import Acceptance, Guest
from tenantry.domain.invitations.opening import OpenByInvitation
from tenantry.domain.invitations.queries import find_guest
from tenantry.domain.users.errors import AddressReserved, IdentifierTaken
from tenantry.domain.users.rules import MAX_NAME
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import TenantFacts
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.caller import caller_network, client_ip, user_agent
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id
from tenantry.surfaces.signin.arriving import Faults, answer_arrival, judge_password, policy_words

ADDRESS = "/t/{tenant:str}/invitation"
TEMPLATE = "signin/invitation.html"
PRESSES_A_MINUTE = 20
"""How often one address may send a form; each press may cost a hash."""


class _Visit(msgspec.Struct):
    """What one request to the page found: whose page it is, what its link can do, and for a good one the rules of passwords."""

    token: str
    slug: str
    tenant: TenantFacts
    guest: Guest
    rules: PasswordRules | None

    @property
    def state(self) -> CodeState:
        return self.guest.link.state


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_invitation(request: AnyRequest) -> Response[bytes]:
    visit = await _visit(request)
    if visit.state is not CodeState.VALID:
        return _told(request, visit, visit.state)
    if request.method == "GET" and not visit.guest.opened:
        async with services(request).works.write(_opener(request, visit.token), request_id(request)) as work:
            await note_opened(work, visit.guest.link)
    return _form(request, visit, 200, {"name": visit.guest.name or ""}, Faults())


@post(ADDRESS, include_in_schema=False, status_code=303)
async def accept(request: AnyRequest) -> Response[bytes]:
    form = await _pressed(request)
    visit = await _visit(request)
    if visit.state is not CodeState.VALID or visit.rules is None:
        return _told(request, visit, visit.state)
    if not _guard(request, visit).is_ours(request, form.get("csrf", ""), visit.token):
        return _not_from_our_page(request)
    found, faults, password = services(request), Faults(), form.get("password", "")
    opener = _opener(request, visit.token)
    try:
        async with found.works.read(opener, request_id(request)) as reading:
            prepared = await prepare_acceptance(reading, visit.guest, form.get("name"))
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE:
            raise
        faults.add(refusal)
        return _form(request, visit, 422, form, faults)
    faults.of["password"] = await judge_password(request, visit.rules, prepared, visit.tenant.name, password)
    if faults.under("password"):
        return _form(request, visit, 422, form, faults)
    accepted = Acceptance(name=form.get("name"), password_hash=await found.hasher.hash(password))
    try:
        async with found.works.write(opener, request_id(request)) as work:
            user = await accept_invitation(work, visit.token, accepted)
    except CodeRefused as refused:
        return _told(request, visit, refused.state)
    except (IdentifierTaken, AddressReserved):
        return _state_page(visit, "taken", 409)
    return await answer_arrival(request, user)


@post(f"{ADDRESS}/request", include_in_schema=False, status_code=200)
async def ask_for_new_link(request: AnyRequest) -> Response[bytes]:
    form = await _pressed(request)
    visit = await _visit(request)
    if visit.state is CodeState.VALID:
        return redirect(f"/t/{visit.slug}/invitation?token={visit.token}")
    if not _guard(request, visit).is_ours(request, form.get("csrf", ""), f"request {visit.token}"):
        return _not_from_our_page(request)
    try:
        opener = _opener(request, visit.token)
        async with services(request).works.write(opener, request_id(request)) as work:
            await request_new_link(work, visit.token)
    except CodeRefused as refused:
        return _told(request, visit, refused.state)
    # The same whether the invitation stands still: whoever holds an old link learns nothing.
    return _state_page(visit, "asked", 200)


async def _pressed(request: AnyRequest) -> dict[str, str]:
    """The form, once its press is counted. Raises RateLimited."""
    found = services(request)
    network = caller_network(request, found.settings.trusted_proxies)
    found.limits.take(f"invitation {network}", Category.WRITE, PRESSES_A_MINUTE)
    return decode_form(await request.body())


async def _visit(request: AnyRequest) -> _Visit:
    token = decode_form(request.scope["query_string"]).get("token", "")
    async with services(request).works.read(_opener(request, token), request_id(request)) as work:
        guest = await find_guest(work, token)
        rules = await get_password_rules(work, None) if guest.link.state is CodeState.VALID else None
        return _Visit(token, work.tenant.slug, work.tenant, guest, rules)


def _opener(request: AnyRequest, token: str) -> OpenByInvitation:
    ip = client_ip(request, services(request).settings.trusted_proxies)
    return OpenByInvitation(request.path_params["tenant"], token, ip, user_agent(request))


def _guard(request: AnyRequest, visit: _Visit) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, visit.slug, found.settings.address)


def _form(
    request: AnyRequest, visit: _Visit, status: int, typed: dict[str, str], faults: Faults
) -> Response[bytes]:
    assert visit.rules is not None
    guard = _guard(request, visit)
    cookie = guard.cookie(request)
    context = {
        **_common(visit),
        **policy_words(visit.rules),
        "state": "form",
        "action": f"/t/{visit.slug}/invitation?token={visit.token}",
        "csrf": guard.field(cookie, visit.token),
        "account": visit.guest.email,
        "message": visit.guest.message,
        "name": typed.get("name", "")[:MAX_NAME],
        "longest_name": MAX_NAME,
        "name_problems": faults.under("name"),
        "problems": faults.under("password"),
    }
    return page(TEMPLATE, status, context, cookie)


def _told(request: AnyRequest, visit: _Visit, state: CodeState) -> Response[bytes]:
    """Why a link does not work. Nobody learns more from it than that they hold a link of this tenant, or none."""
    if state is CodeState.EXPIRED:
        guard = _guard(request, visit)
        cookie = guard.cookie(request)
        context = {
            **_common(visit),
            "state": "expired",
            "action": f"/t/{visit.slug}/invitation/request?token={visit.token}",
            "csrf": guard.field(cookie, f"request {visit.token}"),
        }
        return page(TEMPLATE, 410, context, cookie)
    if state in (CodeState.OVERTAKEN, CodeState.USED):
        return _state_page(visit, state.value, 410)
    return error_page(
        request,
        404,
        "This link is not valid",
        "Open it once more straight from the mail. If that does not help, ask the people who invited you for a new one.",
    )


def _state_page(visit: _Visit, state: str, status: int) -> Response[bytes]:
    return page(TEMPLATE, status, {**_common(visit), "state": state})


def _common(visit: _Visit) -> dict[str, Any]:
    return {**whose(visit.tenant), "sign_in": f"/t/{visit.slug}/login", "problems": []}


def _not_from_our_page(request: AnyRequest) -> Response[bytes]:
    return error_page(
        request,
        403,
        "The page has to be opened first",
        "Your browser did not send back the cookie that the page set. Allow cookies for this site, open the link from the mail"
        " once more and press the button there. The link is still good.",
    )


ROUTES = [show_invitation, accept, ask_for_new_link]
