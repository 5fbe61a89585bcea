"""A tenant's looks, and the shades of a colour that can be read."""

import msgspec

SECTION = "logo"
"""Where the tenant's settings keep what is known of the logo. It is no section that can be set there."""


class LogoFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a logo without its picture. Width and height are in pixels; `clear` says that the ground shows through."""

    hash: str
    width: int
    height: int
    clear: bool = False


class Picture(msgspec.Struct, frozen=True):
    """A picture as it is served."""

    media_type: str
    content: bytes


class Shades(msgspec.Struct, frozen=True):
    """One colour made readable, each as "#rrggbb": `ground` bears white text, `text` is read on the surface, `pressed` is the
    text under the pointer."""

    ground: str
    text: str
    pressed: str


class Accent(msgspec.Struct, frozen=True):
    """An accent colour on light pages and on dark ones."""

    light: Shades
    dark: Shades


class Branding(msgspec.Struct, frozen=True):
    """What a tenant looks like. `colour` is the accent colour as it was chosen, `accent` what can be read of it."""

    name: str
    colour: str | None = None
    accent: Accent | None = None
    logo: LogoFacts | None = None
