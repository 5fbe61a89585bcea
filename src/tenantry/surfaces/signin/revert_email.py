"""The page of the link that an old address gets when another one is asked for or takes its place: it takes the change back."""

import msgspec
from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import CodeState
from tenantry.domain.tenants.model import Recovery
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.errors import AddressReserved
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.domain.verification.change_actions import revert_email_change
from tenantry.domain.verification.queries import check_revert
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id
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

ADDRESS = "/t/{tenant:str}/revert-email"
TEMPLATE = "signin/revert_email.html"


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_revert_email(request: AnyRequest) -> Response[bytes]:
    visit = await _visit(request)
    if visit.state is not CodeState.VALID:
        return dead_link(request, visit, TEMPLATE)
    field, cookie = sealed(request, visit.token)
    more = {
        "csrf": field,
        "action": f"/t/{visit.slug}/revert-email?token={visit.token}",
        "completed": visit.account != "",
        "email": visit.address,
        "other": visit.account,
    }
    return state_page(TEMPLATE, visit, "link", 200, cookie, **more)


@post(ADDRESS, include_in_schema=False, status_code=200)
async def take_back(request: AnyRequest) -> Response[bytes]:
    await count_press(request)
    form = decode_form(await request.body())
    visit = await _visit(request)
    if visit.state is not CodeState.VALID:
        return dead_link(request, visit, TEMPLATE)
    if not guard_of(request).is_ours(request, form.get("csrf", ""), visit.token):
        return not_from_our_page(request)
    try:
        async with services(request).works.write(
            opener_of(request, visit.token), request_id(request)
        ) as work:
            reverted = await revert_email_change(work, visit.token)
            recovers = bool(section(work.tenant, "recovery", Recovery).methods)
    except CodeRefused as refused:
        visit.link = msgspec.structs.replace(visit.link, state=refused.state)
        return dead_link(request, visit, TEMPLATE)
    except AddressReserved:
        return state_page(TEMPLATE, visit, "taken", 409)
    forgot = f"/t/{visit.slug}/forgot-password" if recovers else None
    return state_page(TEMPLATE, visit, "done", 200, email=reverted.address, forgot=forgot)


async def _visit(request: AnyRequest) -> Visit:
    """`address` is the one that the link brings back, `account` the one that it replaces, or nothing while it is only wanted."""
    token = decode_form(request.scope["query_string"]).get("token", "")
    async with services(request).works.read(opener_of(request, token), request_id(request)) as work:
        link = await check_revert(work, token)
        visit = Visit(token, work.tenant.slug, work.tenant, link)
        if link.state is CodeState.VALID and link.user_id is not None and link.sent_to is not None:
            user = await get_user(work, UserRef(link.user_id, None))
            visit.address = link.sent_to
            if user.email is not None and email_key(user.email) != link.sent_to:
                visit.account = user.email
        return visit


ROUTES = [show_revert_email, take_back]
