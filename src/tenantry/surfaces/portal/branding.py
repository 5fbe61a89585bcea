"""What the tenant looks like: its name, its accent colour and its logo, with the sign-in page as it would be."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException

from tenantry.domain.branding.actions import remove_logo, set_logo
from tenantry.domain.branding.colours import accent_of
from tenantry.domain.branding.queries import get_branding
from tenantry.domain.tenants import permissions
from tenantry.domain.tenants.actions import change_settings
from tenantry.domain.tenants.errors import SettingsChanged
from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.domain.tenants.rules import GENERAL
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.audit_words import Changed
from tenantry.surfaces.kit.branding import brand_of, style_sheet
from tenantry.surfaces.kit.forms import Form, decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.setting_sections import SECTIONS
from tenantry.surfaces.kit.uploads import decode_upload
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.portal.frame import View, address, check_ours, done, form_of, show, submit, told_of

PATH = "/configuration/branding"
VIEW = View("branding", "portal/branding.html")
PREVIEW = "portal/branding_preview.html"
TOLD = {
    "saved": "The branding has been saved.",
    "unchanged": "Nothing was different, so nothing has changed.",
    "logo": "The logo has been set.",
    "logo-removed": "The logo has been removed.",
}
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
SECTION = "branding"
FIELDS = {
    f"{GENERAL}.name": "name",
    f"{SECTION}.accentColor": "colour",
    "logo": "logo",
    "confirmed": "confirmed",
}
COLOUR_FORM = "must be # and six digits, as in #0b766e; leave it empty for our own colour"
TOO_LARGE = "is too large; it may have at most 256 KiB"
NEEDS_TICK = "tick the box"


class Looks(msgspec.Struct, frozen=True):
    """The name and the accent colour, as they are or as they were typed; no colour is an empty text."""

    name: str
    colour: str


class Typed(msgspec.Struct):
    """A form that is shown again: what it holds, what is wrong with it, and what somebody else has changed meanwhile."""

    looks: Looks | None = None
    problems: dict[str, str] = msgspec.field(default_factory=dict)
    meanwhile: list[Changed] = msgspec.field(default_factory=list)


class Stale(Exception):
    """Somebody else has changed the name or the colour since the form was made."""

    def __init__(self, present: Looks) -> None:
        super().__init__("the branding has changed")
        self.present = present


@get(PATH, include_in_schema=False)
async def show_branding(request: AnyRequest) -> Response[bytes]:
    return await _page(request, Typed())


@post(PATH, include_in_schema=False)
async def save_looks(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    shown = Looks(form.get("shown_name"), form.get("shown_colour"))
    typed = Looks(form.get("name").strip(), form.get("colour").strip())

    async def do(work: Work, _: Form) -> bool:
        work.require(permissions.SETTINGS_WRITE)
        before, present = await _present(work)
        # A new logo, or another setting, is a version as well, and no conflict with this form.
        if form.get("version") != str(before) and present != shown:
            raise Stale(present)
        after = await change_settings(work, _changes(shown, typed), SECTIONS, before)
        return after.version != before

    try:
        saved = await submit(request, do)
    except Stale as stale:
        return await _page(request, _conflict(shown, typed, stale.present), HTTPStatus.CONFLICT)
    except SettingsChanged:
        return await _page(request, Typed(typed), HTTPStatus.CONFLICT)
    except DomainError as refusal:
        return await _refused(request, refusal, typed)
    return done(request, PATH, "saved" if saved else "unchanged")


@post(f"{PATH}/logo", include_in_schema=False)
async def upload_logo(request: AnyRequest) -> Response[bytes]:
    try:
        upload = await decode_upload(request)
    except HTTPException as error:
        if error.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise
        return await _page(request, Typed(problems={"logo": sentence(TOO_LARGE)}), error.status_code)
    person = Person(request)
    try:
        async with person.writing() as work:
            check_ours(request, upload.form, person.session)
            await set_logo(work, upload.files.get("logo", b""))
    except DomainError as refusal:
        return await _refused(request, refusal)
    return done(request, PATH, "logo")


@post(f"{PATH}/logo/remove", include_in_schema=False)
async def take_logo_away(request: AnyRequest) -> Response[bytes]:
    async def do(work: Work, form: Form) -> None:
        work.require(permissions.SETTINGS_WRITE)
        if not form.ticked("confirmed"):
            raise FieldError("confirmed", NEEDS_TICK)
        await remove_logo(work)

    try:
        await submit(request, do)
    except DomainError as refusal:
        return await _refused(request, refusal)
    return done(request, PATH, "logo-removed")


@get(f"{PATH}/preview", include_in_schema=False)
async def show_preview(request: AnyRequest) -> Response[bytes]:
    """The sign-in page as it would be with the name and colour in the address, to stand in a frame."""
    asked = decode_form(request.scope["query_string"])
    colour = asked.get("colour", "")
    style = (
        f"{address(request, PATH)}/preview.css?{urlencode({'colour': colour})}"
        if _is_colour(colour)
        else None
    )
    async with Person(request).reading() as work:
        work.require(permissions.SETTINGS_READ)
        name = asked.get("name", "").strip()[:128] or work.tenant.name
        brand = msgspec.structs.replace(brand_of(work.tenant), name=name, style=style)
    body = pages.render(PREVIEW, tenant_name=name, brand=brand)
    return Response(body, headers=pages.headers(pages.FRAMED_POLICY))


@get(f"{PATH}/preview.css", include_in_schema=False)
async def show_style(request: AnyRequest) -> Response[bytes]:
    colour = decode_form(request.scope["query_string"]).get("colour", "")
    async with Person(request).reading() as work:
        work.require(permissions.SETTINGS_READ)
    if not _is_colour(colour):
        raise DomainError(
            Kind.INVALID, "validation_error", f"The colour {COLOUR_FORM}.", {"colour": COLOUR_FORM}
        )
    headers = {"x-content-type-options": "nosniff", "cache-control": "private, max-age=600"}
    return Response(style_sheet(accent_of(colour.lower())), media_type="text/css", headers=headers)


async def _page(request: AnyRequest, typed: Typed, status: int = HTTPStatus.OK) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        if status != HTTPStatus.OK and not work.actor.may(permissions.SETTINGS_WRITE):
            raise MissingPermission(permissions.SETTINGS_WRITE)
        version, present = await _present(work)
        looks, path = typed.looks or present, address(request, PATH)
        return {
            "path": path,
            "version": version,
            "present": present,
            "looks": looks,
            "is_colour": _is_colour(looks.colour),
            "accent": accent_of(looks.colour.lower()) if _is_colour(looks.colour) else None,
            "logo": brand_of(work.tenant),
            "problems": typed.problems,
            "meanwhile": typed.meanwhile,
            "preview": f"{path}/preview?{urlencode({'name': looks.name, 'colour': looks.colour})}",
            "told": told_of(request, TOLD),
        }

    answer = await show(request, VIEW, build, status)
    answer.headers["content-security-policy"] = pages.MAILBOX_POLICY
    return answer


async def _present(work: ReadWork) -> tuple[int, Looks]:
    tenant, branding = await get_own_tenant(work), await get_branding(work)
    return tenant.version, Looks(tenant.name, branding.colour or "")


async def _refused(request: AnyRequest, refusal: DomainError, looks: Looks | None = None) -> Response[bytes]:
    """The page with what is wrong under its field; what is no matter of a field is raised anew."""
    problems = {FIELDS[name]: sentence(text) for name, text in refusal.fields.items() if name in FIELDS}
    if not problems or refusal.kind not in (Kind.UNPROCESSABLE, Kind.TOO_LARGE):
        raise refusal
    if "colour" in problems:
        problems["colour"] = sentence(COLOUR_FORM)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if refusal.kind is Kind.TOO_LARGE else 422
    return await _page(request, Typed(looks, problems), status)


def _conflict(shown: Looks, typed: Looks, present: Looks) -> Typed:
    """One's own values where one has changed something, else those of the others."""
    meanwhile, values = [], {}
    for field, label in (("name", "Name"), ("colour", "Accent colour")):
        old, now, own = (getattr(looks, field) for looks in (shown, present, typed))
        values[field] = now if own == old else own
        if now != old:
            meanwhile.append(Changed(label, old or None, now or None))
    return Typed(Looks(**values), meanwhile=meanwhile)


def _changes(shown: Looks, typed: Looks) -> dict[str, dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    if typed.name != shown.name:
        changes[GENERAL] = {"name": typed.name}
    if typed.colour != shown.colour:
        changes[SECTION] = {"accentColor": typed.colour or None}
    return changes


def _is_colour(text: str) -> bool:
    return COLOUR.fullmatch(text) is not None


ROUTES = [show_branding, save_looks, upload_logo, take_logo_away, show_preview, show_style]
