"""Shades of a colour that can be read: contrast as defined by WCAG 2.2, and the nearest lightness that reaches it.

A colour keeps its hue and saturation (HSL); only its lightness moves, as little as it must.
"""

import colorsys
from collections.abc import Callable
from functools import lru_cache

from tenantry.domain.branding.model import Accent, Shades

ENOUGH = 4.5
"""For text of any size: WCAG 2.2, success criterion 1.4.3."""
VISIBLE = 2.2
"""How far a button stands out from a dark page. White text on it leaves no room for 3."""
WHITE = (255, 255, 255)
# The grounds of our pages on which text has the least contrast: a light page, and a card on a dark one.
LIGHT_PAGE = (250, 250, 250)
DARK_CARD = (38, 38, 38)
TINT = 0.12
"""How much of the accent lies on the ground of a badge, under text of the same accent."""
STEPS = 1000
PRESSED = 0.09

Rgb = tuple[int, int, int]


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=512)
def accent_of(colour: str) -> Accent:
    """The shades of a colour "#rrggbb"."""
    given = parsed(colour)
    light_text = _nearest(given, lambda shade: _is_readable(shade, LIGHT_PAGE), below=True)
    dark_text = _nearest(given, lambda shade: _is_readable(shade, DARK_CARD), below=False)
    light = _nearest(given, _bears_white, below=True)
    # From a colour that bears white text upwards, one is found that stands out as well: between the two lies room enough.
    dark = _nearest(light, lambda shade: contrast(shade, DARK_CARD) >= VISIBLE, below=False)
    return Accent(
        Shades(_written(light), _written(light_text), _written(_moved(light_text, -PRESSED))),
        Shades(_written(dark), _written(dark_text), _written(_moved(dark_text, PRESSED))),
    )


def parsed(colour: str) -> Rgb:
    """The three parts of "#rrggbb", 0 to 255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _bears_white(shade: Rgb) -> bool:
    return contrast(shade, WHITE) >= ENOUGH


def _is_readable(shade: Rgb, ground: Rgb) -> bool:
    """On the ground itself, and on the ground with some of the shade laid over it."""
    tinted = tuple(round(TINT * over + (1 - TINT) * under) for over, under in zip(shade, ground, strict=True))
    red, green, blue = tinted
    return min(contrast(shade, ground), contrast(shade, (red, green, blue))) >= ENOUGH


def _nearest(given: Rgb, fits: Callable[[Rgb], bool], *, below: bool) -> Rgb:
    """The colour itself where it fits, else the nearest one that does among the darker ones, or among the lighter ones."""
    if fits(given):
        return given
    hue, lightness, saturation = _hls(given)
    first = round(lightness * STEPS)
    steps = range(first, -1, -1) if below else range(first, STEPS + 1)
    shades = (_rgb(hue, step / STEPS, saturation) for step in steps)
    return next((shade for shade in shades if fits(shade)), (0, 0, 0) if below else WHITE)


def _moved(given: Rgb, by: float) -> Rgb:
    hue, lightness, saturation = _hls(given)
    return _rgb(hue, min(1.0, max(0.0, lightness + by)), saturation)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hls(colour: Rgb) -> tuple[float, float, float]:
    red, green, blue = colour
    return colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)


def _rgb(hue: float, lightness: float, saturation: float) -> Rgb:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _written(colour: Rgb) -> str:
    return "#" + bytes(colour).hex()
