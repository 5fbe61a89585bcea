"""The settings of signing up, signing in and all around it: one tab after the other, each one form.

A form carries the version of the settings that it was made from, and the values that it showed. So only what was changed is
sent on, and what somebody else changed meanwhile is shown before anything of it is overwritten.
"""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response, get, post

from tenantry.domain.login.settings_actions import change_settings_safely
from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.errors import SettingsChanged
from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.audit_words import Changed
from tenantry.surfaces.kit.forms import Form, decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.setting_sections import SECTIONS
from tenantry.surfaces.portal.frame import View, address, done, form_of, show, submit, told_of
from tenantry.surfaces.portal.setting_fields import Values, as_changes, in_labels, kinds, values_of
from tenantry.surfaces.portal.setting_words import SECTION_LABELS, TABS

PATH = "/configuration/auth-settings"
VIEW = View("auth-settings", "portal/auth_settings.html")
TOLD = {
    "saved": "The settings have been saved.",
    "unchanged": "Nothing was different, so nothing has changed.",
}
NOT_SAVED = "It is filled in, and not saved yet."


class Typed(msgspec.Struct):
    """A form that is shown again: what it holds now, what is wrong with it, and what somebody else has changed meanwhile."""

    values: Values
    problems: dict[str, str] = msgspec.field(default_factory=dict)
    on_top: list[str] = msgspec.field(default_factory=list)
    meanwhile: list[tuple[str, Changed, str | None]] = msgspec.field(default_factory=list)
    filled_in: str | None = None


class Stale(Exception):
    """Somebody else has changed settings of the same tab since the form was made."""

    def __init__(self, present: Values) -> None:
        super().__init__("the settings have changed")
        self.present = present


@get(PATH, include_in_schema=False)
async def show_settings(request: AnyRequest) -> Response[bytes]:
    return await _page(request, _tab(decode_form(request.scope["query_string"]).get("tab", "")))


@post(PATH, include_in_schema=False)
async def save_settings(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    tab = _tab(form.get("tab"), strictly=True)
    shown, typed = _shown(form, tab), {kind.name: kind.read(form) for kind in kinds(_sections(tab))}
    wanted_default = form.get("default")
    if wanted_default in typed:
        return await _back_to_default(request, tab, typed, wanted_default)
    differing = {name: value for name, value in typed.items() if value != shown.get(name)}

    async def do(work: Work, _: Form) -> bool:
        work.require(permissions.SETTINGS_WRITE)
        before = await get_own_tenant(work)
        present = values_of(msgspec.json.decode(before.settings), _sections(tab))
        # What was changed on another tab is no conflict: nothing of it is sent on from here.
        if form.get("version") != str(before.version) and present != shown:
            raise Stale(present)
        # Whoever comes in between makes the version another one, and the change is refused.
        after = await change_settings_safely(work, as_changes(differing), SECTIONS, before.version)
        return after.version != before.version

    try:
        saved = await submit(request, do)
    except Stale as stale:
        return await _conflict(request, tab, shown, typed, stale.present)
    except SettingsChanged:
        return await _page(
            request, tab, Typed(typed, on_top=[SettingsChanged().message]), HTTPStatus.CONFLICT
        )
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE:
            raise
        return await _page(request, tab, _refused(typed, refusal), HTTPStatus.UNPROCESSABLE_ENTITY)
    return done(request, f"{PATH}?tab={tab}", "saved" if saved else "unchanged")


async def _back_to_default(request: AnyRequest, tab: str, typed: Values, name: str) -> Response[bytes]:
    """The same form with one value back at its default; what else was typed stays, and it is still to be saved."""
    [kind] = [kind for kind in kinds(_sections(tab)) if kind.name == name]
    form = Typed({**typed, name: kind.default}, filled_in=name)
    return await _page(request, tab, form)


async def _conflict(
    request: AnyRequest, tab: str, shown: Values, typed: Values, present: Values
) -> Response[bytes]:
    meanwhile, values = [], {}
    for kind in kinds(_sections(tab)):
        old, now, own = shown.get(kind.name, kind.default), present[kind.name], typed[kind.name]
        values[kind.name] = now if own == old else own
        if now != old:
            change = Changed(kind.label, kind.in_words(old), kind.in_words(now))
            meanwhile.append((kind.name, change, None if own == old else kind.in_words(own)))
    return await _page(request, tab, Typed(values, meanwhile=meanwhile), HTTPStatus.CONFLICT)


async def _page(
    request: AnyRequest, tab: str, typed: Typed | None = None, status: int = HTTPStatus.OK
) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        if typed is not None and not work.actor.may(permissions.SETTINGS_WRITE):
            raise MissingPermission(permissions.SETTINGS_WRITE)
        tenant = await get_own_tenant(work)
        present = values_of(msgspec.json.decode(tenant.settings), _sections(tab))
        path = address(request, PATH)
        return {
            "path": path,
            "tab": tab,
            "tabs": [(name, label, f"{path}?tab={name}") for name, label, _ in TABS],
            "sections": [(name, SECTION_LABELS[name], kinds((name,))) for name in _sections(tab)],
            "values": present if typed is None else typed.values,
            "problems": {} if typed is None else typed.problems,
            "on_top": [] if typed is None else typed.on_top,
            "meanwhile": [] if typed is None else typed.meanwhile,
            "filled_in": None if typed is None else typed.filled_in,
            "version": tenant.version,
            "shown": msgspec.json.encode(present).decode(),
            "told": told_of(request, TOLD),
        }

    return await show(request, VIEW, build, status)


def _refused(typed: Values, refusal: DomainError) -> Typed:
    """The form with what is wrong under each of its fields. How settings go together is told under each of them, and above the
    form what names none."""
    kind_of = {kind.name: kind for name, _, sections in TABS for kind in kinds(sections)}
    problems, on_top = {}, []
    for field, problem in refusal.fields.items():
        if field in kind_of:
            problems[field] = sentence(kind_of[field].fault_in_words(problem))
            continue
        said, about = in_labels(field, problem) if field in SECTION_LABELS else (problem, [])
        if about:
            problems |= dict.fromkeys(about, sentence(said))
        else:
            on_top.append(f"{SECTION_LABELS.get(field, field)}: {sentence(said)}")
    return Typed(typed, problems, on_top)


def _shown(form: Form, tab: str) -> Values:
    """What the form showed when it was made. What cannot be read showed nothing, so that all of it counts as changed."""
    try:
        shown = msgspec.json.decode(form.get("shown"), type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
    return {kind.name: shown[kind.name] for kind in kinds(_sections(tab)) if kind.name in shown}


def _tab(name: str, *, strictly: bool = False) -> str:
    if any(name == tab for tab, _, _ in TABS):
        return name
    if strictly:
        raise DomainError(Kind.INVALID, "validation_error", "There is no such tab.", {"tab": "is no tab"})
    return TABS[0][0]


def _sections(name: str) -> tuple[str, ...]:
    return next(sections for tab, _, sections in TABS if tab == name)


ROUTES = [show_settings, save_settings]
