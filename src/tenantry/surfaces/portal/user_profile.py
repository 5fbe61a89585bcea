"""The tab Profile: every field, and what is verified. A form that has become old shows what changed meanwhile."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import Response, post

from tenantry.domain.directory.model import Person
from tenantry.domain.provisioning.actions import change_person
from tenantry.domain.recovery.request_actions import repeat_password_request
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.tenants.model import Accounts
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import confirm_email, confirm_phone
from tenantry.domain.users.identifiers import find_by_identifier, read_identifier
from tenantry.domain.users.model import User
from tenantry.domain.users.profile import usual_zones
from tenantry.domain.verification.actions import request_email_verification, request_phone_verification
from tenantry.domain.verification.change_actions import repeat_email_change
from tenantry.domain.verification.errors import AlreadyVerified, NothingToVerify
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.person_words import names_of
from tenantry.surfaces.portal.frame import address
from tenantry.surfaces.portal.user_choices import LANGUAGES
from tenantry.surfaces.portal.user_fields import ADDRESS, CLAIMS, LABELS, as_fields, changes_of, typed_fields
from tenantry.surfaces.portal.user_page import ONE, Given, Tab, act, tab_path

WAS = "was"
IDENTIFIERS = {"email": "email", "phoneNumber": "phone", "username": "username"}
"""Fields that no two users share, and which kind of identifier each is."""
SENDS: dict[str, Callable[[Work, User], Awaitable[Any]]] = {
    "password": repeat_password_request,
    "email": request_email_verification,
    "phone": request_phone_verification,
    "change": repeat_email_change,
}
"""What can be sent once more, by the word of the form."""
_decoder = msgspec.json.Decoder(dict[str, str])


class ChangedMeanwhile(DomainError):
    """Somebody else has changed fields of the form since it was opened."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT,
            "changed_meanwhile",
            "Somebody else has changed this user since you opened the page, so nothing was saved. Look at what is different below"
            " and save once more.",
        )


async def _build(work: ReadWork, request: AnyRequest, person: Person, given: Given) -> dict[str, Any]:
    user = person.user
    present = as_fields(user)
    typed: Mapping[str, str] = present
    conflicts: list[dict[str, Any]] = []
    if given.form is not None and "version" in given.form:
        typed, conflicts = _merged(given.form, user, present)
    return {
        "values": typed,
        "labels": LABELS,
        "claims": CLAIMS,
        "address_parts": ADDRESS,
        "conflicts": conflicts,
        "choices": {"locale": LANGUAGES, "zoneinfo": [(zone, "") for zone in usual_zones()]},
        "owners": await _owners(work, request, user, given),
        "was": msgspec.json.encode(present).decode(),
        "last_login_at": person.last_login_at,
        "login_count": person.login_count,
        "more_is_open": any(
            typed[name] or given.faults.under(name) for name in typed if name.startswith("profile.")
        ),
    }


TAB = Tab("profile", _build, LABELS)


async def _owners(
    work: ReadWork, request: AnyRequest, user: User, given: Given
) -> dict[str, tuple[str, str]]:
    """By field, the address and the name of who has what was typed there already, where it was refused."""
    if given.form is None or not work.actor.may(users.READ):
        return {}
    region = section(work.tenant, "accounts", Accounts).default_phone_region
    found = {}
    for field, kind in IDENTIFIERS.items():
        if not given.faults.under(field):
            continue
        named = read_identifier(given.form.get(field), (kind,), region)
        owner = await find_by_identifier(work, named, with_deleted=True)
        if owner is not None and owner.id != user.id:
            found[field] = (address(request, tab_path(owner.id, TAB.name)), names_of(owner)[0])
    return found


def _merged(
    form: Form, user: User, present: Mapping[str, str]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What the form holds when it is shown again, and the fields that somebody else has changed since it was opened: what a field
    was, what it is, and what was typed into it. What nobody typed into follows the other's change."""
    was = _was(form, user, present)
    mine = typed_fields(form, present)
    merged = {name: mine[name] if mine[name] != was[name].strip() else present[name] for name in present}
    conflicts = [
        {
            "label": LABELS[name],
            "was": was[name],
            "is": present[name],
            "mine": mine[name] if mine[name] != was[name].strip() else None,
        }
        for name in present
        if was[name] != present[name]
    ]
    return merged, conflicts


def _was(form: Form, user: User, present: Mapping[str, str]) -> dict[str, str]:
    """What the fields were when the form was opened. Without that, a form of another version was of empty fields."""
    try:
        told = _decoder.decode(form.get(WAS))
    except (msgspec.MsgspecError, UnicodeError):
        told = {} if form.get("version") == str(user.version) else dict.fromkeys(present, "")
    return {name: told.get(name, text) for name, text in present.items()}


@post(ONE, include_in_schema=False, status_code=200)
async def save_profile(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        present = as_fields(user)
        if any(was != present[name] for name, was in _was(form, user, present).items()):
            raise ChangedMeanwhile
        problems = Problems()
        changes = changes_of(typed_fields(form, present), present, problems)
        changed = False
        try:
            changed = await change_person(work, user, changes)
        except DomainError as refusal:
            if not problems or not refusal.fields or refusal.kind is Kind.FORBIDDEN:
                raise
            for name, problem in refusal.fields.items():
                problems.add(name, problem)
        # All faults are named at once, whoever found them; nothing is stored then.
        problems.raise_if_any()
        return "saved" if changed else "unchanged"

    return await act(request, TAB, do)


@post(f"{ONE}/resend", include_in_schema=False, status_code=200)
async def resend(request: AnyRequest) -> Response[bytes]:
    """Sends once more what the user waits for."""

    async def do(work: Work, user: User, form: Form) -> str:
        sends = SENDS.get(form.get("what"), request_email_verification)
        try:
            await sends(work, user)
        except AlreadyVerified:
            # Somebody has opened the link while this page stood open.
            return "verified-already"
        return "resent"

    return await act(request, TAB, do)


@post(f"{ONE}/mark-verified", include_in_schema=False, status_code=200)
async def mark_verified(request: AnyRequest) -> Response[bytes]:
    """Takes the administrator's word for it that an address or number is the user's."""

    async def do(work: Work, user: User, form: Form) -> str:
        await refuse_taking_over(work, user)
        if form.get("what") == "phone":
            if user.phone is None:
                raise NothingToVerify("phoneNumber")
            await confirm_phone(work, user)
        else:
            if user.email is None:
                raise NothingToVerify("email")
            await confirm_email(work, user)
        return "verified"

    return await act(request, TAB, do)


ROUTES = [save_profile, resend, mark_verified]
