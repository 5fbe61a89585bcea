"""A text names a person by whole words, so that nobody's account makes others' texts unreadable."""

from typing import Any

import pytest

from tenantry.domain.privacy.rules import Names
from tenantry.domain.users.model import User


def person(**fields: Any) -> User:
    return User(**{**dict.fromkeys(User.__struct_fields__), **fields})


def names(freed_phone: str | None = None, **fields: Any) -> Names:
    return Names(person(**fields), freed_phone)


ANN = {
    "email": "Ann.Smith@example.com",
    "pending_email": "ann@new.example",
    "username": "zz9",
    "phone": "+4915112345678",
    "name": "Dr. Ann Smith",
    "given_name": "Annabel",
    "family_name": "Smith",
}


@pytest.mark.parametrize(
    "text",
    [
        "ann.smith@EXAMPLE.com left",
        "Write to ann.smith@example.com.",
        "<ann.smith@example.com>, who left",
        "moved to ann@new.example",
        "zz9 was a test",
        "It's 'zz9'.",
        "zz9's account",
        "+4915112345678",
        "call +49 151 / 123 456-78 first",
        "call 0049 151 12345678",
        "Mrs SMITH left",
        "asked by dr. ann  smith",
        "Annabel Smith",
        "smith, annabel",
    ],
)
def test_an_address_a_number_a_username_or_a_name_names_somebody(text: str) -> None:
    assert names(**ANN).stand_in(text)
    assert names(**ANN).are_sought(text)


@pytest.mark.parametrize(
    "text",
    [
        "zz9@example.org",
        "user.zz9",
        "zz99",
        "+491511234567890",
        "Smithers left",
        "bob@smith.example",
        "a blacksmith",
        "Ann left",
        "Annabel left",
        "everybody at example.com",
        "",
        None,
    ],
)
def test_what_only_contains_a_name_or_shares_a_part_of_it_names_nobody(text: str | None) -> None:
    assert not names(**ANN).stand_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "joann.smith@example.com",
        "xx-ann.smith@example.com",
        "ann.smith@example.com.au",
        "ann.smith@example.co",
    ],
)
def test_the_address_of_somebody_else_is_not_that_of_the_person(text: str) -> None:
    assert not names(email="ann.smith@example.com").stand_in(text)


@pytest.mark.parametrize("name", ["e", "Li", "An", "the"])
def test_a_short_name_alone_names_nobody(name: str) -> None:
    short = names(username="zz9", name=name, family_name=name)
    for text in (f"malicious {name} test", name, "Left the company, an old one", "e, Li, An and the"):
        assert not short.stand_in(text)
        assert not short.are_sought(text)
    assert not names(username=name).stand_in(f"He is {name} one")
    assert names(given_name="Li", family_name="An").stand_in("Li An has left")


def test_a_name_without_spaces_around_it_is_found_in_its_script() -> None:
    assert names(name="李小龙").stand_in("李小龙已离职")
    assert not names(name="李").stand_in("李小龙已离职")


@pytest.mark.parametrize("search", ["fourth", "ann.smith", "ann.smith@", "ANN.smith@exam", "smith@fourth"])
def test_a_search_names_by_a_word_of_a_name_or_the_beginning_of_an_address(search: str) -> None:
    sought = names(email="ann.smith@example.com", pending_email="smith@fourth.example", name="Ann Fourth")
    assert sought.are_sought(search)


@pytest.mark.parametrize(
    "search", ["e", "ann", "four", "example.com", "@example.com", "ann.smi", "smith@x", None]
)
def test_a_search_for_many_names_nobody(search: str | None) -> None:
    assert not names(email="ann.smith@example.com", name="Ann Fourth").are_sought(search)


def test_the_number_that_a_deleted_user_left_to_others_counts() -> None:
    assert names("+4915112345678").stand_in("called +4915112345678")
    assert not names().stand_in("called +4915112345678")
