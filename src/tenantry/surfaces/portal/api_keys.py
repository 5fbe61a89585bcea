"""API keys: the list, a new one that is shown this once, and the end of one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from litestar import Response, get, post

from tenantry.domain.apikeys import permissions
from tenantry.domain.apikeys.actions import create_api_key, revoke_api_key
from tenantry.domain.apikeys.model import SCOPES, ApiKey, MadeKey, Maker, NewApiKey
from tenantry.domain.apikeys.queries import find_makers, get_api_key, list_api_keys, parse_key_id
from tenantry.domain.apikeys.rules import DEFAULT_READ_RATE, DEFAULT_WRITE_RATE
from tenantry.kernel.permissions import Actor
from tenantry.kernel.problems import FieldError, Problems
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import SearchQuery, criteria, one_of
from tenantry.surfaces.portal.faults import Faults, Refused, taken
from tenantry.surfaces.portal.frame import View, address, done, show, told_of
from tenantry.surfaces.portal.tables import Column, asked, table

PATH = "/configuration/api-keys"
VIEW = View("api-keys", "portal/api_keys.html", part="portal/api_keys_rows.html")
NEW = View("api-keys", "portal/api_keys_new.html")
MADE = View("api-keys", "portal/api_keys_made.html")
ONE = View("api-keys", "portal/api_keys_one.html")
FIELDS = ("name", "scopes", "expiresAt", "readRate", "writeRate")
COLUMNS = (
    Column("Key", "name"),
    Column("Status"),
    Column("Scopes"),
    Column("Last used"),
    Column("Ends"),
    Column("Made by"),
    Column("Created", "createdAt"),
)
TOLD = {"revoked": "The key is dead from this moment.", "dead": "The key was revoked before."}
SCOPE_WORDS = {
    "admin:read": "Read everything: users, groups, roles, keys, settings, messages and the audit log.",
    "admin:write": "Do everything. Give it only to programs that you trust like an administrator.",
    "admin:users": "Manage users, and give out roles and groups.",
    "admin:roles": "Manage roles and permissions, and give out roles.",
    "admin:groups": "Manage groups and their members.",
    "admin:audit": "Read and export the audit log.",
    "internal_user_mgt_create": "Create users.",
    "internal_user_mgt_list": "List users.",
    "internal_user_mgt_view": "See single users.",
    "internal_user_mgt_update": "Change users.",
    "internal_user_mgt_delete": "Delete users.",
}
ENDS = (
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    ("date", "On a date"),
    ("never", "Never"),
)
USUAL_END = "90"
STATES = {"active": ("Active", "good"), "expired": ("Expired", "wait"), "revoked": ("Revoked", "bad")}


class KeyQuery(SearchQuery, kw_only=True, rename="camel"):
    """The parameters of the list of keys."""

    sort_by: Annotated[str, one_of("name", "createdAt")] = "name"


@get(PATH, include_in_schema=False)
async def list_all(request: AnyRequest) -> Response[bytes]:
    where, query = asked(request, PATH, KeyQuery)

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_api_keys(work, criteria(query))
        makers = await find_makers(work, found.keys)
        rows = [_row(key, makers, work.now) for key in found.keys]
        return {**table(where, COLUMNS, rows, found.page), "told": told_of(request, TOLD)}

    return await show(request, VIEW, build)


@get(f"{PATH}/new", include_in_schema=False)
async def new(request: AnyRequest) -> Response[bytes]:
    return await _form(request, Form([("ends", USUAL_END)]), Faults(FIELDS), 200)


@post(f"{PATH}/new", include_in_schema=False, status_code=200)
async def create(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> MadeKey:
        # Nobody makes a key whose page they could not be shown.
        work.require(permissions.READ)
        return await create_api_key(work, _wanted(form, work.now))

    made = await taken(request, do, FIELDS)
    if isinstance(made, Refused):
        return await _form(request, made.form, made.faults, made.status)

    async def build(work: ReadWork) -> dict[str, Any]:
        return {"key": made.key, "secret": made.secret, "list": address(request, PATH), **_addresses(work)}

    return await show(request, MADE, build)


@get(f"{PATH}/{{key_id:str}}", include_in_schema=False)
async def get_one(request: AnyRequest) -> Response[bytes]:
    return await _one(request, Faults(("sure",)), 200)


@post(f"{PATH}/{{key_id:str}}/revoke", include_in_schema=False, status_code=200)
async def revoke(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> str:
        if not form.ticked("sure"):
            raise FieldError("sure", "tick the box to confirm")
        return (
            "revoked" if await revoke_api_key(work, parse_key_id(request.path_params["key_id"])) else "dead"
        )

    told = await taken(request, do, ("sure",))
    if isinstance(told, Refused):
        return await _one(request, told.faults, told.status)
    return done(request, f"{PATH}/{request.path_params['key_id']}", told)


async def _one(request: AnyRequest, faults: Faults, status: int) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        key = await get_api_key(work, request.path_params["key_id"])
        makers = await find_makers(work, [key])
        return {
            "key": key,
            "row": _row(key, makers, work.now),
            "scope_words": SCOPE_WORDS,
            "usual": (DEFAULT_READ_RATE, DEFAULT_WRITE_RATE),
            "list": address(request, PATH),
            "told": told_of(request, TOLD),
            "faults": faults,
        }

    return await show(request, ONE, build, status)


async def _form(request: AnyRequest, form: Form, faults: Faults, status: int) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        work.require(permissions.WRITE)
        return {
            "form": form,
            "scopes": [(name, SCOPE_WORDS[name], _may_give(work.actor, name)) for name in SCOPES],
            "ticked": form.all("scopes"),
            "ends": ENDS,
            "usual": (DEFAULT_READ_RATE, DEFAULT_WRITE_RATE),
            "tomorrow": (work.now + timedelta(days=1)).date().isoformat(),
            "faults": faults,
            "list": address(request, PATH),
        }

    return await show(request, NEW, build, status)


def _may_give(actor: Actor, scope: str) -> bool:
    """Whether the scope would be refused anyway; the action decides."""
    return not actor.lacks(SCOPES[scope])


def _wanted(form: Form, now: datetime) -> NewApiKey:
    """The key that the form asks for. Raises DomainError naming every field that cannot be read."""
    problems = Problems()
    wanted = NewApiKey(
        name=form.get("name"),
        scopes=form.all("scopes"),
        expires_at=problems.attempt(_end, form, now),
        read_rate=problems.attempt(_rate, form, "readRate"),
        write_rate=problems.attempt(_rate, form, "writeRate"),
    )
    problems.raise_if_any()
    return wanted


def _end(form: Form, now: datetime) -> datetime | None:
    ends = form.get("ends")
    if ends == "never":
        return None
    if ends != "date":
        days = next((int(value) for value, _ in ENDS if value == ends and value.isdecimal()), None)
        if days is None:
            raise FieldError("expiresAt", "choose when the key ends")
        return now + timedelta(days=days)
    try:
        return datetime.strptime(form.get("date"), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise FieldError("expiresAt", "choose the day on which the key ends") from error


def _rate(form: Form, field: str) -> int | None:
    text = form.text(field)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise FieldError(field, "must be a whole number of requests a minute")
    return int(text)


def _row(key: ApiKey, makers: dict[Any, Maker], now: datetime) -> dict[str, Any]:
    status = "active"
    if key.revoked_at is not None:
        status = "revoked"
    elif key.expires_at is not None and key.expires_at <= now:
        status = "expired"
    label, tone = STATES[status]
    return {
        "id": str(key.id),
        "name": key.name,
        "hint": key.hint,
        "status": status,
        "label": label,
        "tone": tone,
        "scopes": [{"name": scope} for scope in key.scopes],
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "maker": _maker(key, makers),
        "created_at": key.created_at,
    }


def _maker(key: ApiKey, makers: dict[Any, Maker]) -> str:
    if key.created_by is None:
        return "The command line"
    maker = makers.get(key.created_by)
    if maker is None:
        return "Somebody who is gone"
    if maker.kind == "api_key":
        return f"The key {maker.name}"
    return maker.name or "A user"


def _addresses(work: ReadWork) -> dict[str, str]:
    return {"api": f"/t/{work.tenant.slug}/api/v1/admin/users?limit=3"}


ROUTES = [list_all, new, create, get_one, revoke]
