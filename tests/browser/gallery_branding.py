"""Pages in the looks of a tenant: a logo, an accent colour, or both."""

from functools import cache
from io import BytesIO
from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from PIL import Image, ImageDraw

from tenantry.domain.branding.colours import accent_of
from tenantry.surfaces.kit.branding import Brand, style_sheet
from tests.browser.gallery_sign_in import LOGIN, LONG_NAME, SESSIONS

SIZES = {"wide": (640, 160), "square": (256, 256), "clear": (480, 120), "tiny": (16, 16), "tall": (64, 1024)}
CLEAR = frozenset({"clear"})


def brand(colour: str | None = None, logo: str | None = None, name: str = "Acme Corporation") -> Brand:
    style = None if colour is None else f"/branding/{colour[1:]}.css"
    if logo is None:
        return Brand(name=name, style=style)
    width, height = SIZES[logo]
    return Brand(
        name=name, logo=f"/branding/{logo}", width=width, height=height, clear=logo in CLEAR, style=style
    )


def _login(**looks: str) -> tuple[str, dict[str, Any]]:
    return "signin/login.html", {
        **LOGIN,
        "tenant_name": looks.get("name", "Acme Corporation"),
        "brand": brand(**looks),
    }


BRANDING: dict[str, tuple[str, dict[str, Any]]] = {
    "branded-wide": _login(colour="#c2410c", logo="wide"),
    "branded-square": _login(colour="#7c3aed", logo="square"),
    "branded-clear": _login(colour="#1e40af", logo="clear"),
    "branded-tall": _login(colour="#db2777", logo="tall", name=LONG_NAME),
    "branded-tiny": _login(logo="tiny"),
    "branded-pale": _login(colour="#ffee00"),
    "branded-black": _login(colour="#000000"),
    "branded-white": _login(colour="#ffffff", name=LONG_NAME),
    "branded-told": ("signin/login.html", {**_login(colour="#c2410c")[1], "told": "You have signed out."}),
    "branded-sessions": ("account/sessions.html", {**SESSIONS, "brand": brand("#c2410c", "wide")}),
    "branded-sessions-clear": ("account/sessions.html", {**SESSIONS, "brand": brand("#ffee00", "clear")}),
    "branded-sessions-long": (
        "account/sessions.html",
        {**SESSIONS, "tenant_name": LONG_NAME, "brand": brand("#7c3aed", name=LONG_NAME)},
    ),
}


@cache
def drawn(logo: str) -> bytes:
    """A mark on a ground of its own, or on none."""
    width, height = SIZES[logo]
    image = Image.new("RGBA", (width, height), "#00000000" if logo in CLEAR else "#fdba74")
    draw = ImageDraw.Draw(image)
    side = min(width, height)
    draw.ellipse((side * 0.15, side * 0.15, side * 0.85, side * 0.85), fill="#111827")
    if width > height:
        draw.rectangle((side, side * 0.4, width - side * 0.2, side * 0.6), fill="#111827")
    made = BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


@get("/branding/{name:str}", sync_to_thread=False)
def show_branding(name: FromPath[str]) -> Response[bytes]:
    if name.endswith(".css"):
        return Response(style_sheet(accent_of(f"#{name[:6]}")), media_type="text/css", headers=_headers())
    return Response(drawn(name), media_type="image/png", headers=_headers())


def _headers() -> dict[str, str]:
    return {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}
