"""Faults are gathered, and no text that a database or a page can't bear gets through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.problems import FieldError, Problems, clean_text


def test_three_faults_are_reported_in_one_error() -> None:
    problems = Problems()
    assert problems.attempt(clean_text, "name", "x" * 11, 10) is None
    assert problems.attempt(clean_text, "nickname", 7, 10) is None
    problems.add("email", "is needed")
    with pytest.raises(DomainError) as caught:
        problems.raise_if_any()
    assert caught.value.kind is Kind.UNPROCESSABLE
    assert caught.value.code == "validation_error"
    assert caught.value.fields == {
        "name": "must be at most 10 characters long",
        "nickname": "must be text",
        "email": "is needed",
    }


def test_two_faults_of_one_field_are_both_named() -> None:
    problems = Problems()
    problems.add("password", "is too short")
    problems.add("password", "is common")
    with pytest.raises(DomainError) as caught:
        problems.raise_if_any()
    assert caught.value.fields == {"password": "is too short; is common"}


def test_nothing_is_raised_without_a_fault() -> None:
    problems = Problems()
    assert problems.attempt(clean_text, "name", " Ada ", 10) == "Ada"
    problems.raise_if_any()


def test_errors_that_name_no_field_pass_through() -> None:
    def refuse() -> None:
        raise DomainError(Kind.BUSY, "server_busy", "busy")

    with pytest.raises(DomainError, match="busy"):
        Problems().attempt(refuse)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a\0b", "U+0000"),
        ("a\ud800", "U+D800"),
        ("a\x1bb", "U+001B"),
        ("a\nb", "U+000A"),
        ("a\x85b", "U+0085"),
        ("abc\u202egnp", "U+202E"),
        ("a\u2028b", "U+2028"),
    ],
)
def test_a_character_that_disguises_or_cannot_be_stored_is_named(text: str, named: str) -> None:
    with pytest.raises(FieldError) as caught:
        clean_text("name", text, 100)
    assert caught.value.field == "name"
    assert named in caught.value.reason


def test_line_breaks_stay_where_they_are_allowed() -> None:
    assert clean_text("formatted", "1 Road\r\nTown\n", 100, multiline=True) == "1 Road\r\nTown"


def test_megabytes_are_refused_before_they_are_looked_at() -> None:
    with pytest.raises(FieldError, match="at most 5 characters"):
        clean_text("name", " " * 5_000_000, 5)


def test_the_length_counts_what_remains_after_stripping() -> None:
    assert clean_text("name", "  abcde  ", 5) == "abcde"


def test_nothing_left_is_none() -> None:
    assert clean_text("name", "  ", 5) is None
    assert clean_text("name", None, 5) is None


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_comes_is_refused_by_name_or_comes_out_storable(text: str) -> None:
    try:
        clean = clean_text("name", text, 20)
    except FieldError:
        return
    if clean is not None:
        assert "\0" not in clean
        assert 0 < len(clean) <= 20
        assert clean.encode().decode() == clean == unicodedata.normalize("NFC", clean).strip()
        assert clean_text("name", clean, 20) == clean
