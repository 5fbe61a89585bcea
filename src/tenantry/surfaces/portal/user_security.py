"""The tab Security: the password and the second factors of a user."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, post

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.credentials.checks import demands, words_of
from tenantry.domain.credentials.model import SECTION, PasswordRules
from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.directory.model import Person
from tenantry.domain.factors.actions import reset_factors
from tenantry.domain.factors.queries import list_factors
from tenantry.domain.provisioning.actions import change_person
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.request_actions import AT_SIGN_IN, force_password_reset, request_password_reset
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.tenants.model import Recovery
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.model import PasswordPending, User, UserChanges, UserKind
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.errors import DomainError
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit import visitors
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.portal.frame import check_ours, done, form_of
from tenantry.surfaces.portal.user_page import (
    NOT_HERE,
    ONE,
    Given,
    Tab,
    act,
    confirmed,
    is_reachable,
    refused,
    show_tab,
    tab_path,
)

METHODS = {
    Method.EMAIL_LINK: ("A link by email", "It opens a page on which they choose a password."),
    Method.EMAIL_OTP: ("A code by email", "A one-time code that they type on the sign-in pages."),
    Method.SMS_OTP: ("A code by text message", "A one-time code to their phone number."),
}
AT_NEXT = ("At the next sign-in", "The present password works once more, only to choose a new one.")
FACTORS = {
    "totp": "Authenticator app",
    "sms_otp": "Codes by text message",
    "email_otp": "Codes by email",
    "passkey": "Passkey",
    "backup_codes": "Backup codes",
}
Made = Callable[[PasswordRules, PersonalWords], Awaitable[str]]


SWITCHES = {
    "password": lambda on: UserChanges(must_change_password=on),
    "factor": lambda on: UserChanges(must_enrol_mfa=on),
}
"""What the next sign-in may ask for, by the word of the form, and the change that says so."""


async def _build(work: ReadWork, _request: AnyRequest, person: Person, given: Given) -> dict[str, Any]:
    user = person.user
    ways = _ways(user) if is_reachable(work, user) else []
    demandable = user.password_pending != PasswordPending.INITIAL_SETUP
    old_works = section(work.tenant, "recovery", Recovery).old_password_works_until_reset
    return {
        "has_password": person.has_password,
        "factors": [
            (FACTORS.get(factor.kind, factor.kind), factor) for factor in await list_factors(work, user.id)
        ],
        "rules": demands(section(work.tenant, SECTION, PasswordPolicy)),
        "ways": ways,
        "force_ways": ([(AT_SIGN_IN, *AT_NEXT)] if old_works else []) + ways if demandable else [],
        "old_works": old_works,
        "switches": _switches(person),
        "shown_password": given.more.get("password"),
    }


TAB = Tab("security", _build, ("password", "method", "confirm"))


def _switches(person: Person) -> list[str]:
    """Those of SWITCHES that mean something for the user, and those that stand on.

    A service never signs in on pages. Without a password there is none to change, and a new one that is demanded is asked for
    anyway.
    """
    user = person.user
    changeable = person.has_password and user.password_pending is None
    return [
        *(["password"] if changeable or user.must_change_password else []),
        *(["factor"] if user.kind != UserKind.SERVICE or user.must_enrol_mfa else []),
    ]


def _ways(user: User) -> list[tuple[str, str, str]]:
    """By which methods the user can be reached: the method, its name and what it means."""
    return [
        (method.value, *words)
        for method, words in METHODS.items()
        if (user.phone if method is Method.SMS_OTP else user.email) is not None
    ]


@post(f"{ONE}/password", include_in_schema=False, status_code=200)
async def set_password(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    found = services(request)

    async def judged(rules: PasswordRules, about: PersonalWords) -> str:
        password = form.get("password")
        if not password:
            raise FieldError("password", "type the new password")
        await found.passwords.check_change(rules, password, about)
        return password

    try:
        user, _ = await _store(request, form, judged)
    except NOT_HERE:
        raise
    except DomainError as refusal:
        return await show_tab(request, TAB, refused(TAB, refusal, form, "set-password"))
    return done(request, tab_path(user.id, TAB.name), "password")


@post(f"{ONE}/password/generate", include_in_schema=False, status_code=200)
async def generate_password(request: AnyRequest) -> Response[bytes]:
    """The password is in the answer itself: it is shown this once, and stored nowhere."""
    form = await form_of(request)
    found = services(request)

    async def made_up(rules: PasswordRules, about: PersonalWords) -> str:
        return await found.passwords.generate(rules.policy, about)

    try:
        _, password = await _store(request, form, made_up)
    except NOT_HERE:
        raise
    except DomainError as refusal:
        return await show_tab(request, TAB, refused(TAB, refusal, form, "generate-password"))
    return await show_tab(request, TAB, Given(more={"password": password}))


async def _store(request: AnyRequest, form: Form, made: Made) -> tuple[User, str]:
    """Reads and guards first and hashes outside any unit of work, so that no connection waits for a hash."""
    person = visitors.Person(request)
    ref = parse_ref(request.path_params["user_id"])
    async with person.reading() as work:
        check_ours(request, form, person.session)
        user = await get_user(work, ref)
        # Before the password is looked at: whether it was theirs before is an answer that only their equal may have.
        await refuse_taking_over(work, user)
        about, rules = words_of(user, work.tenant.name), await get_password_rules(work, user.id)
    password = await made(rules, about)
    password_hash = await services(request).hasher.hash(password)
    async with person.writing() as work:
        locked = await get_user_for_change(work, ref)
        temporary, notify = form.ticked("temporary"), form.ticked("notify") and user.email is not None
        await store_password(work, locked, password_hash, temporary=temporary, by_admin=True, notify=notify)
    return locked, password


@post(f"{ONE}/password-reset", include_in_schema=False, status_code=200)
async def send_reset(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        await request_password_reset(work, user, _method(form))
        return "reset-sent"

    return await act(request, TAB, do, opens="send-reset")


@post(f"{ONE}/force-reset", include_in_schema=False, status_code=200)
async def force_reset(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        confirmed(form)
        method = None if form.get("method") == AT_SIGN_IN else _method(form)
        await force_password_reset(work, user, method)
        return "forced"

    return await act(request, TAB, do, opens="force-reset")


@post(f"{ONE}/next-sign-in", include_in_schema=False, status_code=200)
async def switch(request: AnyRequest) -> Response[bytes]:
    """Switches on or off that the next sign-in asks for something."""

    async def do(work: Work, user: User, form: Form) -> str:
        asked = SWITCHES.get(form.get("what"))
        if asked is None or form.get("on") not in ("yes", "no"):
            raise FieldError("switch", "switch one of these on or off")
        changed = await change_person(work, user, asked(form.get("on") == "yes"))
        return "switched" if changed else "unchanged"

    return await act(request, TAB, do)


@post(f"{ONE}/mfa-reset", include_in_schema=False, status_code=200)
async def reset_mfa(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        confirmed(form)
        await reset_factors(work, user)
        return "mfa"

    return await act(request, TAB, do, opens="reset-mfa")


def _method(form: Form) -> Method:
    try:
        return Method(form.get("method"))
    except ValueError as error:
        raise FieldError("method", "choose one of the ways") from error


ROUTES = [set_password, generate_password, send_reset, force_reset, switch, reset_mfa]
