"""A full name is split as a courtesy: what the caller gave always stays."""

import nameparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.domain.users.names import Names, completed_names, split_name

NAME = st.none() | st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)

KNOWN = sorted(word for word in nameparser.Lexicon.default().titles if word.isascii() and word.isalpha())
NEARLY_KNOWN = st.builds(lambda word, end: word + end, st.sampled_from(KNOWN), st.text("aeiou", max_size=1))
WORD = (NEARLY_KNOWN | st.text("aeivxlcdmrst", min_size=1, max_size=6)).map(str.title)


@pytest.mark.parametrize(
    ("name", "given_name", "family_name"),
    [
        ("Anita Singh", "Anita", "Singh"),
        ("John Doe", "John", "Doe"),
        ("  John   Doe ", "John", "Doe"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("Juan de la Vega", "Juan", "de la Vega"),
        ("Dr. Martin Luther King Jr.", "Martin Luther", "King"),
        ("Robert Smith III, PhD", "Robert", "Smith"),
        ("Singh, Anita", "Anita", "Singh"),
        ('John "Jack" Kennedy', "John", "Kennedy"),
        ("山田 太郎", "太郎", "山田"),
        ("Mr. Smith", None, "Smith"),
        ("Cher", "Cher", None),
        ("李雷", "李雷", None),
        ("King", "King", None),
        ("Dr.", "Dr.", None),
        (", ,", ", ,", None),
        ("", None, None),
        ("   ", None, None),
    ],
)
def test_a_name_is_split(name: str, given_name: str | None, family_name: str | None) -> None:
    assert split_name(name) == (given_name, family_name)


@given(st.text(max_size=256) | st.text("(\"'& ,.ab&Dr", max_size=256))
def test_weird_text_splits_into_something_or_nothing(name: str) -> None:
    parts = split_name(name)
    assert all(part is None or part.strip() for part in parts)
    assert (parts == (None, None)) == (not name.split())


@pytest.mark.parametrize(
    "name",
    [
        "Nova Newman",
        "Vivi Mill",
        "Hugo Ix",
        "Van Johnson",
        "Doctor Strange",
        "Jo Ma",
        "JACK MA",
        "Anna Phd",
        "Dott Rossi",
        "Junior Soprano",
    ],
)
def test_two_words_are_read_as_the_library_reads_them(name: str) -> None:
    assert split_name(name) == of_library(name)


@given(WORD, WORD)
def test_whatever_the_two_words_are(first: str, second: str) -> None:
    assert split_name(f"{first} {second}") == of_library(f"{first} {second}")


def of_library(name: str) -> tuple[str | None, str | None]:
    parsed = nameparser.parse(name)
    given_names = " ".join(part for part in (str(parsed.given), str(parsed.middle)) if part)
    return given_names or None, str(parsed.family) or None


@given(NAME, NAME, NAME)
def test_what_the_caller_gave_is_never_changed(
    name: str | None, given_name: str | None, family_name: str | None
) -> None:
    names = completed_names(name, given_name, family_name)
    assert name is None or names.name == name
    assert given_name is None or names.given == given_name
    assert family_name is None or names.family == family_name


@pytest.mark.parametrize(
    ("given_names", "completed"),
    [
        (("Anita Singh", None, None), ("Anita Singh", "Anita", "Singh")),
        (("Anita Singh", "Ann", "S."), ("Anita Singh", "Ann", "S.")),
        ((None, "Anita", "Singh"), ("Anita Singh", "Anita", "Singh")),
        ((None, "Anita", None), ("Anita", "Anita", None)),
        ((None, None, "Singh"), ("Singh", None, "Singh")),
        ((None, None, None), (None, None, None)),
        (("Dr. Anita Singh", "Anita", None), ("Dr. Anita Singh", "Anita", "Singh")),
        (("María José García", "María", None), ("María José García", "María", "José García")),
        (("María José García", None, "José García"), ("María José García", "María", "José García")),
        (("Anita Singh", "Bob", None), ("Anita Singh", "Bob", None)),
        (("Anita Singh", None, "Miller"), ("Anita Singh", None, "Miller")),
    ],
)
def test_names_are_completed_from_each_other(
    given_names: tuple[str | None, str | None, str | None],
    completed: tuple[str | None, str | None, str | None],
) -> None:
    assert completed_names(*given_names) == Names(*completed)
