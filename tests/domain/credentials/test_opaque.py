"""The same password typed on two systems is one password."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tenantry.domain.credentials.opaque import opaque, opaque_bytes, spellings


def test_composed_and_decomposed_spellings_are_one_password() -> None:
    assert opaque("Pa\u0308sswort") == opaque("Pässwort") == "Pässwort"


def test_every_space_is_the_same_space() -> None:
    assert opaque("correct\u00a0horse\u3000battery") == "correct horse battery"


def test_case_and_width_stay_as_typed() -> None:
    assert opaque("\uff21b\uff23 \ufb01") == "\uff21b\uff23 \ufb01"


def test_a_lone_surrogate_still_becomes_bytes() -> None:
    assert opaque_bytes("a\ud800") == b"a\xed\xa0\x80"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_prepared_once_and_for_all(text: str) -> None:
    assert opaque(opaque(text)) == opaque(text)
    assert opaque_bytes(text) == opaque_bytes(unicodedata.normalize("NFD", text))


def test_a_password_typed_another_way_has_two_spellings_the_prepared_one_first() -> None:
    assert spellings("Pa\u0308ss") == ("Päss".encode(), "Pa\u0308ss".encode())
    assert spellings("Päss") == ("Päss".encode(),)
    assert spellings("a\ud800") == (b"a\xed\xa0\x80",)
