"""The pages on which somebody types the code that verifies their address or their number.

The address of the page names the code, and whoever it belongs to is told nowhere: for a code that nobody has the page looks and
answers as for any other.
"""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.errors import TooManyCodes, WrongCode
from tenantry.domain.tenants.model import OneTimeCodes
from tenantry.domain.tenants.rules import section
from tenantry.domain.verification.actions import confirm_by_code
from tenantry.domain.verification.again_actions import request_another_code
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id
from tenantry.surfaces.signin.verifying import count_press, guard_of, not_from_our_page, opener_of, sealed

TEMPLATE = "signin/verification.html"
PHONE = "/t/{tenant:str}/verify-phone"
EMAIL = "/t/{tenant:str}/verify-email"


@route(PHONE, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_verify_phone(request: AnyRequest) -> Response[bytes]:
    return await show_code_form(request, decode_form(request.scope["query_string"]))


@post([f"{EMAIL}/code", f"{PHONE}/code"], include_in_schema=False, status_code=200)
async def type_code(request: AnyRequest) -> Response[bytes]:
    await count_press(request)
    form = decode_form(await request.body())
    code_id = _id(form)
    if code_id is None:
        return _no_such_page(request)
    if not guard_of(request).is_ours(request, form.get("csrf", ""), str(code_id)):
        return not_from_our_page(request)
    found = services(request)
    # A wrong code is counted, so what follows is committed whatever comes of it.
    async with found.works.write(opener_of(request, ""), request_id(request)) as work:
        user = await confirm_by_code(work, code_id, form.get("code", ""), found.sealer)
        tenant = work.tenant
    if user is None:
        return await _code_form(request, code_id, 422, {"problems": [WrongCode().message]})
    context = {
        "state": "done",
        "kind": f"{_what(request)}_verification",
        **whose(tenant),
        "sign_in": f"/t/{request.path_params['tenant']}/login",
        "email": None,
    }
    return page(TEMPLATE, 200, context)


@post([f"{EMAIL}/code/again", f"{PHONE}/code/again"], include_in_schema=False, status_code=303)
async def ask_again(request: AnyRequest) -> Response[bytes]:
    await count_press(request)
    form = decode_form(await request.body())
    code_id = _id(form)
    if code_id is None:
        return _no_such_page(request)
    if not guard_of(request).is_ours(request, form.get("csrf", ""), str(code_id)):
        return not_from_our_page(request)
    try:
        async with services(request).works.write(opener_of(request, ""), request_id(request)) as work:
            fresh = await request_another_code(work, code_id)
    except TooManyCodes as too_soon:
        return await _code_form(request, code_id, 429, {"wait": too_soon.retry_after})
    return redirect(f"/t/{request.path_params['tenant']}/verify-{_what(request)}?id={fresh}&again=1")


async def show_code_form(request: AnyRequest, query: dict[str, str]) -> Response[bytes]:
    """The form for the code that the address names."""
    code_id = _id(query)
    if code_id is None:
        return _no_such_page(request)
    return await _code_form(request, code_id, 200, {"sent_again": "again" in query})


async def _code_form(
    request: AnyRequest, code_id: UUID, status: int, more: dict[str, Any]
) -> Response[bytes]:
    async with services(request).works.read(opener_of(request, ""), request_id(request)) as work:
        looks = section(work.tenant, "oneTimeCodes", OneTimeCodes)
        tenant = work.tenant
    field, cookie = sealed(request, str(code_id))
    slug, what = request.path_params["tenant"], _what(request)
    context = {
        "state": "code",
        "kind": f"{what}_verification",
        **whose(tenant),
        "sign_in": f"/t/{slug}/login",
        "csrf": field,
        "id": str(code_id),
        "action": f"/t/{slug}/verify-{what}/code",
        "again": f"/t/{slug}/verify-{what}/code/again",
        "length": looks.length,
        "numeric": looks.charset == "numeric",
        "problems": [],
        "wait": None,
        "sent_again": False,
        **more,
    }
    return page(TEMPLATE, status, context, cookie)


def _what(request: AnyRequest) -> str:
    return "phone" if f"/{request.path_params['tenant']}/verify-phone" in request.scope["path"] else "email"


def _id(fields: dict[str, str]) -> UUID | None:
    try:
        return UUID(fields.get("id", ""))
    except ValueError:
        return None


def _no_such_page(request: AnyRequest) -> Response[bytes]:
    return error_page(
        request,
        404,
        "This address is not complete",
        "Open it once more straight from the message, or type the code where you were asked for it.",
    )


ROUTES = [show_verify_phone, type_code, ask_again]
