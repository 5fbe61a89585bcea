"""A tenant's looks in the HTML of its mails: the logo above the text, and the colour of the button.

Both stand only in the built-in texts; whoever writes their own decides how it looks.
"""

from typing import Any

import msgspec

from tenantry.domain.branding.rules import branding_of
from tenantry.kernel import lazy
from tenantry.kernel.work import TenantFacts

WIDEST = 200
HIGHEST = 48


class LogoShown(msgspec.Struct, frozen=True):
    """A logo as a mail shows it: a whole address, and the size in pixels on the screen."""

    address: str
    width: int
    height: int
    clear: bool


class MailLook(msgspec.Struct, frozen=True):
    """The colour of buttons, under white words, and the logo."""

    accent: str = "#0b766e"
    logo: LogoShown | None = None


PLAIN = MailLook()
"""Of a tenant that has set nothing."""


def look_of(tenant: TenantFacts, address: str | None) -> MailLook:
    """How the tenant's mails look. `address` is the public one of this server; without it no logo can be shown."""
    found = branding_of(tenant)
    accent = PLAIN.accent if found.accent is None else found.accent.light.ground
    if found.logo is None or not address:
        return MailLook(accent)
    logo = found.logo
    scale = min(1.0, WIDEST / logo.width, HIGHEST / logo.height)
    width, height = (max(1, round(size * scale)) for size in (logo.width, logo.height))
    path = f"/t/{tenant.slug}/branding/logo-{logo.hash}"
    return MailLook(accent, LogoShown(f"{address}{path}", width, height, logo.clear))


def shown(environment: Any, look: MailLook) -> dict[str, object]:
    """The names that the templates of letters know a look by."""
    if look.logo is None:
        return {"accent": look.accent, "logo": ""}
    row: str = environment.get_template("_logo.html").render(msgspec.structs.asdict(look.logo))
    # Its values were escaped when it was rendered.
    return {"accent": look.accent, "logo": lazy.jinja2().runtime.Markup(f"{row.strip()}\n          ")}
