"""What the pages of verification share: who stands before them, their guard, how presses are counted."""

from typing import Any

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from tenantry.domain.codes.model import Code, CodeState
from tenantry.domain.verification.again_actions import count_visit
from tenantry.domain.verification.opening import OpenByVerification, open_for_visitor
from tenantry.kernel.work import TenantFacts
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.caller import caller_network, client_ip, user_agent
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.page_answers import AnyRequest, error_page, page
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id

PRESSES_A_MINUTE = 600
"""Presses of one address that reach the database at all; how many of them are let in, the tenant's settings say."""


class Visit(msgspec.Struct):
    """What one request to a page found: whose page it is and what its link is; the rest only for a link that works."""

    token: str
    slug: str
    tenant: TenantFacts
    link: Code
    account: str = ""
    address: str = ""

    @property
    def state(self) -> CodeState:
        return self.link.state


def opener_of(request: AnyRequest, token: str) -> OpenByVerification:
    """Acts as the holder of the link, or as nobody."""
    ip = client_ip(request, services(request).settings.trusted_proxies)
    return OpenByVerification(request.path_params["tenant"], token, ip, user_agent(request))


async def count_press(request: AnyRequest) -> None:
    """Counts a press against the address that it comes from, over all server processes. Raises RateLimited and TooOften."""
    found = services(request)
    network = caller_network(request, found.settings.trusted_proxies)
    found.limits.take(f"verification {network}", Category.WRITE, PRESSES_A_MINUTE)
    ip = client_ip(request, found.settings.trusted_proxies)
    visitor = open_for_visitor(request.path_params["tenant"], ip, user_agent(request))
    async with found.works.write(visitor, request_id(request)) as work:
        refusal = await count_visit(work, network)
    if refusal is not None:
        raise refusal


def guard_of(request: AnyRequest) -> Csrf:
    """The guard of the tenant's forms."""
    found = services(request)
    return Csrf(found.sealer, request.path_params["tenant"], found.settings.address)


def sealed(request: AnyRequest, about: str) -> tuple[str, Cookie]:
    """The hidden field of a form, and the cookie that goes with it."""
    guard = guard_of(request)
    cookie = guard.cookie(request)
    return guard.field(cookie, about), cookie


def state_page(
    template: str, visit: Visit, state: str, status: int, cookie: Cookie | None = None, **more: Any
) -> Response[bytes]:
    """The page in a state that is told by words alone."""
    context = {
        "state": state,
        **whose(visit.tenant),
        "sign_in": f"/t/{visit.slug}/login",
        "kind": None if visit.link.kind is None else visit.link.kind.value,
        **more,
    }
    return page(template, status, context, cookie)


def dead_link(request: AnyRequest, visit: Visit, template: str) -> Response[bytes]:
    """Why a link does not work. Nobody learns more from it than that they hold a link of this tenant, or none."""
    if visit.state in (CodeState.EXPIRED, CodeState.OVERTAKEN, CodeState.USED):
        return state_page(template, visit, visit.state.value, 410)
    if visit.state is CodeState.REFUSED:
        return error_page(
            request,
            403,
            "This account cannot be used",
            "It is suspended, locked or disabled. Ask your administrator; the link works again once that is lifted.",
        )
    return error_page(
        request,
        404,
        "This link is not valid",
        "Open it once more straight from the mail. If that does not help, ask for a new one where it came from.",
    )


def not_from_our_page(request: AnyRequest) -> Response[bytes]:
    """The answer to a form that was not sent from the page."""
    return error_page(
        request,
        403,
        "The page has to be opened first",
        "Your browser did not send back the cookie that the page set. Allow cookies for this site and open the link from the"
        " message once more. It is still good.",
    )
