"""What pages show of a tenant's looks: its name, the address of its logo, and the address of a style sheet with its accent.

Both addresses hold a hash of what they serve, so a copy is good for ever. The policy of our pages allows no style inside them,
and so the accent comes as a file: the same names that look.css gives values, with those of the tenant.
"""

import hashlib
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from tenantry.domain.branding.model import Accent, Shades
from tenantry.domain.branding.rules import branding_of
from tenantry.kernel.work import TenantFacts

HASH_DIGITS = 16
LOOK = """
  --tblr-brand: {ground};
  --tblr-primary: {ground};
  --tblr-primary-fg: #fff;
  --tblr-primary-rgb: {parts};
  --tblr-link-color: {text};
  --tblr-link-hover-color: {pressed};
"""


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """What the layouts show. `logo` and `style` are addresses, or None; width and height are the logo's own, in pixels. `clear`
    says that the ground shows through the logo."""

    name: str
    logo: str | None = None
    width: int = 0
    height: int = 0
    clear: bool = False
    style: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether there is anything of the tenant's own to show besides its name."""
        return self.logo is not None or self.style is not None


def whose(tenant: TenantFacts) -> dict[str, Any]:
    """What every page of a tenant is given: `tenant_name` and `brand`. Costs no statement."""
    return {"tenant_name": tenant.name, "brand": brand_of(tenant)}


def brand_of(tenant: TenantFacts) -> Brand:
    """The tenant's looks with their addresses."""
    found = branding_of(tenant)
    style = None if found.accent is None else style_address(tenant.slug, found.accent)
    if found.logo is None:
        return Brand(name=found.name, style=style)
    logo = found.logo
    return Brand(
        name=found.name,
        logo=logo_address(tenant.slug, logo.hash),
        width=logo.width,
        height=logo.height,
        clear=logo.clear,
        style=style,
    )


def logo_address(slug: str, digest: str) -> str:
    """The path of a logo."""
    return f"/t/{quote(slug, safe='')}/branding/logo-{digest}"


def style_address(slug: str, accent: Accent) -> str:
    """The path of the style sheet."""
    return f"/t/{quote(slug, safe='')}/branding/{style_name(accent)}"


def style_name(accent: Accent) -> str:
    """The name under which the style sheet is served."""
    return f"{hashlib.sha256(style_sheet(accent)).hexdigest()[:HASH_DIGITS]}.css"


@lru_cache(maxsize=512)
def style_sheet(accent: Accent) -> bytes:
    """The accent for light and dark pages. It is linked behind our own style sheet and weighs as much, so it wins."""
    light, dark = _look(accent.light), _look(accent.dark)
    return (
        f':root,\n[data-bs-theme="light"] {{{light}}}\n'
        f'[data-bs-theme="dark"] {{{dark}}}\n'
        f"@media (prefers-color-scheme: dark) {{\n:root:not([data-bs-theme]) {{{dark}}}\n}}\n"
    ).encode()


def _look(shades: Shades) -> str:
    parts = ", ".join(str(part) for part in bytes.fromhex(shades.ground[1:]))
    return LOOK.format(ground=shades.ground, parts=parts, text=shades.text, pressed=shades.pressed)
