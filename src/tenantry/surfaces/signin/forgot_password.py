"""The pages on which somebody asks for a new password, and types the code that was sent to them.

Every answer is the same whoever exists: what was asked for is only noted, and whether anything is sent is decided afterwards. So
a code page stands behind every request, also behind one that names nobody.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.errors import TooManyCodes, WrongCode
from tenantry.domain.codes.model import Form
from tenantry.domain.recovery.actions import exchange_code
from tenantry.domain.recovery.model import Handle, Method
from tenantry.domain.recovery.opening import open_for_visitor
from tenantry.domain.recovery.request_actions import (
    count_code_try,
    count_request,
    request_another_code,
    request_recovery,
)
from tenantry.domain.tenants.model import OneTimeCodes, Recovery, SignIn
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.identifiers import LONGEST
from tenantry.kernel.work import TenantFacts
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.caller import caller_network, client_ip, user_agent
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id

ADDRESS = "/t/{tenant:str}/forgot-password"
TEMPLATE = "signin/forgot_password.html"
PRESSES_A_MINUTE = 60
"""How often one address may send a form, whatever the tenant allows; each press costs a write."""
WAYS = {
    Method.EMAIL_LINK: ("A link by email", "Open it and choose a new password."),
    Method.EMAIL_OTP: ("A code by email", "Type it on the next page."),
    Method.SMS_OTP: ("A code by text message", "Type it on the next page."),
}
VIA = {"email": Method.EMAIL_OTP, "sms": Method.SMS_OTP}
LABELS = {"email": "email", "username": "username", "phone": "phone number"}


class _Door(msgspec.Struct, frozen=True):
    """Whose page this is, and what the tenant has set about recovery."""

    slug: str
    tenant: TenantFacts
    methods: tuple[Method, ...]
    identifiers: tuple[str, ...]
    codes: OneTimeCodes


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_forgot_password(request: AnyRequest) -> Response[bytes]:
    door = await _door(request)
    return _form(request, door, 200) if door.methods else _off(request, door)


@post(ADDRESS, include_in_schema=False, status_code=303)
async def ask(request: AnyRequest) -> Response[bytes]:
    network = _counted(request)
    form = decode_form(await request.body())
    door = await _door(request)
    if not door.methods:
        return _off(request, door)
    if not _guard(request, door).is_ours(request, form.get("csrf", ""), "forgot-password"):
        return _not_from_our_page(request, door)
    typed, method = form.get("identifier", ""), _chosen(door, form.get("method"))
    if not typed.strip() or len(typed) > LONGEST or method is None:
        return _form(request, door, 422, typed, method)
    found = services(request)
    async with found.works.write(_opener(request), request_id(request)) as work:
        refusal = await count_request(work, network, typed, method)
    if refusal is not None:
        raise refusal
    async with found.works.write(_opener(request), request_id(request)) as work:
        handle = await request_recovery(work, typed, method)
    if method.form is Form.LINK:
        return _see_other(f"/t/{door.slug}/forgot-password/sent")
    return _see_other(_code_address(door, handle))


@route(
    f"{ADDRESS}/sent",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    include_in_schema=False,
    status_code=200,
)
async def show_sent(request: AnyRequest) -> Response[bytes]:
    return page(TEMPLATE, 200, {**_common(await _door(request)), "state": "sent"})


@route(
    f"{ADDRESS}/code",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    include_in_schema=False,
    status_code=200,
)
async def show_code(request: AnyRequest) -> Response[bytes]:
    door, query = await _door(request), decode_form(request.scope["query_string"])
    handle = _handle(query)
    if handle is None:
        return _no_such_page(request, door)
    return _code_form(request, door, handle, 200, {"sent_again": "again" in query})


@post(f"{ADDRESS}/code", include_in_schema=False, status_code=303)
async def type_code(request: AnyRequest) -> Response[bytes]:
    network = _counted(request)
    form = decode_form(await request.body())
    door, handle = await _door(request), _handle(form)
    if handle is None:
        return _no_such_page(request, door)
    if not _guard(request, door).is_ours(request, form.get("csrf", ""), str(handle.id)):
        return _not_from_our_page(request, door)
    found = services(request)
    async with found.works.write(_opener(request), request_id(request)) as work:
        refusal = await count_code_try(work, network)
    if refusal is not None:
        raise refusal
    # A wrong code is counted, so what follows is committed whatever comes of it.
    async with found.works.write(_opener(request), request_id(request)) as work:
        token = await exchange_code(work, handle.id, form.get("code", ""), found.sealer)
    if token is None:
        return _code_form(request, door, handle, 422, {"problems": [WrongCode().message]})
    return _see_other(f"/t/{door.slug}/reset-password?token={token}")


@post(f"{ADDRESS}/code/again", include_in_schema=False, status_code=303)
async def ask_again(request: AnyRequest) -> Response[bytes]:
    network = _counted(request)
    form = decode_form(await request.body())
    door, handle = await _door(request), _handle(form)
    if handle is None:
        return _no_such_page(request, door)
    if not _guard(request, door).is_ours(request, form.get("csrf", ""), str(handle.id)):
        return _not_from_our_page(request, door)
    found = services(request)
    async with found.works.write(_opener(request), request_id(request)) as work:
        refusal = await count_request(work, network, str(handle.id), Method.EMAIL_LINK)
    if refusal is not None:
        raise refusal
    try:
        async with found.works.write(_opener(request), request_id(request)) as work:
            fresh = await request_another_code(work, handle.id, handle.method)
    except TooManyCodes as too_soon:
        return _code_form(request, door, handle, 429, {"wait": too_soon.retry_after})
    return _see_other(f"{_code_address(door, fresh)}&again=1")


def _counted(request: AnyRequest) -> str:
    """Where the press comes from, once it is counted. Raises RateLimited."""
    found = services(request)
    network = caller_network(request, found.settings.trusted_proxies)
    found.limits.take(f"forgot-password {network}", Category.WRITE, PRESSES_A_MINUTE)
    return network


async def _door(request: AnyRequest) -> _Door:
    async with services(request).works.read(_opener(request), request_id(request)) as work:
        return _Door(
            work.tenant.slug,
            work.tenant,
            tuple(Method(name) for name in section(work.tenant, "recovery", Recovery).methods),
            tuple(section(work.tenant, "signIn", SignIn).identifiers),
            section(work.tenant, "oneTimeCodes", OneTimeCodes),
        )


def _opener(request: AnyRequest) -> OpenTenant:
    ip = client_ip(request, services(request).settings.trusted_proxies)
    return open_for_visitor(request.path_params["tenant"], ip, user_agent(request))


def _guard(request: AnyRequest, door: _Door) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, door.slug, found.settings.address)


def _chosen(door: _Door, name: str | None) -> Method | None:
    if len(door.methods) == 1:
        return door.methods[0]
    return next((method for method in door.methods if method.value == name), None)


def _handle(fields: dict[str, str]) -> Handle | None:
    try:
        return Handle(UUID(fields.get("id", "")), VIA.get(fields.get("via", ""), Method.EMAIL_OTP))
    except ValueError:
        return None


def _via(handle: Handle) -> str:
    return "sms" if handle.method is Method.SMS_OTP else "email"


def _code_address(door: _Door, handle: Handle) -> str:
    return f"/t/{door.slug}/forgot-password/code?id={handle.id}&via={_via(handle)}"


def _common(door: _Door) -> dict[str, Any]:
    at = f"/t/{door.slug}/forgot-password"
    return {
        **whose(door.tenant),
        "sign_in": f"/t/{door.slug}/login",
        "action": at,
        "start": at if door.methods else None,
    }


def _form(
    request: AnyRequest, door: _Door, status: int, typed: str | None = None, method: Method | None = None
) -> Response[bytes]:
    """The form, empty or with what is wrong about it; only what was typed decides about that."""
    guard = _guard(request, door)
    cookie = guard.cookie(request)
    label = _either([LABELS[kind] for kind in door.identifiers])
    unusable = typed is not None and (not typed.strip() or len(typed) > LONGEST)
    context = {
        **_common(door),
        "state": "form",
        "csrf": guard.field(cookie, "forgot-password"),
        "label": label,
        "only_email": door.identifiers == ("email",),
        "typed": (typed or "")[:LONGEST],
        "problems": [f"Type the {label} of your account."] if unusable else [],
        "ways": [(one.value, *WAYS[one]) for one in door.methods],
        "way": method.value if method else door.methods[0].value,
    }
    return page(TEMPLATE, status, context, cookie)


def _code_form(
    request: AnyRequest, door: _Door, handle: Handle, status: int, more: dict[str, Any]
) -> Response[bytes]:
    guard = _guard(request, door)
    cookie = guard.cookie(request)
    at = f"/t/{door.slug}/forgot-password/code"
    context = {
        **_common(door),
        "state": "code",
        "csrf": guard.field(cookie, str(handle.id)),
        "id": str(handle.id),
        "via": _via(handle),
        "action": at,
        "again": f"{at}/again",
        "length": door.codes.length,
        "numeric": door.codes.charset == "numeric",
        "problems": [],
        "wait": None,
        "sent_again": False,
        **more,
    }
    return page(TEMPLATE, status, context, cookie)


def _either(words: list[str]) -> str:
    """The words as a choice: "email, username or phone number"."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _see_other(address: str) -> Response[bytes]:
    # An address with a one-time token in it is told to nobody.
    headers = {"location": address, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(b"", status_code=303, headers=headers, media_type="text/html")


def _off(request: AnyRequest, door: _Door) -> Response[bytes]:
    return error_page(
        request,
        404,
        "A password cannot be recovered here",
        f"{door.tenant.name} hands out new passwords itself. Ask your administrator for one.",
        (f"/t/{door.slug}/login", "Back to sign-in"),
    )


def _no_such_page(request: AnyRequest, door: _Door) -> Response[bytes]:
    return error_page(
        request,
        404,
        "This address is not complete",
        "Open it once more straight from the message, or ask for a new code.",
        (f"/t/{door.slug}/forgot-password", "Ask for a new code"),
    )


def _not_from_our_page(request: AnyRequest, door: _Door) -> Response[bytes]:
    return error_page(
        request,
        403,
        "The page has to be opened first",
        "Your browser did not send back the cookie that the page set. Allow cookies for this site and try once more. Nothing was"
        " changed.",
        (f"/t/{door.slug}/forgot-password", "Try once more"),
    )


ROUTES = [show_forgot_password, ask, show_sent, show_code, type_code, ask_again]
