"""The tab Profile: every field, and what is verified. A form that has become old shows what changed meanwhile."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, post

from tenantry.domain.directory.model import Person
from tenantry.domain.provisioning.actions import change_person
from tenantry.domain.recovery.request_actions import repeat_password_request
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.users.credential_actions import confirm_email, confirm_phone
from tenantry.domain.users.model import User
from tenantry.domain.verification.actions import request_email_verification, request_phone_verification
from tenantry.domain.verification.change_actions import repeat_email_change
from tenantry.domain.verification.errors import NothingToVerify
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.portal.user_fields import ADDRESS, CLAIMS, LABELS, as_fields, changes_of, typed_fields
from tenantry.surfaces.portal.user_page import ONE, Given, Tab, act

WAS = "was"
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


async def _build(_work: ReadWork, _request: AnyRequest, person: Person, given: Given) -> dict[str, Any]:
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
        "was": msgspec.json.encode(present).decode(),
        "last_login_at": person.last_login_at,
        "login_count": person.login_count,
        "more_is_open": any(
            typed[name] or name in given.problems for name in typed if name.startswith("profile.")
        ),
    }


TAB = Tab("profile", _build)


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
        what = form.get("what")
        if what == "password":
            await repeat_password_request(work, user)
        elif what == "phone":
            await request_phone_verification(work, user)
        elif what == "change":
            await repeat_email_change(work, user)
        else:
            await request_email_verification(work, user)
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
