"""The tab Danger zone: shutting a user out and letting them in again, deleting, restoring and erasing."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.exceptions import NotFoundException

from tenantry.domain.directory.model import Person
from tenantry.domain.privacy.actions import erase_person
from tenantry.domain.provisioning.actions import remove_person, restore_person, switch_state
from tenantry.domain.tenants.model import Accounts, Deletion
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.model import User
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, StateSwitch
from tenantry.domain.users.states import Status, states_of
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import clean_text
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.portal.user_fields import parsed_moment
from tenantry.surfaces.portal.user_page import GONE, ONE, Given, Tab, act, confirmed

MAX_REASON = 500
WORD = "delete"
ERASE_WORD = "erase"


class Press(msgspec.Struct, frozen=True):
    """A button that switches a state: which way, and the word of TOLD. It names its dialog as well."""

    switch: StateSwitch
    on: bool
    told: str


PRESSES = {
    "lock": Press(LOCKED, True, "locked"),
    "unlock": Press(LOCKED, False, "unlocked"),
    "suspend": Press(SUSPENDED, True, "suspended"),
    "reactivate": Press(SUSPENDED, False, "reactivated"),
    "disable": Press(DISABLED, True, "disabled"),
    "enable": Press(DISABLED, False, "enabled"),
}


async def _build(work: ReadWork, _request: AnyRequest, person: Person, _given: Given) -> dict[str, Any]:
    if not (work.actor.may(users.UPDATE) or work.actor.may(users.DELETE)):
        raise MissingPermission(users.UPDATE)
    states = states_of(person.user, work.now, person.locked_out_until)
    deletion = section(work.tenant, "deletion", Deletion)
    return {
        "is_locked": Status.LOCKED in states,
        "is_suspended": Status.SUSPENDED in states,
        "is_disabled": Status.DISABLED in states,
        "may_be_disabled": section(work.tenant, "accounts", Accounts).disabling_enabled,
        "kept_days": deletion.retention_days,
        "word": WORD,
        "erase_word": ERASE_WORD,
    }


TAB = Tab("danger", _build, ("reason", "until", "confirm"))


@post(f"{ONE}/state/{{press:str}}", include_in_schema=False, status_code=200)
async def switch(request: AnyRequest) -> Response[bytes]:
    name = request.path_params["press"]
    press = PRESSES.get(name)
    if press is None:
        raise NotFoundException

    async def do(work: Work, user: User, form: Form) -> str:
        if press.on:
            confirmed(form)
        until = parsed_moment("until", form.get("until"))
        await switch_state(work, user, press.switch, on=press.on, reason=_reason(form), until=until)
        return press.told

    return await act(request, TAB, do, opens=name)


@post(f"{ONE}/delete", include_in_schema=False, status_code=200)
async def delete(request: AnyRequest) -> Response[bytes]:
    """As long as the tenant keeps deleted users they can be restored."""

    async def do(work: Work, user: User, form: Form) -> str:
        confirmed(form, WORD)
        until = await remove_person(work, user, permanent=False, from_admin_api=False, reason=_reason(form))
        return GONE if until is None else "deleted"

    return await act(request, TAB, do, opens="delete")


@post(f"{ONE}/delete-for-good", include_in_schema=False, status_code=200)
async def delete_for_good(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        confirmed(form, WORD)
        await remove_person(work, user, permanent=True, from_admin_api=False, reason=_reason(form))
        return GONE

    return await act(request, TAB, do, opens="delete-for-good", with_deleted=True)


@post(f"{ONE}/restore", include_in_schema=False, status_code=200)
async def restore(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        await restore_person(work, user, _reason(form))
        return "restored"

    return await act(request, TAB, do, opens="restore", with_deleted=True)


@post(f"{ONE}/erase", include_in_schema=False, status_code=200)
async def erase(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, user: User, form: Form) -> str:
        confirmed(form, ERASE_WORD)
        await erase_person(work, user, _reason(form))
        return GONE

    return await act(request, TAB, do, opens="erase", with_deleted=True)


def _reason(form: Form) -> str | None:
    return clean_text("reason", form.get("reason"), MAX_REASON)


ROUTES = [switch, delete, delete_for_good, restore, erase]
