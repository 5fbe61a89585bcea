"""Shades of an accent colour, and whether they can be read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantry.domain.branding.colours import (
    DARK_CARD,
    LIGHT_PAGE,
    VISIBLE,
    WHITE,
    accent_of,
    contrast,
    parsed,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)],
)
def test_the_contrast_is_that_of_wcag_whichever_colour_comes_first(
    one: str, other: str, ratio: float
) -> None:
    assert contrast(parsed(one), parsed(other)) == pytest.approx(ratio, abs=0.02)
    assert contrast(parsed(other), parsed(one)) == contrast(parsed(one), parsed(other))


@example("#000000")
@example("#ffffff")
@example("#ffff00")
@given(colours)
def test_every_colour_yields_shades_that_can_be_read(colour: str) -> None:
    accent = accent_of(colour)
    for shade in (accent.light.ground, accent.dark.ground):
        assert contrast(parsed(shade), WHITE) >= 4.5
    assert contrast(parsed(accent.dark.ground), DARK_CARD) >= VISIBLE
    assert contrast(parsed(accent.light.text), LIGHT_PAGE) >= 4.5
    assert contrast(parsed(accent.dark.text), DARK_CARD) >= 4.5
    assert contrast(parsed(accent.light.pressed), WHITE) >= 4.5
    assert contrast(parsed(accent.dark.pressed), DARK_CARD) >= 4.5


@given(colours)
def test_text_can_be_read_on_a_badge_of_its_own_colour(colour: str) -> None:
    accent = accent_of(colour)
    for shade, ground in ((accent.light.text, LIGHT_PAGE), (accent.dark.text, DARK_CARD)):
        tint = [round(0.12 * over + 0.88 * under) for over, under in zip(parsed(shade), ground, strict=True)]
        assert contrast(parsed(shade), (tint[0], tint[1], tint[2])) >= 4.5


@pytest.mark.parametrize("colour", ["#1e40af", "#7c3aed", "#0b5c55"])
def test_a_colour_that_can_be_read_on_a_light_page_stays_as_it_is(colour: str) -> None:
    light = accent_of(colour).light
    assert (light.ground, light.text) == (colour, colour)


def test_a_pale_colour_keeps_its_hue_and_becomes_no_darker_than_it_must() -> None:
    red, green, blue = parsed(accent_of("#ffff00").light.ground)
    assert red == green > blue == 0
    assert contrast((red, green, blue), WHITE) < 4.6
