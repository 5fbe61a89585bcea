"""The list of users: what the address asks for, as a table."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response, get
from litestar.datastructures import Cookie

from tenantry.domain.directory.choices import list_choices
from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import list_people
from tenantry.domain.users.states import states_of
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.person_words import STATE_LABELS
from tenantry.surfaces.kit.search_query import criteria
from tenantry.surfaces.kit.user_query import UserQuery
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.portal.addresses import SIZES, ListAddress, pager_of
from tenantry.surfaces.portal.bulk_words import offered
from tenantry.surfaces.portal.frame import View, address, show, told_of
from tenantry.surfaces.portal.user_filters import DATES, FILTERS, STATUSES, asked_of, filters_on
from tenantry.surfaces.portal.views import views_of

PATH = "/access-management/users"
VIEW = View("users", "portal/users.html", part="portal/users_rows.html")
COLUMNS = {
    "status": "Status",
    "roles": "Roles",
    "groups": "Groups",
    "lastLogin": "Latest sign-in",
    "created": "Created",
}
SORTS = {"user": ("name", False), "lastLogin": ("lastLoginAt", True), "created": ("createdAt", True)}
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
    given = asked = decode_form(request.scope["query_string"])
    kept = {name: given[name] for name in KEPT if given.get(name)}
    given = _kept(request) | given
    where = ListAddress(address(request, PATH), given)
    query = decode_query(urlencode(asked_of(where.given)).encode(), UserQuery)
    whole = request.headers.get("hx-request-type") != "partial"

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_people(work, criteria(query))
        columns = _columns(given.get("columns"))
        sorted_by = (query.sort_by, (query.sort_dir or "").upper() != "ASC")
        return {
            "rows": [row_of(person, work.now) for person in found.people],
            "pager": pager_of(
                where, limit=query.limit, shown=len(found.people), found=found, page=_page_of(query)
            ),
            "columns": columns,
            "heads": _heads(where, sorted_by, columns),
            "filters": filters_on(where),
            "given": where.given,
            "path": address(request, PATH),
            "everybody": address(request, PATH),
            "bulk_actions": offered(work.actor),
            "bulk_filters": [(name, where.given[name]) for name in FILTERS if name in where.given],
            "told": told_of(request, TOLD),
            **(await _choices(work) if whole else {}),
            **(await views_of(work, where) if whole else {}),
        }

    answer = await show(request, VIEW, build)
    if not whole:
        # The fields of the filter bar that are empty stay out of the address.
        answer.headers["hx-push-url"] = ListAddress(address(request, PATH), asked).here
    if kept:
        answer.set_cookie(_cookie(request, kept))
    return answer


def row_of(person: Person, now: datetime) -> dict[str, Any]:
    """A person as a row of a table."""
    user = person.user
    known = [text for text in (user.name, user.email, user.username, user.phone) if text]
    return {
        "id": str(user.id),
        "title": known[0] if known else str(user.id),
        "others": known[1:],
        "service": user.kind == "service",
        "states": [state.value for state in states_of(user, now, person.locked_out_until)],
        "roles": msgspec.json.decode(person.roles),
        "groups": msgspec.json.decode(person.groups),
        "last_login_at": person.last_login_at,
        "created_at": user.created_at,
    }


async def _choices(work: ReadWork) -> dict[str, Any]:
    """What the filters offer."""
    choices = await list_choices(work)
    return {
        "role_choices": [(role.slug, role.name) for role in choices.roles],
        "group_choices": [(group.slug, group.name) for group in choices.groups],
        "status_choices": [(status, STATE_LABELS[status]) for status in STATUSES],
        "date_choices": list(DATES.items()),
        "column_choices": list(COLUMNS.items()),
    }


def _page_of(query: UserQuery) -> int | None:
    return None if query.cursor is not None else query.page or 1


def _columns(chosen: str | None) -> list[str]:
    if chosen is None:
        return list(COLUMNS)
    wanted = chosen.split(",")
    return [name for name in COLUMNS if name in wanted]


def _heads(where: ListAddress, present: tuple[str, bool], columns: list[str]) -> list[dict[str, Any]]:
    heads = []
    for name in ("user", *columns):
        label = COLUMNS.get(name, "User")
        if name not in SORTS:
            heads.append({"name": name, "label": label, "address": None, "order": None})
            continue
        field, first_descending = SORTS[name]
        order = ("descending" if present[1] else "ascending") if present[0] == field else None
        to = where.sort_by(field, present, first_descending=first_descending)
        heads.append({"name": name, "label": label, "address": to, "order": order})
    return heads


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
