"""The form for what has a name, a slug and a description: groups, roles and permissions. It knows which state of them it was
filled in for, and shows what changed meanwhile instead of writing over it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response

from tenantry.domain.groups.model import Group
from tenantry.domain.roles.model import Role, StoredPermission
from tenantry.kernel.permissions import Permission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.portal.faults import Faults, Refused
from tenantry.surfaces.portal.frame import View, address, show

FIELDS = ("name", "slug", "description")
LABELS = {"name": "Name", "slug": "Slug", "description": "Description"}
WORD = "word"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Named(msgspec.Struct, frozen=True):
    """The three fields."""

    name: str
    slug: str
    description: str


def typed(form: Form) -> Named:
    """What was typed. Browsers end the lines of a text with two characters, and we store one."""
    return Named(form.get("name"), form.get("slug").strip(), form.get("description").replace("\r\n", "\n"))


def stored(of: Group | Role | StoredPermission) -> Named:
    """What is stored."""
    return Named(of.name, of.slug, of.description or "")


async def show_blank(
    request: AnyRequest, what: str, path: str, needed: Permission, refused: Refused | None = None
) -> Response[bytes]:
    """The page for a new group or role, `what` of the two; `path` is the list, and `needed` what one must be allowed to."""
    faults = Faults(FIELDS) if refused is None else refused.faults

    async def build(work: ReadWork) -> dict[str, Any]:
        work.require(needed)
        values = Named("", "", "") if refused is None else typed(refused.form)
        blank = {"values": values, "faults": faults, "seen": None, "before": None, "conflict": None}
        return {**blank, "what": what, "path": address(request, path)}

    view = View(f"{what}s", "portal/named_new.html")
    return await show(request, view, build, 200 if refused is None else refused.status)


def edit_form(
    of: Group | Role | StoredPermission, form: Form | None, faults: Faults, *, changed: bool
) -> dict[str, Any]:
    """The form of something that is there: with what was typed, where something was, and what changed meanwhile if it did."""
    now = stored(of)
    values = now if form is None else typed(form)
    return {
        "values": values,
        "faults": faults,
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
