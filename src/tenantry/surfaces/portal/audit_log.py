"""The audit log: what the address asks for, one entry in full, and the whole of a range of days as a file."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.audit.actions import note_export
from tenantry.domain.audit.model import Category, Entries, Entry, ExportFormat, Range
from tenantry.domain.audit.names import Names, list_names
from tenantry.domain.audit.queries import (
    NEWEST_FIRST,
    get_entry,
    list_actions,
    list_entries,
    parse_entry_id,
    stream_entries,
)
from tenantry.domain.audit.rules import category_of
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op, Page
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.events import Outcome
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit import audit_words
from tenantry.surfaces.kit.audit_entries import entry_view, exported
from tenantry.surfaces.kit.audit_words import CATEGORY_LABELS, OUTCOME_LABELS
from tenantry.surfaces.kit.forms import Form, decode_form
from tenantry.surfaces.kit.limits import Category as Rate
from tenantry.surfaces.kit.moments import parsed_range
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.paging import DEFAULT_LIMIT
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.streaming import Streamed
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.kit.works import request_id, stream_as
from tenantry.surfaces.portal.addresses import SIZES, USERS, ListAddress
from tenantry.surfaces.portal.frame import View, address, check_ours, form_of, show

PATH = "/audit-log"
VIEW = View("audit-log", "portal/audit_log.html", part="portal/audit_log_entries.html")
ENTRY = View("audit-log", "portal/audit_log_entry.html")
MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSON: "application/json"}
PLAIN_FILTERS = ("action", "category", "outcome", "ip")
NAMED_FILTERS = {"actor": "actorId", "target": "targetId"}
FILTER_LABELS = {
    "action": "Action",
    "category": "Category",
    "outcome": "Outcome",
    "actor": "By",
    "target": "About",
    "ip": "Network address",
    "from": "From",
    "to": "Until",
}
NOBODY = "nobody has this email address; an id may stand here as well"


@get(PATH, include_in_schema=False)
async def list_log(request: AnyRequest) -> Response[bytes]:
    given = decode_form(request.scope["query_string"])
    where = ListAddress(address(request, PATH), given)
    whole = request.headers.get("hx-request-type") != "partial"

    async def build(work: ReadWork) -> dict[str, Any]:
        problems: dict[str, str] = {}
        found = Entries([], 0, True, None)
        actions = await list_actions(work) if whole else None
        try:
            found = await list_entries(work, await _criteria(work, where.given), actions)
        except DomainError as refusal:
            if refusal.kind not in (Kind.INVALID, Kind.UNPROCESSABLE):
                raise
            # What cannot be asked finds nothing, and the list says why.
            problems = {name: sentence(problem) for name, problem in refusal.fields.items()}
        names = await list_names(work, found.entries)
        return {
            "rows": [audit_words.shown(entry, names) for entry in found.entries],
            "users": address(request, USERS),
            "found": found,
            "problems": problems,
            "given": where.given,
            "filters": _filters(where),
            "path": address(request, PATH),
            "carried": f"?{urlencode(where.given)}" if where.given else "",
            "newest": where.changed() if "cursor" in where.given else None,
            "older": found.next_cursor and where.changed(cursor=found.next_cursor),
            "limit": _limit(where.given),
            "limits": [
                (size, where.changed(limit=None if size == DEFAULT_LIMIT else size)) for size in SIZES
            ],
            **({} if actions is None else _choices(actions)),
        }

    return await show(request, VIEW, build)


@get(f"{PATH}/{{entry_id:str}}", include_in_schema=False)
async def show_entry(request: AnyRequest) -> Response[bytes]:
    given = decode_form(request.scope["query_string"])

    async def build(work: ReadWork) -> dict[str, Any]:
        entry = await get_entry(work, parse_entry_id(request.path_params["entry_id"]))
        path = address(request, PATH)
        return {
            "path": path,
            "back": f"{path}?{urlencode(given)}" if given else path,
            "users": address(request, USERS),
            **_in_full(entry, await list_names(work, [entry])),
        }

    return await show(request, ENTRY, build)


@post(f"{PATH}/export", include_in_schema=False)
async def export_log(request: AnyRequest) -> Streamed:
    """Streams every entry of the days. It is a form and no link, because the export itself is recorded."""
    form = await form_of(request)
    person = Person(request)
    found = services(request)
    async with found.works.write(person.opener(Rate.AUDIT_EXPORT), request_id(request)) as work:
        check_ours(request, form, person.session)
        wanted, span = _wanted(work, form)
        note_export(work, wanted, span)

    async def run(work: ReadWork) -> AsyncGenerator[bytes, None]:
        async with (
            aclosing(stream_entries(work, span)) as entries,
            aclosing(exported(entries, wanted)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    headers = {
        "content-type": MEDIA_TYPES[wanted],
        "content-disposition": f'attachment; filename="audit-log.{wanted.value}"',
    }
    return await stream_as(request, person.opener(Rate.READ), run, headers)


def _wanted(work: Work, form: Form) -> tuple[ExportFormat, Range]:
    try:
        wanted = ExportFormat(form.get("format"))
    except ValueError as error:
        problem = f"must be one of {', '.join(known.value for known in ExportFormat)}"
        raise DomainError(
            Kind.INVALID, "validation_error", f"The format {problem}.", {"format": problem}
        ) from error
    span = parsed_range(form.text("from"), form.text("to"), ("from", "to"))
    # Without an end the export stops before this moment, so that it never holds its own entry.
    return wanted, Range(span.start, span.end or work.now)


async def _criteria(work: ReadWork, given: dict[str, str]) -> Criteria:
    parts: list[Node] = [Compare(name, Op.EQ, given[name]) for name in PLAIN_FILTERS if name in given]
    problems = Problems()
    for name, field in NAMED_FILTERS.items():
        if name in given:
            try:
                parts.append(Compare(field, Op.EQ, await _named(work, given[name].strip())))
            except UserNotFound:
                problems.add(name, NOBODY)
    problems.raise_if_any()
    span = parsed_range(given.get("from"), given.get("to"), ("from", "to"))
    if span.start is not None:
        parts.append(Compare("timestamp", Op.GE, span.start))
    if span.end is not None:
        parts.append(Compare("timestamp", Op.LT, span.end))
    return Criteria(AllOf(tuple(parts)), NEWEST_FIRST, Page(_limit(given), cursor=given.get("cursor")))


async def _named(work: ReadWork, text: str) -> UUID:
    """Who is meant by an id, which may be that of a key or of somebody who is gone, or by an email address."""
    ref = parse_ref(text)
    return ref.id or (await get_user(work, ref)).id


def _limit(given: dict[str, str]) -> int:
    return next((size for size in SIZES if str(size) == given.get("limit")), DEFAULT_LIMIT)


def _choices(actions: list[str]) -> dict[str, Any]:
    by_category: dict[str, list[tuple[str, str]]] = {}
    for action in actions:
        label = CATEGORY_LABELS[category_of(action)]
        by_category.setdefault(label, []).append((action, audit_words.in_words(action)))
    return {
        "action_choices": sorted(by_category.items()),
        "category_choices": [(category.value, label) for category, label in CATEGORY_LABELS.items()],
        "outcome_choices": [(outcome.value, label) for outcome, label in OUTCOME_LABELS.items()],
    }


def _filters(where: ListAddress) -> list[tuple[str, str]]:
    """The filters that are on, in words, each with the address of the list without it."""
    return [
        (f"{label}: {_value_label(name, where.given[name])}", where.changed(**{name: None}))
        for name, label in FILTER_LABELS.items()
        if name in where.given
    ]


def _value_label(name: str, value: str) -> str:
    if name == "action":
        return audit_words.in_words(value)
    if name == "category" and value in set(Category):
        return CATEGORY_LABELS[Category(value)]
    if name == "outcome" and value in set(Outcome):
        return OUTCOME_LABELS[Outcome(value)]
    return value


def _in_full(entry: Entry, names: Names) -> dict[str, Any]:
    view = entry_view(entry)
    raw = msgspec.json.format(msgspec.json.encode(view), indent=2).decode()
    return {
        "entry": audit_words.shown(entry, names),
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "actor_id": entry.actor_id and str(entry.actor_id),
        "actor_is_user": entry.actor_kind == ActorKind.USER and entry.actor_id is not None,
        "target_id": entry.target_id and str(entry.target_id),
        "changes": audit_words.changed(view.changes),
        "facts": audit_words.facts(view.metadata),
        "raw": raw,
    }


ROUTES = [list_log, show_entry, export_log]
