"""Doing one thing to many people: look at whom it would reach, then start it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tenantry.domain.bulk_jobs.actions import start_bulk
from tenantry.domain.bulk_jobs.model import Action, BulkParams, BulkRequest, Preview
from tenantry.domain.bulk_jobs.queries import preview_bulk
from tenantry.domain.bulk_jobs.rules import TAKES
from tenantry.domain.directory.choices import list_choices
from tenantry.kernel.errors import DomainError
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form, decode_fields
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.user_query import people_filter
from tenantry.surfaces.portal.addresses import USERS
from tenantry.surfaces.portal.bulk_words import offered, words_for
from tenantry.surfaces.portal.faults import Faults
from tenantry.surfaces.portal.frame import View, address, done, form_of, show, submit
from tenantry.surfaces.portal.user_filters import FILTERS, asked_of, filter_words
from tenantry.surfaces.portal.users import row_of

PATH = f"{USERS}/bulk"
VIEW = View("users", "portal/bulk.html")
FIELDS = ("action", "role", "group", "reason", "until", "permanent", "confirm")
# Not by their own names, which are those of filters.
TO_GIVE = {"role": "withRole", "group": "withGroup"}
WORD = "delete"
DETAILS = frozenset({"reason", "until"})


@get(PATH, include_in_schema=False)
async def show_bulk(request: AnyRequest) -> Response[bytes]:
    given = decode_fields(request.scope["query_string"])
    return await _page(request, given, Faults(FIELDS))


@post(PATH, include_in_schema=False, status_code=200)
async def begin_bulk(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    faults = Faults(FIELDS)

    async def begin(work: Work, form: Form) -> UUID:
        wanted = _request(form)
        if wanted.action is Action.DELETE and form.get("confirm").strip().lower() != WORD:
            raise FieldError("confirm", f"type the word {WORD}")
        return (await start_bulk(work, wanted)).id

    try:
        job_id = await submit(request, begin)
    except DomainError as refusal:
        _note(faults, refusal)
        return await _page(request, form, faults, REFUSALS[refusal.kind][0])
    return done(request, f"/access-management/bulk-jobs/{job_id}")


async def _page(request: AnyRequest, given: Form, faults: Faults, status: int = 200) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        action = _action(given)
        preview = None if action is None else await _preview(work, given, faults)
        takes = TAKES.get(action, frozenset()) if action is not None else frozenset()
        chosen = {name: given.get(field) for name, field in TO_GIVE.items() if preview and name in takes}
        choices = await list_choices(
            work, *([slug] if slug else [] for slug in map(given.get, TO_GIVE.values()))
        )
        return {
            "action": action,
            "words": None if action is None else words_for(action, choices, **chosen),
            "actions": offered(work.actor),
            "takes": takes,
            "role_choices": [(one.slug, one.name) for one in choices.roles],
            "group_choices": [(one.slug, one.name) for one in choices.groups],
            "given": {name: given.get(TO_GIVE.get(name, name)) for name in FIELDS},
            "ids": _ids(given),
            "filters": [(name, given.get(name)) for name in FILTERS if given.get(name)],
            "filter_words": filter_words({name: given.get(name) for name in FILTERS}),
            "everybody": given.ticked("all"),
            "preview": preview,
            "sample": [row_of(person, work.now) for person in preview.sample] if preview else [],
            "snapshot": preview.snapshot_at.isoformat() if preview else None,
            "faults": faults,
            "path": address(request, PATH),
            "users": address(request, USERS),
        }

    return await show(request, VIEW, build, status)


async def _preview(work: ReadWork, given: Form, faults: Faults) -> Preview | None:
    """Whom it would reach; nothing while a role or group is still to be chosen, or the request is refused."""
    action = _action(given)
    assert action is not None
    if any(name in TAKES.get(action, ()) and not given.get(field) for name, field in TO_GIVE.items()):
        return None
    try:
        return await preview_bulk(work, _request(given))
    except DomainError as refusal:
        if not faults:
            _note(faults, refusal)
    try:
        # A reason or an end that is refused changes nobody whom it would reach.
        return await preview_bulk(work, _request(given, with_details=False))
    except DomainError:
        return None


def _note(faults: Faults, refusal: DomainError) -> None:
    """Notes a refusal under the fields of the form, which lie within `params` for the domain."""
    fields = {name.removeprefix("params."): text for name, text in refusal.fields.items()}
    message = refusal.message.removeprefix("params.")
    faults.add(DomainError(refusal.kind, refusal.code, message, fields))


def _action(given: Form) -> Action | None:
    wanted = given.get("action")
    return Action(wanted) if wanted in set(Action) else None


def _request(given: Form, *, with_details: bool = True) -> BulkRequest:
    action = _action(given)
    if action is None:
        raise FieldError("action", "choose what to do")
    takes = TAKES.get(action, frozenset()) - (frozenset() if with_details else DETAILS)
    params = BulkParams(
        reason=given.text("reason") if "reason" in takes else None,
        until=_until(given.get("until")) if "until" in takes else None,
        role=given.text(TO_GIVE["role"]) if "role" in takes else None,
        group=given.text(TO_GIVE["group"]) if "group" in takes else None,
        permanent="permanent" in takes and given.ticked("permanent"),
    )
    snapshot = _snapshot(given.get("snapshot"))
    if not given.ticked("all"):
        return BulkRequest(action=action, params=params, ids=_ids(given), snapshot_at=snapshot)
    found = people_filter(asked_of({name: given.get(name) for name in FILTERS if given.get(name)}))
    return BulkRequest(
        action=action,
        params=params,
        where=found.where,
        search=found.search,
        asked=found.asked,
        snapshot_at=snapshot,
    )


def _ids(given: Form) -> list[UUID]:
    try:
        return [UUID(text) for text in dict.fromkeys(given.all("id"))]
    except ValueError as error:
        raise FieldError("ids", "pick people from the list") from error


def _until(day: str) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise FieldError("until", "must be a day") from error


def _snapshot(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise FieldError("snapshot", "look at the preview once more") from error


ROUTES = [show_bulk, begin_bulk]
