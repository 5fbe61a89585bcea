"""What all tabs of a user's page have in common: who the user is, in which states and why, and what became of a form."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from tenantry.domain.audit import permissions as audit
from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import get_person
from tenantry.domain.groups import permissions as groups
from tenantry.domain.roles import permissions as roles
from tenantry.domain.sessions.errors import SessionEnded
from tenantry.domain.tenants.model import Recovery, Registration
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.domain.users.states import LOCKED_OUT, Status, details_of, states_of
from tenantry.domain.verification.rules import is_useless
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import Permission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.limits import RateLimited
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest, error_page
from tenantry.surfaces.kit.person_words import names_of
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.portal.addresses import USERS
from tenantry.surfaces.portal.faults import Faults
from tenantry.surfaces.portal.frame import NotFromOurPage, View, address, done, form_of, show, submit, told_of

PATH = USERS
ONE = f"{PATH}/{{user_id:str}}"
NOT_HERE = (SessionEnded, NotFromOurPage, RateLimited)
IN_PLAIN_WORDS = (Kind.UNPROCESSABLE, Kind.CONFLICT)
"""The message of such a refusal names fields in the words of the API, and what it says of each is a sentence by itself."""
TABS: tuple[tuple[str, str, tuple[Permission, ...]], ...] = (
    ("profile", "Profile", (users.READ,)),
    ("security", "Security", (users.READ,)),
    ("access", "Roles and groups", (roles.READ, groups.READ)),
    ("sessions", "Sessions", (users.READ,)),
    ("logs", "User logs", (audit.READ,)),
    ("audit", "Audit", (audit.READ,)),
    ("danger", "Danger zone", (users.UPDATE, users.DELETE)),
)
OF_LIVING = ("security", "sessions")
GONE = "removed"
"""What the list of users tells of somebody who was deleted for good."""
TOLD = {
    "saved": "The profile has been saved.",
    "unchanged": "Nothing was different, so nothing has changed.",
    "resent": "It has been sent again.",
    "verified-already": "It is verified already, so nothing was sent.",
    "verified": "Marked as verified.",
    "password": "The password has been set.",
    "reset-sent": "It has been sent.",
    "forced": "A new password is demanded, and every session has ended.",
    "switched": "Saved. It counts from their next sign-in on.",
    "mfa": "All second factors have been removed.",
    "roles-added": "The roles have been given.",
    "role-removed": "The role has been taken away.",
    "groups-added": "Added to the groups.",
    "group-removed": "Taken out of the group.",
    "session-ended": "The session has ended.",
    "sessions-ended": "Every session has ended.",
    "locked": "The account is locked.",
    "unlocked": "The account is unlocked.",
    "suspended": "The user is suspended.",
    "reactivated": "The user is active again.",
    "disabled": "The account is disabled.",
    "enabled": "The account is enabled.",
    "deleted": "The user has been deleted and can be restored.",
    "restored": "The user is back, with their roles and groups.",
}
MEANINGS = {
    Status.DELETED: "They cannot sign in, and lists leave them out.",
    Status.DISABLED: "They cannot sign in until somebody enables the account.",
    Status.SUSPENDED: "They cannot sign in while this lasts.",
    Status.EXPIRED: "The account is past the end that its profile names, so they cannot sign in.",
    Status.LOCKED: "They cannot sign in while this lasts.",
    Status.PENDING_INITIAL_PASSWORD_SETUP: "They have not chosen their first password yet.",
    Status.PENDING_MOBILE_VERIFICATION: "A code was sent to the phone number and has not been typed yet.",
}
RESENDS = {
    Status.PENDING_PASSWORD_RESET: ("password", "Send it again"),
    Status.PENDING_INITIAL_PASSWORD_SETUP: ("password", "Send it again"),
    Status.PENDING_EMAIL_VERIFICATION: ("email", "Send the verification again"),
    Status.PENDING_MOBILE_VERIFICATION: ("phone", "Send the code again"),
}
LIFTS = {
    Status.DELETED: ("Restore…", users.DELETE),
    Status.DISABLED: ("Enable…", users.UPDATE),
    Status.SUSPENDED: ("Reactivate…", users.UPDATE),
    Status.EXPIRED: ("Change the end…", users.UPDATE),
    Status.LOCKED: ("Unlock…", users.UPDATE),
}
"""What ends a state, as its button is called, and the right that it takes."""
WAIT_FOR_PASSWORD = (Status.PENDING_PASSWORD_RESET, Status.PENDING_INITIAL_PASSWORD_SETUP)


class Given(msgspec.Struct, kw_only=True):
    """What became of a form: what was typed, what is wrong with it, and the dialog in which it stands. `more` is for the tab
    alone."""

    form: Form | None = None
    faults: Faults = msgspec.field(default_factory=lambda: Faults(()))
    opens: str = ""
    status: int = 200
    more: dict[str, Any] = msgspec.field(default_factory=dict)


Build = Callable[[ReadWork, AnyRequest, Person, Given], Awaitable[dict[str, Any]]]


class Tab(msgspec.Struct, frozen=True):
    """A tab: its name, what its template `portal/user/<name>.html` needs besides what every tab has, and under which fields it
    shows what is wrong."""

    name: str
    build: Build
    fields: Collection[str] = ()


NOTHING_GIVEN = Given()


async def show_tab(request: AnyRequest, tab: Tab, given: Given = NOTHING_GIVEN) -> Response[bytes]:
    """The user's page with a tab open; a user whom nobody can restore any more is a page that leads back to the list."""

    async def build(work: ReadWork) -> dict[str, Any]:
        ref = parse_ref(request.path_params["user_id"])
        person = await get_person(work, ref, with_deleted=True)
        of_tab = await tab.build(work, request, person, given)
        return head(work, request, person, tab.name) | _of_form(given) | of_tab

    try:
        return await show(request, View("users", f"portal/user/{tab.name}.html"), build, given.status)
    except UserNotFound:
        return not_found(request)


def not_found(request: AnyRequest) -> Response[bytes]:
    """The page in place of a user who is not there."""
    return error_page(
        request,
        404,
        "There is no such user",
        "Nobody here has this id. Perhaps the user was deleted for good, or the address is not complete.",
        (address(request, PATH), "To the list of users"),
    )


async def act(
    request: AnyRequest,
    tab: Tab,
    do: Callable[[Work, User, Form], Awaitable[str]],
    *,
    opens: str = "",
    with_deleted: bool = False,
) -> Response[bytes]:
    """Takes a form about the user, whom `do` gets locked; `do` gives a word of TOLD, or GONE, which leads to the list.

    A refusal is shown on the tab, with what was typed, in the dialog `opens` where the form stands in one.
    """
    form = await form_of(request)

    async def run(work: Work, sent: Form) -> tuple[UUID, str]:
        ref = parse_ref(request.path_params["user_id"])
        user = await get_user_for_change(work, ref, with_deleted=with_deleted)
        return user.id, await do(work, user, sent)

    try:
        user_id, told = await submit(request, run)
    except NOT_HERE:
        raise
    except DomainError as refusal:
        return await show_tab(request, tab, refused(tab, refusal, form, opens))
    return done(request, PATH if told == GONE else tab_path(user_id, tab.name), told)


def tab_path(user_id: object, tab: str) -> str:
    """The address of a tab, below the portal."""
    return f"{PATH}/{user_id}" if tab == "profile" else f"{PATH}/{user_id}?tab={tab}"


def refused(tab: Tab, refusal: DomainError, form: Form, opens: str = "") -> Given:
    """A refusal as the page shows it: under the fields that it names where the form has them, above the tab otherwise."""
    if isinstance(refusal, UserNotFound):
        refusal = DomainError(
            Kind.CONFLICT, "gone", "The user was deleted meanwhile, so nothing has changed."
        )
    # Browsers do not send a box of a dialog that was not ticked.
    faults = Faults([name for name in tab.fields if name in form or opens])
    try:
        faults.add(refusal)
    except DomainError:
        # Somebody who may do no such thing, or a thing that is not there, is told so on the page where they tried.
        faults.on_top.append(refusal.message)
    if refusal.fields and refusal.kind in IN_PLAIN_WORDS and faults.on_top == [refusal.message]:
        faults.on_top = [sentence(text) for text in refusal.fields.values()]
    return Given(form=form, faults=faults, opens=opens, status=REFUSALS[refusal.kind][0])


def confirmed(form: Form, word: str = "yes") -> None:
    """Raises FieldError unless the box was ticked, or the word was typed, that says that it is meant."""
    if form.get("confirm").strip().lower() != word:
        asked = "tick this box" if word == "yes" else f"type the word {word}"
        raise FieldError("confirm", f"{asked} to go on")


def _of_form(given: Given) -> dict[str, Any]:
    return {
        "typed": {} if given.form is None else dict(given.form.pairs),
        "faults": given.faults,
        "sent": given.opens,
        # What concerns the form as a whole stands above the tab, where an open dialog would hide it.
        "opened": "" if given.faults.on_top else given.opens,
    }


def head(work: ReadWork, request: AnyRequest, person: Person, tab: str) -> dict[str, Any]:
    """What stands above every tab."""
    user = person.user
    states = states_of(user, work.now, person.locked_out_until)
    here = address(request, f"{PATH}/{user.id}")
    return {
        "user": user,
        "user_name": names_of(user)[0],
        "identifiers": _identifiers(user),
        "is_me": user.id == work.actor.id,
        "is_deleted": user.deleted_at is not None,
        "states": [state.value for state in states],
        "is_reachable": is_reachable(work, user),
        "notices": _notices(work, person, states, here),
        "tabs": _tabs(work, user, here),
        "tab": tab,
        "here": here,
        "list_address": address(request, PATH),
        "told": told_of(request, TOLD),
    }


def _tabs(work: ReadWork, user: User, here: str) -> list[tuple[str, str, str]]:
    return [
        (name, label, here if name == "profile" else f"{here}?tab={name}")
        for name, label, needs in TABS
        if any(work.actor.may(one) for one in needs) and (user.deleted_at is None or name not in OF_LIVING)
    ]


def _identifiers(user: User) -> list[tuple[str, str, bool | None]]:
    """How the user is known: in words, the identifier, and whether it is verified where that can be."""
    found: list[tuple[str, str | None, bool | None]] = [
        ("Email address", user.email, user.email_verified),
        ("Username", user.username, None),
        ("Phone number", user.phone, user.phone_verified),
        ("User id", str(user.id), None),
    ]
    return [(label, text, verified) for label, text, verified in found if text]


def _notices(work: ReadWork, person: Person, states: list[Status], here: str) -> list[dict[str, Any]]:
    """Every state in words: what it means, why, by whom, since when and until when, and what can be sent again."""
    user = person.user
    details = details_of(user, work.now, person.locked_out_since, person.locked_out_until)
    sends = work.actor.may(users.UPDATE) and is_reachable(work, user)
    found = []
    for state in states:
        if state is Status.ACTIVE:
            continue
        told = details[state.value]
        by_itself = told["reason"] == LOCKED_OUT
        found.append(
            {
                "state": state.value,
                "means": MEANINGS.get(state) or _by_the_settings(work, state),
                "reason": "Too many failed sign-ins in a row" if by_itself else told["reason"],
                "by": "the server" if by_itself else told["by"],
                "since": _moment(told["since"]),
                "until": _moment(told["until"]),
                "ends": state in (Status.SUSPENDED, Status.LOCKED),
                "lift": _lift(work, user, state, here),
                "resend": RESENDS.get(state) if sends and _has_address(user, state) else None,
            }
        )
    return found


def _by_the_settings(work: ReadWork, state: Status) -> str:
    """What a state means where that is for the tenant to say."""
    if state is Status.PENDING_PASSWORD_RESET:
        old_works = section(work.tenant, "recovery", Recovery).old_password_works_until_reset
        told = "works only to choose it" if old_works else "does not work any more"
        return f"A new password is demanded of them, and they have not chosen one yet. The old one {told}."
    required = section(work.tenant, "registration", Registration).require_email_verification
    told = "Signing in asks them to." if required else "Signing in does not depend on it."
    return f"They have not shown yet that the email address is theirs. {told}"


def _lift(work: ReadWork, user: User, state: Status, here: str) -> tuple[str, str] | None:
    """Where a state is ended, and how that is called there; nothing for whom it is not, or not before another state."""
    label, needed = LIFTS.get(state, ("", users.UPDATE))
    if (
        not label
        or not work.actor.may(needed)
        or (user.deleted_at is not None and state is not Status.DELETED)
    ):
        return None
    return (f"{here}#field-validUntil" if state is Status.EXPIRED else f"{here}?tab=danger"), label


def is_reachable(work: ReadWork, user: User) -> bool:
    """Whether a link or code that is sent to them would work. A lockout for wrong passwords does not hinder it."""
    return user.deleted_at is None and not is_useless(user, work.now)


def _has_address(user: User, state: Status) -> bool:
    """Whether there is an address or a number to send it to."""
    return state not in WAIT_FOR_PASSWORD or user.email is not None or user.phone is not None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
