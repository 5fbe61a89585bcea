"""Inviting many people at once: addresses that are pasted or come in a file, with an answer for each."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException

from tenantry.domain.invitations.actions import invite_many
from tenantry.domain.invitations.model import MAX_MESSAGE, MOST_AT_ONCE, NewInvitation
from tenantry.domain.users import permissions as users
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.uploads import decode_upload
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.portal.address_lines import Entry, Unreadable, entries_of, text_of
from tenantry.surfaces.portal.faults import Faults
from tenantry.surfaces.portal.frame import View, address, check_ours, show
from tenantry.surfaces.portal.picks import FIELDS as PICKS
from tenantry.surfaces.portal.picks import message_of, picked_in, picks

PATH = "/access-management/invitations/bulk"
VIEW = View("invitations", "portal/invitations_bulk.html")
RESULT = View("invitations", "portal/invitations_result.html")
FIELDS = ("addresses", "file", "message", *PICKS)
NOT_TEXT = "this is no text file in UTF-8. Save the table as CSV (UTF-8), or paste the addresses"
MOST_BYTES = 1_000_000
"""The pasted addresses and the file together, far more than so many people need."""
READ_BYTES = 4 * MOST_BYTES
"""What is too large is read up to here, so that what was pasted can be given back."""
TOO_LARGE = "the addresses and the file together must have at most 1 MB. Send them in parts"


class Row(msgspec.Struct, frozen=True):
    """What became of one entry, and how it is written for another try. `link` leads to the invitation, or to what stands in its
    way."""

    text: str
    again: str
    invited: bool
    says: str
    link: str
    link_label: str


@get(PATH, include_in_schema=False)
async def show_bulk(request: AnyRequest) -> Response[bytes]:
    return await _form(request, Form([]), Faults(FIELDS))


@post(PATH, include_in_schema=False, status_code=200, request_max_body_size=READ_BYTES)
async def invite_all(request: AnyRequest) -> Response[bytes]:
    async with Person(request).reading() as work:
        # Asked first: taking so much text apart is nothing to do for strangers.
        work.require(users.CREATE)
    faults = Faults(FIELDS)
    try:
        upload = await decode_upload(request)
    except HTTPException as error:
        if error.status_code != 413:
            raise
        faults.note("addresses", f"{TOO_LARGE}. What you pasted is on the page before, if it is not here")
        return await _form(request, Form([]), faults, 413, unread=True)
    form, content = upload.form, upload.files.get("file", b"")
    pasted = sum(len(value.encode()) for _, value in form.pairs)
    if pasted + len(content) > MOST_BYTES:
        faults.note("file" if len(content) > pasted else "addresses", TOO_LARGE)
        return await _form(request, form, faults, 413)
    entries = await asyncio.to_thread(_entries, form, content, faults)
    if faults:
        return await _form(request, form, faults, 422)
    try:
        answers = await _invited(request, form, entries)
    except DomainError as refusal:
        faults.add(refusal)
        return await _form(request, form, faults, REFUSALS[refusal.kind][0])
    refused = _for_all(answers)
    if refused is not None:
        faults.add(refused)
        return await _form(request, form, faults, REFUSALS[refused.kind][0])
    return await _show_result(request, form, entries, answers)


async def _invited(request: AnyRequest, form: Form, entries: list[Entry]) -> list[UUID | DomainError]:
    person = Person(request)
    async with person.writing() as work:
        check_ours(request, form, person.session)
        # Nobody invites whom the answer could not show them.
        work.require(users.READ)
        # Once for all: a form may bring more than it takes a moment to read.
        roles, groups, message = picked_in(form, "roles"), picked_in(form, "groups"), message_of(form)
        wanted = [
            NewInvitation(email=entry.email, name=entry.name, roles=roles, groups=groups, message=message)
            for entry in entries
        ]
        return await invite_many(work, wanted)


def _entries(form: Form, content: bytes, faults: Faults) -> list[Entry]:
    """Everybody who was pasted, then everybody in the file; what is wrong is noted. Takes up to a second, so not for the event
    loop."""
    entries = entries_of(form.get("addresses"), MOST_AT_ONCE + 1)
    try:
        entries += entries_of(text_of(content), MOST_AT_ONCE + 1)
    except Unreadable:
        faults.note("file", NOT_TEXT)
        return []
    if not entries:
        faults.note("addresses", "paste at least one address, or choose a file with some")
    elif len(entries) > MOST_AT_ONCE:
        faults.note(
            "addresses",
            f"at most {MOST_AT_ONCE:,} people can be invited at once, and these are more. Send them in parts",
        )
    return entries


def _for_all(answers: list[UUID | DomainError]) -> DomainError | None:
    """What is wrong with what the form says for everybody, such as a role: then nobody was invited."""
    if any(isinstance(one, UUID) for one in answers):
        return None
    shared = {*PICKS, "message", "permission"}
    return next((one for one in answers if isinstance(one, DomainError) and shared & one.fields.keys()), None)


async def _form(
    request: AnyRequest, form: Form, faults: Faults, status: int = 200, *, unread: bool = False
) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        work.require(users.CREATE)
        return {
            **await picks(work, form, faults),
            "form": form,
            "problems": faults.under,
            "on_top": faults.on_top,
            "faulty": bool(faults),
            "action": address(request, PATH),
            "list": address(request, "/access-management/invitations"),
            "most": MOST_AT_ONCE,
            "most_bytes": MOST_BYTES,
            "unread": unread,
            "longest_message": MAX_MESSAGE,
        }

    return await show(request, VIEW, build, status)


async def _show_result(
    request: AnyRequest, form: Form, entries: list[Entry], answers: list[UUID | DomainError]
) -> Response[bytes]:
    rows = [_row(request, entry, answer) for entry, answer in zip(entries, answers, strict=True)]

    async def build(_: ReadWork) -> dict[str, Any]:
        return {
            # Those who were refused stand first: with them there is something to do.
            "rows": sorted(rows, key=lambda row: row.invited),
            "invited": sum(row.invited for row in rows),
            "refused": sum(not row.invited for row in rows),
            "again": "\n".join(row.again for row in rows if not row.invited),
            "kept": [(name, value) for name, value in form.pairs if name in ("message", *PICKS)],
            "action": address(request, PATH),
            "list": address(request, "/access-management/invitations"),
        }

    return await show(request, RESULT, build)


def _row(request: AnyRequest, entry: Entry, answer: UUID | DomainError) -> Row:
    there = address(request, "/access-management")
    again = f"{entry.name} <{entry.email}>" if entry.name else entry.email or entry.text
    if isinstance(answer, UUID):
        return Row(entry.text, again, True, "Invited.", f"{there}/invitations/{answer}", "Open")
    link, label = "", ""
    if "userId" in answer.fields:
        link, label = f"{there}/users/{answer.fields['userId']}", "Edit that user"
    elif "invitationId" in answer.fields:
        link, label = f"{there}/invitations/{answer.fields['invitationId']}", "Open that invitation"
    problems = [text for name, text in answer.fields.items() if name not in ("userId", "invitationId")]
    says = " ".join(sentence(problem) for problem in problems) or answer.message
    return Row(entry.text, again, False, says, link, label)


ROUTES = [show_bulk, invite_all]
