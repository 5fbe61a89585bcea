"""The page of a mailed link that verifies an address, or makes a new one the user's.

Opening the link changes nothing, however often: mail scanners open links. It is used up by a press of the button that carries the
cookie which the page set in the same browser. A link that is too old offers a new one in the same way.
"""

import msgspec
from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.actions import note_opening
from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import CodeKind, CodeState
from tenantry.domain.users.errors import AddressReserved
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.domain.verification.actions import confirm_by_link
from tenantry.domain.verification.again_actions import request_another_link
from tenantry.domain.verification.change_actions import confirm_email_change
from tenantry.domain.verification.queries import check_verification
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id
from tenantry.surfaces.signin.verify_code import show_code_form
from tenantry.surfaces.signin.verifying import (
    Visit,
    count_press,
    dead_link,
    guard_of,
    not_from_our_page,
    opener_of,
    sealed,
    state_page,
)

ADDRESS = "/t/{tenant:str}/verify-email"
TEMPLATE = "signin/verification.html"


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_verify_email(request: AnyRequest) -> Response[bytes]:
    query = decode_form(request.scope["query_string"])
    if "id" in query:
        return await show_code_form(request, query)
    visit = await _visit(request)
    if visit.state is not CodeState.VALID:
        return _dead(request, visit)
    if request.method == "GET":
        async with services(request).works.write(
            opener_of(request, visit.token), request_id(request)
        ) as work:
            await note_opening(work, visit.link)
    field, cookie = sealed(request, visit.token)
    more = {
        "csrf": field,
        "action": _address(visit),
        "account": visit.account,
        "email": visit.address,
    }
    return state_page(TEMPLATE, visit, "link", 200, cookie, **more)


@post(ADDRESS, include_in_schema=False, status_code=200)
async def confirm(request: AnyRequest) -> Response[bytes]:
    await count_press(request)
    form = decode_form(await request.body())
    visit = await _visit(request)
    if visit.state is not CodeState.VALID:
        return _dead(request, visit)
    if not guard_of(request).is_ours(request, form.get("csrf", ""), visit.token):
        return not_from_our_page(request)
    try:
        async with services(request).works.write(
            opener_of(request, visit.token), request_id(request)
        ) as work:
            if visit.link.kind is CodeKind.EMAIL_CHANGE:
                await confirm_email_change(work, visit.token)
            else:
                await confirm_by_link(work, visit.token)
    except CodeRefused as refused:
        visit.link = msgspec.structs.replace(visit.link, state=refused.state)
        return _dead(request, visit)
    except AddressReserved:
        return state_page(TEMPLATE, visit, "taken", 409, email=visit.address)
    return state_page(TEMPLATE, visit, "done", 200, email=visit.address)


@post(f"{ADDRESS}/again", include_in_schema=False, status_code=200)
async def ask_again(request: AnyRequest) -> Response[bytes]:
    await count_press(request)
    form = decode_form(await request.body())
    visit = await _visit(request)
    if visit.state is not CodeState.EXPIRED:
        return _dead(request, visit)
    if not guard_of(request).is_ours(request, form.get("csrf", ""), f"again {visit.token}"):
        return not_from_our_page(request)
    async with services(request).works.write(opener_of(request, visit.token), request_id(request)) as work:
        sent = await request_another_link(work, visit.token)
    return state_page(TEMPLATE, visit, "sent" if sent else "needless", 200)


async def _visit(request: AnyRequest) -> Visit:
    token = decode_form(request.scope["query_string"]).get("token", "")
    async with services(request).works.read(opener_of(request, token), request_id(request)) as work:
        link = await check_verification(work, token)
        visit = Visit(token, work.tenant.slug, work.tenant, link)
        if link.state is CodeState.VALID and link.user_id is not None:
            user = await get_user(work, UserRef(link.user_id, None))
            visit.account = user.email or user.username or user.phone or ""
            changing = link.kind is CodeKind.EMAIL_CHANGE
            visit.address = (user.pending_email if changing else user.email) or ""
        return visit


def _dead(request: AnyRequest, visit: Visit) -> Response[bytes]:
    if visit.state is not CodeState.EXPIRED:
        return dead_link(request, visit, TEMPLATE)
    field, cookie = sealed(request, f"again {visit.token}")
    again = f"/t/{visit.slug}/verify-email/again?token={visit.token}"
    return state_page(TEMPLATE, visit, "expired", 410, cookie, csrf=field, again=again)


def _address(visit: Visit) -> str:
    return f"/t/{visit.slug}/verify-email?token={visit.token}"


ROUTES = [show_verify_email, confirm, ask_again]
