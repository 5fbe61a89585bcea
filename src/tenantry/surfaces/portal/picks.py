"""Roles and groups to tick in a form, for somebody who is about to be created or invited; what no list holds is found by name."""

from typing import Any

from litestar import Response, get

from tenantry.domain.directory.choices import MOST_FOUND, Choice, Kind, find_choices, list_choices
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.kernel.errors import DomainError
from tenantry.kernel.errors import Kind as Refusal
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import Form, decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import LONGEST_SEARCH
from tenantry.surfaces.portal.faults import Faults
from tenantry.surfaces.portal.frame import View, show

FIELDS: tuple[Kind, ...] = ("roles", "groups")
PATH = "/access-management/picks"
FOUND = View(None, "portal/picks.html")
MOST_NAMED = 5
MOST_PICKED = 500


@get(f"{PATH}/{{kind:str}}", include_in_schema=False)
async def find(request: AnyRequest) -> Response[bytes]:
    """The boxes to tick for what was typed into a picker."""
    kind = _kind(request.path_params["kind"])
    typed = decode_form(request.scope["query_string"]).get("find", "").strip()[:LONGEST_SEARCH]

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await find_choices(work, kind, typed) if typed else []
        return {"kind": kind, "found": found, "typed": typed, "most": MOST_FOUND}

    return await show(request, FOUND, build)


async def picks(work: ReadWork, form: Form, faults: Faults) -> dict[str, Any]:
    """What the form offers and what is ticked in it: nothing of a kind that the person may not give to anybody.

    A role or group that was ticked and is there no longer is told under the list.
    """
    may_give = {"roles": work.actor.may(roles.ASSIGN), "groups": work.actor.may(groups.ASSIGN)}
    picked = {kind: [*form.all(kind), *_typed(form, kind)][:MOST_PICKED] for kind in FIELDS}
    choices = await list_choices(work, picked["roles"], picked["groups"])
    offered = {"roles": choices.roles, "groups": choices.groups}
    more = {"roles": choices.more_roles, "groups": choices.more_groups}
    context: dict[str, Any] = {}
    for kind in FIELDS:
        explain_gone(kind, offered[kind], form, faults)
        boxes = [(choice.slug, choice.name, choice.slug in picked[kind]) for choice in offered[kind]]
        context[f"{kind}_to_pick"] = boxes if may_give[kind] else []
        context[f"more_{kind}"] = more[kind] and may_give[kind]
        known = {choice.slug for choice in offered[kind]}
        context[f"typed_{kind}"] = " ".join(slug for slug in _typed(form, kind) if slug not in known)
    return context


def picked_in(form: Form, kind: Kind) -> list[str]:
    """The slugs that were ticked, and those that were typed where nothing can be looked up, each once.

    Raises FieldError when there are more than MOST_PICKED.
    """
    found = list(dict.fromkeys([*form.all(kind), *_typed(form, kind)]))
    if len(found) > MOST_PICKED:
        raise FieldError(kind, f"at most {MOST_PICKED} can be given at once")
    return found


def explain_gone(kind: Kind, choices: list[Choice], form: Form, faults: Faults) -> None:
    """Says under the field which of those that were ticked are there no longer."""
    known = {choice.slug for choice in choices}
    gone = [slug for slug in form.all(kind) if slug not in known]
    if gone:
        # Also where the form was refused for something else: else the next press would leave them out without a word.
        faults.replace(kind, _gone(kind, gone))


def message_of(form: Form) -> str | None:
    """The message to whoever is invited. Browsers send a line break as two characters, and count it as one."""
    text = form.text("message")
    return None if text is None else text.replace("\r\n", "\n")


def _typed(form: Form, kind: Kind) -> list[str]:
    return form.get(f"{kind}Typed").replace(",", " ").split(maxsplit=MOST_PICKED)


def _kind(text: str) -> Kind:
    for kind in FIELDS:
        if kind == text:
            return kind
    raise DomainError(Refusal.NOT_FOUND, "resource_not_found", "There is nothing of this kind to pick.")


def _gone(kind: str, slugs: list[str]) -> str:
    named = ", ".join(f"“{slug[:64]}”" for slug in slugs[:MOST_NAMED])
    more = f" and {len(slugs) - MOST_NAMED} more" if len(slugs) > MOST_NAMED else ""
    if len(slugs) == 1:
        says = f"the {kind[:-1]} {named} was deleted or renamed while you filled in the form, so it is not ticked any more"
    else:
        says = f"the {kind} {named}{more} were deleted or renamed while you filled in the form, so they are not ticked any more"
    return f"{says}. Look through the list once more and send the form again"


ROUTES = [find]
