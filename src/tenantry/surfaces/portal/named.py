"""The form for what has a name, a slug and a description: groups, roles and permissions. It knows which state of them it was
filled in for, and shows what changed meanwhile instead of writing over it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from tenantry.domain.groups.model import Group
from tenantry.domain.roles.model import Role, StoredPermission
from tenantry.kernel.errors import DomainError
from tenantry.kernel.permissions import Permission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.portal.faults import Faults, Refused, taken
from tenantry.surfaces.portal.frame import View, address, done, show

FIELDS = ("name", "slug", "description")
LABELS = {"name": "Name", "slug": "Slug", "description": "Description"}
WORD = "word"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Named(msgspec.Struct, frozen=True):
    """The three fields."""

    name: str
    slug: str
    description: str


class NamedKind(msgspec.Struct, frozen=True):
    """Groups, or roles: `what` one is called, the path of their list, the right to write them, what refuses a change of something
    that has changed meanwhile, and the field that a refused deletion names."""

    what: str
    path: str
    write: Permission
    too_late: type[DomainError]
    blocked_by: str


class Draft(msgspec.Struct, frozen=True):
    """What the page of the settings shows after a refusal: what was typed, what is wrong, its status, and whether somebody else
    changed the same meanwhile."""

    form: Form | None = None
    faults: Faults = msgspec.field(default_factory=lambda: Faults(()))
    status: int = 200
    changed: bool = False


NO_DRAFT = Draft()
ShowDraft = Callable[[AnyRequest, Draft], Awaitable[Response[bytes]]]


def typed(form: Form) -> Named:
    """What was typed. Browsers end the lines of a text with two characters, and we store one."""
    return Named(form.get("name"), form.get("slug").strip(), form.get("description").replace("\r\n", "\n"))


def stored(of: Group | Role | StoredPermission) -> Named:
    """What is stored."""
    return Named(of.name, of.slug, of.description or "")


async def show_blank(request: AnyRequest, kind: NamedKind, refused: Refused | None = None) -> Response[bytes]:
    """The page for a new one: with empty fields, or with what was typed and why it was refused."""
    faults = Faults(FIELDS) if refused is None else refused.faults

    async def build(work: ReadWork) -> dict[str, Any]:
        work.require(kind.write)
        values = Named("", "", "") if refused is None else typed(refused.form)
        blank = {"values": values, "faults": faults, "seen": None, "before": None, "conflict": None}
        return {**blank, "what": kind.what, "path": address(request, kind.path)}

    view = View(f"{kind.what}s", "portal/named_new.html")
    return await show(request, view, build, 200 if refused is None else refused.status)


async def take_new(
    request: AnyRequest, kind: NamedKind, create: Callable[[Work, Named], Awaitable[UUID]]
) -> Response[bytes]:
    """Takes the form for a new one, and leads to its page."""

    async def do(work: Work, form: Form) -> UUID:
        return await create(work, typed(form))

    made = await taken(request, do, FIELDS)
    if isinstance(made, Refused):
        return await show_blank(request, kind, made)
    return done(request, f"{kind.path}/{made}", "created")


async def take_settings(
    request: AnyRequest,
    kind: NamedKind,
    change: Callable[[Work, Named, datetime], Awaitable[UUID]],
    show_draft: ShowDraft,
) -> Response[bytes]:
    """Takes the form of the settings; `change` also gets the state that it was filled in for."""

    async def do(work: Work, form: Form) -> UUID:
        return await change(work, typed(form), seen_in(form))

    saved = await taken(request, do, FIELDS)
    if isinstance(saved, Refused):
        changed = isinstance(saved.why, kind.too_late)
        return await show_draft(request, Draft(saved.form, saved.faults, saved.status, changed))
    # By the id: the slug may be another one now.
    return done(request, f"{kind.path}/{saved}/settings", "saved")


async def take_delete(
    request: AnyRequest,
    kind: NamedKind,
    remove: Callable[[Work, Form], Awaitable[None]],
    show_draft: ShowDraft,
) -> Response[bytes]:
    """Takes the form that deletes, and leads to the list."""
    refused = await taken(request, remove, (WORD, kind.blocked_by))
    if isinstance(refused, Refused):
        return await show_draft(request, Draft(None, refused.faults, refused.status))
    return done(request, kind.path, "deleted")


def edit_form(of: Group | Role | StoredPermission, draft: Draft) -> dict[str, Any]:
    """The form of something that is there: with what was typed, where something was, and what changed meanwhile if it did."""
    form, changed = draft.form, draft.changed
    now = stored(of)
    values = now if form is None else typed(form)
    return {
        "values": values,
        "faults": draft.faults,
        # After a conflict the next press is meant for what is shown now, after a fault still for what was shown first.
        "seen": form.get("seen") if form is not None and not changed else of.updated_at.isoformat(),
        "before": _before(form) if form is not None and not changed else now,
        "conflict": _conflict(_before(form), now, values) if form is not None and changed else None,
    }


def seen_in(form: Form) -> datetime:
    """The state that the form was filled in for; of a form that does not say, one that is long past."""
    try:
        seen = datetime.fromisoformat(form.get("seen"))
    except ValueError:
        return LONG_AGO
    return seen if seen.tzinfo is not None else LONG_AGO


def confirm_word(form: Form, wanted: str) -> None:
    """Raises FieldError unless the word that confirms was typed."""
    if form.get(WORD).strip() != wanted:
        raise FieldError(WORD, f"type {wanted} to confirm")


def _before(form: Form) -> Named:
    return Named(*(form.get(f"before-{name}").replace("\r\n", "\n") for name in FIELDS))


def _conflict(before: Named, now: Named, yours: Named) -> list[dict[str, str]]:
    """The fields that somebody else changed: what they were, are now, and would be."""
    return [
        {
            "label": LABELS[name],
            "before": getattr(before, name),
            "now": getattr(now, name),
            "yours": getattr(yours, name),
        }
        for name in FIELDS
        if getattr(before, name) != getattr(now, name)
    ]
