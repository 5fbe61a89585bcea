"""What all tabs of a user's page have in common: who the user is, in which states and why, and what became of a form."""

from collections.abc import Awaitable, Callable
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
from tenantry.domain.users import permissions as users
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.domain.users.states import LOCKED_OUT, Status, details_of, states_of
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import Permission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.limits import RateLimited
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest, error_page
from tenantry.surfaces.kit.person_words import names_of
from tenantry.surfaces.portal.frame import NotFromOurPage, View, address, done, form_of, show, submit, told_of

PATH = "/access-management/users"
ONE = f"{PATH}/{{user_id:str}}"
NOT_HERE = (SessionEnded, NotFromOurPage, RateLimited)
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
    "verified": "Marked as verified.",
    "password": "The password has been set.",
    "reset-sent": "It has been sent.",
    "forced": "A new password is demanded, and every session has ended.",
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
    Status.PENDING_PASSWORD_RESET: "A new password is demanded of them, and they have not chosen one yet.",
    Status.PENDING_INITIAL_PASSWORD_SETUP: "They have not chosen their first password yet.",
    Status.PENDING_EMAIL_VERIFICATION: "Nobody has shown yet that the email address is theirs.",
    Status.PENDING_MOBILE_VERIFICATION: "A code was sent to the phone number and has not been typed yet.",
}
RESENDS = {
    Status.PENDING_PASSWORD_RESET: ("password", "Send it again"),
    Status.PENDING_INITIAL_PASSWORD_SETUP: ("password", "Send it again"),
    Status.PENDING_EMAIL_VERIFICATION: ("email", "Send the verification again"),
    Status.PENDING_MOBILE_VERIFICATION: ("phone", "Send the code again"),
}
BARRED = {Status.DELETED, Status.DISABLED, Status.SUSPENDED, Status.EXPIRED, Status.LOCKED}
"""In these states nothing that is sent would work."""


class Given(msgspec.Struct, kw_only=True):
    """What became of a form: what was typed, what is wrong with each field, what is wrong as a whole, and the dialog in which it
    stands. `more` is for the tab alone."""

    form: Form | None = None
    problems: dict[str, list[str]] = msgspec.field(default_factory=dict)
    alert: str | None = None
    opens: str = ""
    status: int = 200
    more: dict[str, Any] = msgspec.field(default_factory=dict)


Build = Callable[[ReadWork, AnyRequest, Person, Given], Awaitable[dict[str, Any]]]


class Tab(msgspec.Struct, frozen=True):
    """A tab: its name, and what its template `portal/user/<name>.html` needs besides what every tab has."""

    name: str
    build: Build


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
        return await show_tab(request, tab, refused(refusal, form, opens))
    return done(request, PATH if told == GONE else tab_path(user_id, tab.name), told)


def tab_path(user_id: object, tab: str) -> str:
    """The address of a tab, below the portal."""
    return f"{PATH}/{user_id}" if tab == "profile" else f"{PATH}/{user_id}?tab={tab}"


def refused(refusal: DomainError, form: Form, opens: str = "") -> Given:
    """A refusal as the page shows it: under the fields that it names where the form has them, above the tab otherwise."""
    if isinstance(refusal, UserNotFound):
        refusal = DomainError(
            Kind.CONFLICT, "gone", "The user was deleted meanwhile, so nothing has changed."
        )
    problems: dict[str, list[str]] = {}
    others: list[str] = []
    for name, problem in refusal.fields.items():
        if any(other.startswith(f"{name}.") for other in refusal.fields):
            # Each broken rule is named as well, which says more.
            continue
        field = next((part for part in _beginnings(name) if part in form), None)
        if refusal.kind is Kind.FORBIDDEN or field is None:
            others.append(problem)
        else:
            problems.setdefault(field, []).append(_sentence(_placed(name, field) + problem))
    alert = None if problems and not others else _alert(refusal, others)
    status = REFUSALS[refusal.kind][0]
    return Given(form=form, problems=problems, alert=alert, opens=opens, status=status)


def confirmed(form: Form, word: str = "yes") -> None:
    """Raises FieldError unless the box was ticked, or the word was typed, that says that it is meant."""
    if form.get("confirm").strip().lower() != word:
        asked = "tick this box" if word == "yes" else f"type the word {word}"
        raise FieldError("confirm", f"{asked} to go on")


def _alert(refusal: DomainError, others: list[str]) -> str:
    plain = refusal.kind in (Kind.UNPROCESSABLE, Kind.CONFLICT) and others
    return " ".join(_sentence(one) for one in others) if plain else refusal.message


def _beginnings(name: str) -> list[str]:
    """The name, and each part of a path that it begins with: of `customData.plan[3]` also `customData`."""
    parts = name.replace("[", ".[").split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _placed(name: str, field: str) -> str:
    """Where in the field the fault is, if not the whole of it is meant; the rules of a password name themselves."""
    return "" if field in (name, "password") else f"{name.removeprefix(field).lstrip('.')} "


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _of_form(given: Given) -> dict[str, Any]:
    return {
        "typed": {} if given.form is None else dict(given.form.pairs),
        "picked": given.form.all if given.form is not None else lambda _name: [],
        "problems": given.problems,
        "alert_text": given.alert,
        "opened": given.opens,
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
        "notices": _notices(work, person, states),
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


def _notices(work: ReadWork, person: Person, states: list[Status]) -> list[dict[str, Any]]:
    """Every state in words: what it means, why, by whom, since when and until when, and what can be sent again."""
    user = person.user
    details = details_of(user, work.now, person.locked_out_since, person.locked_out_until)
    sends = work.actor.may(users.UPDATE) and not BARRED.intersection(states)
    found = []
    for state in states:
        if state is Status.ACTIVE:
            continue
        told = details[state.value]
        by_itself = told["reason"] == LOCKED_OUT
        found.append(
            {
                "state": state.value,
                "means": MEANINGS[state],
                "reason": "Too many failed sign-ins in a row" if by_itself else told["reason"],
                "by": "the server" if by_itself else told["by"],
                "since": _moment(told["since"]),
                "until": _moment(told["until"]),
                "ends": state in (Status.SUSPENDED, Status.LOCKED),
                "resend": RESENDS.get(state) if sends else None,
            }
        )
    return found


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
