"""A tenant's logo and the style sheet with its accent, for whoever opens a page or a mail."""

import re

from litestar import HttpMethod, Response, route

from tenantry.domain.branding import permissions
from tenantry.domain.branding.errors import LogoNotFound
from tenantry.domain.branding.queries import get_logo
from tenantry.domain.branding.rules import branding_of
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.surfaces.kit.branding import style_name, style_sheet
from tenantry.surfaces.kit.caller import client_ip, user_agent
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.static import FOR_EVER
from tenantry.surfaces.kit.works import request_id

ADDRESS = "/t/{tenant:str}/branding/{name:str}"
LOGO = re.compile(r"logo-([0-9a-f]{32})")
HEADERS = {
    "cache-control": FOR_EVER,
    "x-content-type-options": "nosniff",
    # Somebody else made the picture: opened by itself it may do nothing.
    "content-security-policy": "default-src 'none'; sandbox",
}
VISITOR = frozenset({permissions.SHOW.name})


@route(ADDRESS, http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, status_code=200)
async def show_branding(request: AnyRequest) -> Response[bytes]:
    found = services(request)
    name = request.path_params["name"]
    digest = LOGO.fullmatch(name)
    async with found.works.read(_opener(request), request_id(request)) as work:
        if digest is not None:
            picture = await get_logo(work, digest[1])
            # Mails show it on the pages of other hosts.
            headers = {**HEADERS, "cross-origin-resource-policy": "cross-origin"}
            return Response(picture.content, media_type=picture.media_type, headers=headers)
        accent = branding_of(work.tenant).accent
    if accent is None or name != style_name(accent):
        raise LogoNotFound
    return Response(style_sheet(accent), media_type="text/css", headers=HEADERS)


def _opener(request: AnyRequest) -> OpenTenant:
    ip = client_ip(request, services(request).settings.trusted_proxies)
    actor = Actor(ActorKind.ANONYMOUS, None, "", VISITOR, ip, user_agent(request))
    return OpenTenant(request.path_params["tenant"], actor)


ROUTES = [show_branding]
