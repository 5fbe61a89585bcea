"""The texts of mails and text messages: which there are, and one of them to write, look at and put back.

A preview is an answer of its own to the form of the page, shown in a frame: mail is styled inline, which the policy of our pages
does not allow, and nothing is kept between two requests.
"""

import difflib
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response, get, post

from tenantry.domain.mail_templates import permissions
from tenantry.domain.mail_templates.actions import reset_template, save_template
from tenantry.domain.mail_templates.errors import TemplateChanged
from tenantry.domain.mail_templates.model import Medium, Role, TemplateKind, Texts
from tenantry.domain.mail_templates.queries import find_kind, get_template, list_templates
from tenantry.domain.notices.actions import preview, send_test_to_oneself
from tenantry.domain.notices.errors import NowhereToSend, TooManyTests
from tenantry.domain.notices.queries import find_own_address
from tenantry.domain.notices.starters import starter
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.audit_words import in_words
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.portal.frame import View, address, check_ours, done, form_of, show, submit, told_of

PATH = "/configuration/mail-templates"
ONE = f"{PATH}/{{kind:str}}"
VIEW = View("mail-templates", "portal/mail_templates.html")
EDITOR = View("mail-templates", "portal/mail_template.html")
PREVIEW = "portal/mail_preview.html"
TOLD = {
    "saved": "The text has been saved. From now on it is sent.",
    "built-in": "This is the built-in text, so that is what is sent.",
    "unchanged": "Nothing was different, so nothing has changed.",
    "reset": "The built-in text is sent again.",
}
MOST_COMPARED = 1000
"""So many lines of a text, theirs and yours together, are compared."""
PARTS = {"subject": "Subject", "text": "Plain text", "html": "HTML"}
CONFIRMED = "confirmed"
ROLE_WORDS = {Role.TEXT: "text", Role.ADDRESS: "address", Role.FLAG: "yes or no"}
NEEDS_TICK = "tick the box: your own text will be gone"


class Edited(msgspec.Struct):
    """A text that is shown again: as it was typed, from which version on, what is wrong with it, and whether somebody else has
    stored another one since. What was refused as a whole says why in `alert`; `told` is what was done all the same."""

    texts: Texts
    version: int = -1
    problems: dict[str, str] = msgspec.field(default_factory=dict)
    is_stale: bool = False
    alert: str | None = None
    told: str | None = None


class DiffLine(msgspec.Struct, frozen=True):
    """A line that only theirs has ("-"), that only one's own has ("+"), or that both have (" ")."""

    mark: str
    text: str


@get(PATH, include_in_schema=False)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        rows = [
            {
                "name": kind.name,
                "label": in_words(kind.name.removesuffix("_sms")),
                "meaning": kind.meaning,
                "is_sms": kind.medium is Medium.SMS,
                "is_own": own.texts is not None,
                "updated_at": own.updated_at,
            }
            for kind, own in await list_templates(work)
        ]
        return {"rows": rows, "path": address(request, PATH)}

    return await show(request, VIEW, build)


@get(ONE, include_in_schema=False)
async def show_one(request: AnyRequest) -> Response[bytes]:
    return await _editor(request)


@post(ONE, include_in_schema=False)
async def save(request: AnyRequest) -> Response[bytes]:
    kind = _kind(request)

    async def do(work: Work, form: Form) -> str:
        texts, built_in = _texts(kind, form), starter(kind)
        before = await get_template(work, kind)
        saved = await save_template(work, kind, texts, _version(form), built_in=built_in)
        if saved.version == before.version:
            return "unchanged"
        return "saved" if saved.texts is not None else "built-in"

    try:
        told = await submit(request, do)
    except TemplateChanged:
        edited = Edited(_texts(kind, await form_of(request)), is_stale=True)
        return await _editor(request, edited, HTTPStatus.CONFLICT)
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE:
            raise
        form = await form_of(request)
        edited = Edited(_texts(kind, form), _version(form), _problems(refusal))
        return await _editor(request, edited, HTTPStatus.UNPROCESSABLE_ENTITY)
    return done(request, f"{PATH}/{kind.name}", told)


@post(f"{ONE}/test", include_in_schema=False, status_code=200)
async def send_one_to_me(request: AnyRequest) -> Response[bytes]:
    """Sends what stands in the form, saved or not, to whoever pressed the button; the form stays as it is."""
    kind, found = _kind(request), services(request)
    form = await form_of(request)
    edited = Edited(_texts(kind, form), _version(form))

    async def do(work: Work, _: Form) -> str:
        tried = await _tried(work, kind, edited.texts)
        return await send_test_to_oneself(work, kind, tried, found.sealer, found.settings.address)

    try:
        edited.told = f"A test is on its way to {await submit(request, do)}."
    except (NowhereToSend, TooManyTests) as refusal:
        edited.alert = refusal.message
        return await _editor(request, edited, REFUSALS[refusal.kind][0])
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE:
            raise
        edited.problems = _problems(refusal)
        return await _editor(request, edited, HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _editor(request, edited)


@post(f"{ONE}/reset", include_in_schema=False)
async def reset(request: AnyRequest) -> Response[bytes]:
    kind = _kind(request)

    async def do(work: Work, form: Form) -> None:
        work.require(permissions.WRITE)
        if not form.ticked(CONFIRMED):
            raise FieldError(CONFIRMED, NEEDS_TICK)
        await reset_template(work, kind, _version(form))

    try:
        await submit(request, do)
    except (TemplateChanged, FieldError) as refusal:
        stale = isinstance(refusal, TemplateChanged)
        said = "somebody has written another text meanwhile; look at it first" if stale else NEEDS_TICK
        status = HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
        return await _editor(request, None, status, sentence(said))
    return done(request, f"{PATH}/{kind.name}", "reset")


@post(f"{ONE}/preview", include_in_schema=False)
async def show_preview(request: AnyRequest) -> Response[bytes]:
    """The message alone, for the frame in the page: under a policy that lets it do nothing."""
    kind = _kind(request)
    form = await form_of(request)
    person = Person(request)
    problems: dict[str, str] = {}
    filled: Texts | None = None
    async with person.reading() as work:
        check_ours(request, form, person.session)
        try:
            tried = await _tried(work, kind, _texts(kind, form))
            filled = await preview(work, kind, tried, services(request).settings.address)
        except DomainError as refusal:
            if refusal.kind is not Kind.UNPROCESSABLE:
                raise
            problems = _problems(refusal)
    if filled is not None and filled.html is not None and form.get("view") == "html":
        body = filled.html.encode()
    else:
        named = [(PARTS[name], problem) for name, problem in problems.items()]
        body = pages.render(PREVIEW, texts=filled, problems=named, without_html=form.get("view") == "html")
    return Response(body, status_code=HTTPStatus.OK, headers=pages.headers(pages.MESSAGE_POLICY))


async def _editor(
    request: AnyRequest,
    edited: Edited | None = None,
    status: int = HTTPStatus.OK,
    reset_problem: str | None = None,
) -> Response[bytes]:
    kind = _kind(request)

    async def build(work: ReadWork) -> dict[str, Any]:
        if (edited or reset_problem) and not work.actor.may(permissions.WRITE):
            raise MissingPermission(permissions.WRITE)
        own = await get_template(work, kind)
        present = own.texts or starter(kind)
        path = address(request, PATH)
        writes = work.actor.may(permissions.WRITE)
        return {
            "path": path,
            "own_address": await find_own_address(work, kind.medium) if writes else None,
            "here": f"{path}/{kind.name}",
            "kind": kind,
            "label": in_words(kind.name.removesuffix("_sms")),
            "is_sms": kind.medium is Medium.SMS,
            "own": own,
            "version": own.version if edited is None or edited.is_stale else edited.version,
            "variables": [(variable, ROLE_WORDS[variable.role]) for variable in kind.variables],
            "texts": present if edited is None else edited.texts,
            "problems": {} if edited is None else edited.problems,
            "reset_problem": reset_problem,
            "test_problem": None if edited is None else edited.alert,
            "stale": _compared(present, edited),
            "told": told_of(request, TOLD) if edited is None else edited.told,
        }

    answer = await show(request, EDITOR, build, status)
    answer.headers["content-security-policy"] = pages.MAILBOX_POLICY
    return answer


def _compared(present: Texts, edited: Edited | None) -> list[tuple[str, list[DiffLine]]]:
    """Where the stored texts and the typed ones differ, part by part; nothing unless the form was stale."""
    if edited is None or not edited.is_stale:
        return []
    found = []
    for name, label in PARTS.items():
        theirs, typed = getattr(present, name) or "", getattr(edited.texts, name) or ""
        if theirs != typed:
            found.append((label, _differences(theirs.splitlines(), typed.splitlines())))
    return found


def _differences(theirs: list[str], typed: list[str]) -> list[DiffLine]:
    # It takes time with the square of their number, and everybody waits meanwhile.
    if len(theirs) + len(typed) > MOST_COMPARED:
        return [
            DiffLine(" ", f"too long to compare: {len(theirs):,} lines of theirs, {len(typed):,} of yours")
        ]
    lines = list(difflib.unified_diff(theirs, typed, lineterm="", n=1))
    return [DiffLine(line[0], line[1:]) for line in lines[2:] if line[0] != "@"]


async def _tried(work: ReadWork, kind: TemplateKind, typed: Texts) -> Texts | None:
    """The texts to show or try: none, where the built-in ones are what is sent now, in the looks of the tenant."""
    built_in = typed == starter(kind) and (await get_template(work, kind)).texts is None
    return None if built_in else typed


def _texts(kind: TemplateKind, form: Form) -> Texts:
    """The texts as they were typed. Browsers send line breaks as two characters; an emptied HTML is a mail without it."""
    text = _plain(form, "text")
    if kind.medium is Medium.SMS:
        return Texts(text.strip())
    return Texts(text, form.get("subject").strip(), _plain(form, "html") or None)


def _plain(form: Form, name: str) -> str:
    text = form.get(name).replace("\r\n", "\n").replace("\r", "\n")
    return text if text.strip() else ""


def _version(form: Form) -> int:
    """The version that the form was made from; a form that does not know it is stale."""
    text = form.get("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _problems(refusal: DomainError) -> dict[str, str]:
    return {name: sentence(problem) for name, problem in refusal.fields.items() if name in PARTS}


def _kind(request: AnyRequest) -> TemplateKind:
    return find_kind(request.path_params["kind"])


ROUTES = [list_all, show_one, save, reset, send_one_to_me, show_preview]
