"""What every page of the portal goes through: who is signed in, what they may see, the frame around the content, and forms.

A page is shown by `show`, and a form is taken by `submit`. Both open one unit of work as the person who is signed in, so what
they may do is decided where it is done.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Response
from litestar.types import ExceptionHandlersMap

from tenantry.domain.sessions.errors import SessionEnded
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import Actor, MissingPermission
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import Form, decode_fields, decode_form
from tenantry.surfaces.kit.next_path import safe_next
from tenantry.surfaces.kit.page_answers import AS_PAGES, AnyRequest, compressed, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import Person, session_cookie, sign_in_address
from tenantry.surfaces.portal.navigation import MENU, Place, menu_for

T = TypeVar("T")
PLACES = {place.name: place for section in MENU for place in section.places}


class View(msgspec.Struct, frozen=True):
    """A page: the place of the menu that it belongs to, its template, and the template of the part that alone is sent when it
    asks for itself anew. What belongs to no place is open to everybody who finds anything in the menu."""

    place: str | None
    template: str
    part: str | None = None

    @property
    def of(self) -> Place | None:
        return None if self.place is None else PLACES[self.place]


class NoPortal(DomainError):
    """Somebody without any right of the administration."""

    def __init__(self) -> None:
        super().__init__(
            Kind.FORBIDDEN,
            "permission_denied",
            "The portal is for administrators. Ask one of them for a role.",
        )


class NotFromOurPage(DomainError):
    """A form without the secret of the page that it belongs to: too old a page, or another site's."""

    def __init__(self) -> None:
        super().__init__(
            Kind.FORBIDDEN,
            "csrf",
            "That did not come from this page, so nothing has changed. Open the page once more and press the button there.",
        )


async def show(
    request: AnyRequest,
    view: View,
    build: Callable[[ReadWork], Awaitable[dict[str, Any]]],
    status: int = 200,
) -> Response[bytes]:
    """Answers with the page; `build` reads what the template needs. Raises SessionEnded, MissingPermission, and what `build`
    raises."""
    person = Person(request)
    async with person.reading() as work:
        _refuse_strangers(work.actor, view.of)
        context = await build(work)
        frame = _frame(request, view, work, person.session)
    return _answer(request, view, context | frame, status)


async def submit(request: AnyRequest, do: Callable[[Work, Form], Awaitable[T]]) -> T:
    """Takes a form of a page of the portal: `do` runs in one unit of work, and what it gives is given back once it is stored.

    Raises SessionEnded, NotFromOurPage, and what `do` raises; then nothing is stored.
    """
    form = await form_of(request)
    person = Person(request)
    async with person.writing() as work:
        check_ours(request, form, person.session)
        return await do(work, form)


async def form_of(request: AnyRequest) -> Form:
    """The fields of the form that was sent."""
    return decode_fields(await request.body())


def check_ours(request: AnyRequest, form: Form, session: UUID) -> None:
    """Raises NotFromOurPage."""
    if not _guard(request).is_ours(request, form.get("csrf"), _about(session)):
        raise NotFromOurPage


def address(request: AnyRequest, path: str) -> str:
    """The address of a page of the portal, by its path below it."""
    return f"/t/{request.path_params['tenant']}/portal{path}"


def done(request: AnyRequest, path: str, told: str = "") -> Response[bytes]:
    """Sends the browser on to a page of the portal, which tells there what was done: `told` is one of the words in its TOLD."""
    mark = f"{'&' if '?' in path else '?'}told={told}" if told else ""
    return redirect(f"{address(request, path)}{mark}")


def told_of(request: AnyRequest, words: dict[str, str]) -> str | None:
    """What has just been done, in the page's words, where the address says that something was."""
    return words.get(decode_form(request.scope["query_string"]).get("told", ""))


def _refuse_strangers(actor: Actor, place: Place | None) -> None:
    if place is not None and not actor.may(place.needs):
        raise MissingPermission(place.needs)
    if not menu_for(actor):
        raise NoPortal


def _frame(request: AnyRequest, view: View, work: ReadWork, session: UUID) -> dict[str, Any]:
    guard = _guard(request)
    cookie = guard.cookie(request)
    return {
        **whose(work.tenant),
        "account": work.actor.label,
        "base": address(request, ""),
        "sign_out": f"/t/{work.tenant.slug}/logout",
        "own_account": f"/t/{work.tenant.slug}/account/sessions",
        "menu": menu_for(work.actor),
        "place": view.of,
        "csrf": guard.field(cookie, _about(session)),
        "sign_out_csrf": guard.field(cookie, f"account {session}"),
        # It hides what would be refused, and decides nothing.
        "may": work.actor.holds,
        "now": work.now,
        "cookie": cookie,
    }


def _answer(request: AnyRequest, view: View, context: dict[str, Any], status: int) -> Response[bytes]:
    cookie = context.pop("cookie")
    asks_for_part = request.headers.get("hx-request-type") == "partial"
    template = view.part if view.part is not None and asks_for_part else view.template
    answer = page(template, status, context, cookie)
    # One address gives a whole page or a part of it.
    answer.headers["vary"] = "HX-Request-Type, Accept-Encoding"
    # Whoever must sign in again is sent back to the page on which the form stood, which only the browser can tell.
    answer.headers["referrer-policy"] = "same-origin"
    return compressed(request, answer)


def _guard(request: AnyRequest) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, request.path_params["tenant"], found.settings.address)


def _about(session: UUID) -> str:
    return f"portal {session}"


def _to_sign_in(request: AnyRequest, _: SessionEnded) -> Response[bytes]:
    """To the sign-in, and from there back to where one was: of a form that is the page on which it stood."""
    away = sign_in_address(request, _where(request))
    answer = redirect(away, session_cookie(request).clear())
    if request.headers.get("hx-request"):
        # A redirect would put the sign-in page into a part of this one.
        answer.status_code = 200
        del answer.headers["location"]
        answer.headers["hx-redirect"] = away
    return answer


def _where(request: AnyRequest) -> str:
    slug = request.path_params["tenant"]
    wanted = request.url.path
    if request.scope["query_string"]:
        wanted += f"?{request.scope['query_string'].decode('ascii', 'replace')}"
    if request.method != "GET":
        came_from = urlsplit(request.headers.get("referer", ""))
        wanted = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    portal = f"/t/{slug}/portal"
    return wanted if wanted.startswith(portal) and safe_next(slug, wanted) else f"{portal}/"


ERRORS: ExceptionHandlersMap = {**AS_PAGES, SessionEnded: _to_sign_in}
"""The `exception_handlers` of the router that the portal stands on."""
