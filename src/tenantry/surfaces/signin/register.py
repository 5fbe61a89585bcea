"""The page on which people sign up by themselves, where the tenant allows it.

Whoever signs up is sent to their mail, with a new address or a known one: the page shows nobody who has an account. Only where
the tenant has switched `registration.signInAtOnce` on does a new account go straight in.
"""

from typing import Any

import msgspec
from litestar import HttpMethod, Response, post, route

from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.invitations.guest_actions import remind_invited
from tenantry.domain.provisioning.model import PreparedPerson
from tenantry.domain.registration.actions import (
    count_registration,
    note_attempt,
    prepare_registration,
    register,
)
from tenantry.domain.registration.model import Applicant
from tenantry.domain.registration.opening import opening_for_visitor
from tenantry.domain.tenants.model import Registration
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.errors import AddressReserved, IdentifierTaken
from tenantry.domain.users.fields import MAX_EMAIL
from tenantry.domain.users.model import User
from tenantry.domain.users.rules import MAX_NAME
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.work import TenantFacts
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.caller import caller_network, client_ip, user_agent
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import count_visit
from tenantry.surfaces.kit.works import request_id
from tenantry.surfaces.signin.arriving import Faults, answer_arrival, judge_password, policy_words

ADDRESS = "/t/{tenant:str}/register"
TEMPLATE = "signin/register.html"
FORM = "register"


class _Door(msgspec.Struct, frozen=True):
    """Whose page this is, and what the tenant has set about signing up and about passwords."""

    slug: str
    tenant: TenantFacts
    settings: Registration
    rules: PasswordRules

    @property
    def is_open(self) -> bool:
        return self.settings.enabled and self.settings.mode == "open"


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_register(request: AnyRequest) -> Response[bytes]:
    door = await _door(request)
    return _form(request, door, 200, {}, Faults()) if door.is_open else _closed(request, door)


@post(ADDRESS, include_in_schema=False, status_code=200)
async def sign_up(request: AnyRequest) -> Response[bytes]:
    count_visit(request, FORM)
    form = decode_form(await request.body())
    door = await _door(request)
    if not door.is_open:
        return _closed(request, door)
    if not _guard(request, door).is_ours(request, form.get("csrf", ""), FORM):
        return _not_from_our_page(request, door)
    await _count(request)
    faults, password = Faults(), form.get("password", "")
    prepared = await _prepared(request, form, faults)
    if prepared is not None:
        faults.of["password"] = await judge_password(
            request, door.rules, prepared, door.tenant.name, password
        )
    if prepared is None or faults.under("password"):
        return _form(request, door, 422, form, faults)
    # Hashed whether or not the address is taken, so that the time taken tells nothing.
    password_hash = await services(request).hasher.hash(password)
    user = await _registered(request, prepared, password_hash)
    if user is not None and door.settings.sign_in_at_once and not door.settings.require_email_verification:
        return await answer_arrival(request, user)
    return page(TEMPLATE, 200, {**_common(door), "state": "sent", "email": prepared.clean.email})


async def _prepared(request: AnyRequest, form: dict[str, str], faults: Faults) -> PreparedPerson | None:
    """What was typed, checked; None with the faults noted."""
    applicant = Applicant(email=form.get("email", ""), name=form.get("name"))
    try:
        async with services(request).works.read(_opener(request), request_id(request)) as work:
            return await prepare_registration(work, applicant)
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE:
            raise
        faults.add(refusal)
        return None


async def _registered(request: AnyRequest, prepared: PreparedPerson, password_hash: str) -> User | None:
    """The new user; None where the address is taken, and then whoever it belongs to is told by mail."""
    found = services(request)
    try:
        async with found.works.write(_opener(request), request_id(request)) as work:
            return await register(work, prepared, password_hash)
    except (IdentifierTaken, AddressReserved):
        key = prepared.clean.email_key or ""
        async with found.works.write(_opener(request), request_id(request)) as work:
            await note_attempt(work, prepared, invited=await remind_invited(work, key))
        return None


async def _count(request: AnyRequest) -> None:
    """Counts one sign-up against the address that it comes from. Raises TooOften."""
    found = services(request)
    network = caller_network(request, found.settings.trusted_proxies)
    async with found.works.write(_opener(request), request_id(request)) as work:
        refusal = await count_registration(work, network)
    if refusal is not None:
        raise refusal


async def _door(request: AnyRequest) -> _Door:
    async with services(request).works.read(_opener(request), request_id(request)) as work:
        settings = section(work.tenant, "registration", Registration)
        return _Door(work.tenant.slug, work.tenant, settings, await get_password_rules(work, None))


def _opener(request: AnyRequest) -> OpenTenant:
    ip = client_ip(request, services(request).settings.trusted_proxies)
    return opening_for_visitor(request.path_params["tenant"], ip, user_agent(request))


def _guard(request: AnyRequest, door: _Door) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, door.slug, found.settings.address)


def _form(
    request: AnyRequest, door: _Door, status: int, typed: dict[str, str], faults: Faults
) -> Response[bytes]:
    guard = _guard(request, door)
    cookie = guard.cookie(request)
    context = {
        **_common(door),
        **policy_words(door.rules),
        "state": "form",
        "action": f"/t/{door.slug}/register",
        "csrf": guard.field(cookie, FORM),
        "domains": door.settings.allowed_email_domains,
        "email": typed.get("email", "")[:MAX_EMAIL],
        "longest_email": MAX_EMAIL,
        "name": typed.get("name", "")[:MAX_NAME],
        "longest_name": MAX_NAME,
        "email_problems": faults.under("email"),
        "name_problems": faults.under("name"),
        "problems": faults.under("password"),
    }
    return page(TEMPLATE, status, context, cookie)


def _common(door: _Door) -> dict[str, Any]:
    return {**whose(door.tenant), "sign_in": f"/t/{door.slug}/login"}


def _closed(request: AnyRequest, door: _Door) -> Response[bytes]:
    if door.settings.mode == "invitation_only" and door.settings.enabled:
        return page(TEMPLATE, 403, {**_common(door), "state": "by_invitation"})
    return error_page(
        request,
        404,
        "Nobody signs up here",
        f"{door.tenant.name} makes accounts itself. Ask your administrator for one.",
        (f"/t/{door.slug}/login", "Go to sign-in"),
    )


def _not_from_our_page(request: AnyRequest, door: _Door) -> Response[bytes]:
    return error_page(
        request,
        403,
        "The page has to be opened first",
        "Your browser did not send back the cookie that the page set. Allow cookies for this site and try once more. Nothing was"
        " changed.",
        (f"/t/{door.slug}/register", "Try once more"),
    )


ROUTES = [show_register, sign_up]
