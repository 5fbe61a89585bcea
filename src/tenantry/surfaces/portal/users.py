"""The list of users: what the address asks for, as a table."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response, get
from litestar.datastructures import Cookie

from tenantry.domain.directory.choices import Choice, list_choices
from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import list_people
from tenantry.domain.users.states import states_of
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.person_words import STATE_LABELS, names_of
from tenantry.surfaces.kit.search_query import criteria
from tenantry.surfaces.kit.user_query import UserQuery
from tenantry.surfaces.portal.addresses import SIZES, USERS, ListAddress
from tenantry.surfaces.portal.bulk_words import offered
from tenantry.surfaces.portal.frame import View, address, show, told_of
from tenantry.surfaces.portal.invited import invited_of
from tenantry.surfaces.portal.tables import Column, asked, table
from tenantry.surfaces.portal.user_filters import DATES, FILTERS, STATUSES, asked_of, filters_on
from tenantry.surfaces.portal.view_chips import NOTHING_TYPED, Saving, views_of

PATH = USERS
VIEW = View("users", "portal/users.html", part="portal/users_rows.html")
USER = Column("User", "name")
COLUMNS = {
    "status": Column("Status"),
    "roles": Column("Roles"),
    "groups": Column("Groups"),
    "lastLogin": Column("Latest sign-in", "lastLoginAt"),
    "created": Column("Created", "createdAt"),
}
KEPT = ("limit", "columns")
KEPT_FOR = 365 * 24 * 3600
TOLD = {
    "saved": "The view is saved.",
    "unsaved": "The view is deleted.",
    "created": "The user has been created.",
    "deleted": "The user has been deleted.",
    "removed": "The user has been deleted for good.",
}


@get(PATH, include_in_schema=False)
async def list_users(request: AnyRequest) -> Response[bytes]:
    given = decode_form(request.scope["query_string"])
    return await show_list(request, given)


async def show_list(
    request: AnyRequest, given: dict[str, str], saving: Saving = NOTHING_TYPED, status: int = 200
) -> Response[bytes]:
    """The list that the parameters ask for, with a form that saves it as a view; what was typed into that stands open."""
    kept = {name: given[name] for name in KEPT if given.get(name)}
    asked_for, query = asked(request, PATH, UserQuery, _kept(request) | given, asked_of)
    where = asked_for.where
    whole = request.headers.get("hx-request-type") != "partial"

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_people(work, criteria(query))
        columns = _columns(where.given.get("columns"))
        rows = [row_of(person, work.now) for person in found.people]
        return {
            **table(asked_for, [USER, *(COLUMNS[name] for name in columns)], rows, found),
            "columns": columns,
            "filters": filters_on(where),
            "bulk_actions": offered(work.actor),
            "bulk_filters": [(name, where.given[name]) for name in FILTERS if name in where.given],
            "invited": await invited_of(work, request, query),
            "told": told_of(request, TOLD),
            **(await _choices(work, where) if whole else {}),
            **(await views_of(work, where, saving) if whole else {}),
        }

    answer = await show(request, VIEW, build, status)
    if not whole:
        # The fields of the filter bar that are empty stay out of the address.
        answer.headers["hx-push-url"] = ListAddress(address(request, PATH), given).here
    if kept:
        answer.set_cookie(_cookie(request, kept))
    return answer


def row_of(person: Person, now: datetime) -> dict[str, Any]:
    """A person as a row of a table."""
    user = person.user
    title, *others = names_of(user)
    return {
        "id": str(user.id),
        "title": title,
        "others": others,
        "service": user.kind == "service",
        "states": [state.value for state in states_of(user, now, person.locked_out_until)],
        "roles": msgspec.json.decode(person.roles),
        "groups": msgspec.json.decode(person.groups),
        "last_login_at": person.last_login_at,
        "created_at": user.created_at,
    }


async def _choices(work: ReadWork, where: ListAddress) -> dict[str, Any]:
    """What the filters offer, and what they are set to."""
    choices = await list_choices(work, [where.given.get("role", "")], [where.given.get("group", "")])
    return {
        "role_choices": _named(choices.roles, where.given.get("role")),
        "group_choices": _named(choices.groups, where.given.get("group")),
        "status_choices": [(status, STATE_LABELS[status]) for status in STATUSES],
        "date_choices": list(DATES.items()),
        "column_choices": [(name, column.label) for name, column in COLUMNS.items()],
    }


def _named(choices: list[Choice], chosen: str | None) -> list[tuple[str, str]]:
    """What a filter offers; what it is set to stays in it, also where there is no such thing."""
    found = {choice.slug: choice.name for choice in choices}
    return list(({chosen: chosen} | found if chosen else found).items())


def _columns(chosen: str | None) -> list[str]:
    if chosen is None:
        return list(COLUMNS)
    wanted = chosen.split(",")
    return [name for name in COLUMNS if name in wanted]


def _kept(request: AnyRequest) -> dict[str, str]:
    """How the list was looked at the last time: its columns and how many rows."""
    kept = dict(parse_qsl(request.cookies.get(_name(request), "")))
    return {
        name: value
        for name, value in kept.items()
        if (name == "columns" and set(value.split(",")) <= set(COLUMNS)) or value in map(str, SIZES)
    }


def _cookie(request: AnyRequest, kept: dict[str, str]) -> Cookie:
    value = urlencode(_kept(request) | kept)
    path = address(request, PATH)
    return Cookie(key=_name(request), value=value, path=path, max_age=KEPT_FOR, httponly=True, samesite="lax")


def _name(request: AnyRequest) -> str:
    return f"tenantry_users_{request.path_params['tenant']}"


ROUTES = [list_users]
