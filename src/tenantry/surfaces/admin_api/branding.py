"""The tenant's looks: name, accent colour, and the logo as a file."""

import msgspec
from litestar import Response, delete, get, put

from tenantry.domain.branding.actions import remove_logo, set_logo
from tenantry.domain.branding.pictures import TYPES
from tenantry.domain.branding.queries import get_branding
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.branding import logo_address
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Settings"
EXAMPLE = {
    "name": "Acme Corporation",
    "accentColor": "#0b766e",
    "logoUrl": "https://id.example.com/t/acme-corp/branding/logo-5a105e8b9d40e1329780d62ea2265d8a",
}


class BrandingView(msgspec.Struct, frozen=True, rename="camel"):
    """What the tenant looks like. `logo_url` can be fetched by anybody; a new logo has a new address."""

    name: str
    accent_color: str | None
    logo_url: str | None


class LogoView(msgspec.Struct, frozen=True, rename="camel"):
    """The logo: where it can be fetched by anybody, and its size in pixels."""

    logo_url: str
    width: int
    height: int


@get(
    "/branding",
    **promises(
        summary="Get the branding",
        tag=TAG,
        description="Name and accent colour are changed with the settings, as `general.name` and `branding.accentColor`.",
        answer=BrandingView,
        answer_example={"data": EXAMPLE},
        scopes=("admin:read", "admin:write"),
    ),
)
async def get_looks(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        found = await get_branding(work)
        url = None if found.logo is None else _url(request, work, found.logo.hash)
        return Answer({"data": BrandingView(found.name, found.colour, url)})

    return await read(request, run)


@put(
    "/branding/logo",
    **promises(
        summary="Set the logo",
        name="setLogo",
        tag=TAG,
        description=(
            "The body is the file itself: a PNG, JPEG or WebP picture of at most 256 KiB, 1024 pixels wide and 1024 high, that"
            " does not move. SVG is refused, because it can carry script. What the file is, its content decides."
        ),
        upload=tuple(TYPES.values()),
        answer=LogoView,
        answer_example={
            "data": {"logoUrl": EXAMPLE["logoUrl"], "width": 320, "height": 96},
            "message": "Logo set",
        },
        scopes=("admin:write",),
        errors=(413, 422),
    ),
)
async def put_logo(request: AnyRequest) -> Response[bytes]:
    content = await request.body()

    async def run(work: Work) -> Answer:
        facts = await set_logo(work, content)
        view = LogoView(_url(request, work, facts.hash), facts.width, facts.height)
        return Answer({"data": view, "message": "Logo set"})

    return await write(request, run)


@delete(
    "/branding/logo",
    **promises(
        summary="Remove the logo",
        name="removeLogo",
        tag=TAG,
        description="Where there is none, nothing changes.",
        scopes=("admin:write",),
    ),
)
async def delete_logo(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        removed = await remove_logo(work)
        return Answer({"message": "Logo removed" if removed else "There was no logo"})

    return await write(request, run)


def _url(request: AnyRequest, work: ReadWork, digest: str) -> str:
    return f"{services(request).settings.address}{logo_address(work.tenant.slug, digest)}"


ROUTES = [get_looks, put_logo, delete_logo]
