"""Roles and groups to tick in a form, for somebody who is about to be created or invited."""

from typing import Any

from tenantry.domain.directory.choices import Choice, list_choices
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.portal.faults import Faults

FIELDS = ("roles", "groups")
MOST_NAMED = 5


async def picks(work: ReadWork, form: Form, faults: Faults) -> dict[str, Any]:
    """What the form offers and what is ticked in it: nothing of a kind that the person may not give to anybody.

    A role or group that was ticked and is there no longer is told under the list.
    """
    may_give = {"roles": work.actor.may(roles.ASSIGN), "groups": work.actor.may(groups.ASSIGN)}
    choices = await list_choices(work)
    offered = {"roles": choices.roles, "groups": choices.groups}
    return {
        f"{kind}_to_pick": _offered(kind, offered[kind], form, faults) if may_give[kind] else []
        for kind in FIELDS
    }


def message_of(form: Form) -> str | None:
    """The message to whoever is invited. Browsers send a line break as two characters, and count it as one."""
    text = form.text("message")
    return None if text is None else text.replace("\r\n", "\n")


def _offered(kind: str, choices: list[Choice], form: Form, faults: Faults) -> list[tuple[str, str, bool]]:
    picked = form.all(kind)
    gone = [slug for slug in picked if slug not in {choice.slug for choice in choices}]
    if gone and faults.under(kind):
        faults.replace(kind, _gone(kind, gone))
    return [(choice.slug, choice.name, choice.slug in picked) for choice in choices]


def _gone(kind: str, slugs: list[str]) -> str:
    named = ", ".join(f"“{slug[:64]}”" for slug in slugs[:MOST_NAMED])
    more = f" and {len(slugs) - MOST_NAMED} more" if len(slugs) > MOST_NAMED else ""
    if len(slugs) == 1:
        says = f"the {kind[:-1]} {named} was deleted or renamed while you filled in the form, so it is not ticked any more"
    else:
        says = f"the {kind} {named}{more} were deleted or renamed while you filled in the form, so they are not ticked any more"
    return f"{says}. Look through the list once more and send the form again"
