"""The page on which somebody who is signed in asks for another address, and sees and cancels a change under way."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.sessions.errors import SessionEnded
from tenantry.domain.users.model import User
from tenantry.domain.verification.actions import request_email_verification
from tenantry.domain.verification.change_actions import (
    cancel_email_change,
    repeat_email_change,
    request_email_change,
)
from tenantry.domain.verification.opening import OpenOwnAccount
from tenantry.domain.verification.queries import get_own_user, get_own_user_for_change
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import Work
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import Person, session_cookie, sign_in_address
from tenantry.surfaces.kit.works import request_id

ADDRESS = "/t/{tenant:str}/account/email"
TEMPLATE = "account/email.html"
LONGEST = 320
TOLD = {
    "asked": "A mail is on its way to the new address. Open the link in it to confirm the change.",
    "again": "Another mail is on its way. Only the newest link works.",
    "cancelled": "The change is cancelled. Your address stays as it is.",
    "verify": "A mail is on its way to your address.",
    "nothing": "There was nothing left to do.",
}


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_email(request: AnyRequest) -> Response[bytes]:
    told = TOLD.get(decode_form(request.scope["query_string"]).get("told", ""))
    try:
        return await _page(request, 200, told=told)
    except SessionEnded:
        return _to_sign_in(request)


@post(ADDRESS, include_in_schema=False, status_code=200)
async def change_email(request: AnyRequest) -> Response[bytes]:
    """Asks for a change, sends its link once more, or cancels it, as the pressed button says."""
    form = decode_form(await request.body())
    person, found = Person(request), services(request)
    opener = OpenOwnAccount(person.opener(Category.WRITE))
    try:
        async with found.works.write(opener, request_id(request)) as work:
            if not _guard(request).is_ours(request, form.get("csrf", ""), _about(person.session)):
                return _not_from_our_page(request)
            told = await _act(work, form)
    except SessionEnded:
        return _to_sign_in(request)
    except TooManyCodes as too_soon:
        return await _page(request, 429, wait=too_soon.retry_after, typed=form.get("email", ""))
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE or "email" not in refusal.fields:
            raise
        problem = refusal.fields["email"]
        problems = [problem[0].upper() + problem[1:] + "."]
        return await _page(request, 422, problems=problems, typed=form.get("email", ""))
    return redirect(f"/t/{request.path_params['tenant']}/account/email?told={told}")


async def _act(work: Work, form: dict[str, str]) -> str:
    user = await get_own_user_for_change(work)
    do = form.get("do", "")
    if do == "cancel":
        await cancel_email_change(work, user)
        return "cancelled"
    if do == "again":
        if user.pending_email is None:
            return "nothing"
        await repeat_email_change(work, user)
        return "again"
    if do == "verify":
        if user.email is None or user.email_verified:
            return "nothing"
        await request_email_verification(work, user)
        return "verify"
    await request_email_change(work, user, form.get("email", "")[: LONGEST + 1])
    return "asked"


async def _page(request: AnyRequest, status: int, **more: Any) -> Response[bytes]:
    person, found = Person(request), services(request)
    opener = OpenOwnAccount(person.opener(Category.READ))
    async with found.works.read(opener, request_id(request)) as work:
        user = await get_own_user(work)
        tenant = work.tenant
    guard = _guard(request)
    cookie = guard.cookie(request)
    context = {
        **_facts(request, user),
        **whose(tenant),
        "csrf": guard.field(cookie, _about(person.session)),
        "problems": [],
        "typed": "",
        "wait": None,
        "told": None,
        **more,
    }
    return page(TEMPLATE, status, context, cookie)


def _facts(request: AnyRequest, user: User) -> dict[str, Any]:
    slug = request.path_params["tenant"]
    return {
        "account": user.email or user.username or user.phone,
        "email": user.email,
        "verified": user.email_verified,
        "pending": user.pending_email,
        "action": f"/t/{slug}/account/email",
        "sign_out": f"/t/{slug}/logout",
    }


def _about(session_id: UUID) -> str:
    """Forms of a page are good in this session alone; that of signing out is the same on every page of the account."""
    return f"account {session_id}"


def _to_sign_in(request: AnyRequest) -> Response[bytes]:
    address = sign_in_address(request, f"/t/{request.path_params['tenant']}/account/email")
    return redirect(address, session_cookie(request).clear())


def _not_from_our_page(request: AnyRequest) -> Response[bytes]:
    return error_page(
        request,
        403,
        "That did not come from this page",
        "Nothing has changed. Open the page once more and press the button there.",
        (f"/t/{request.path_params['tenant']}/account/email", "Your email address"),
    )


def _guard(request: AnyRequest) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, request.path_params["tenant"], found.settings.address)


ROUTES = [show_email, change_email]
