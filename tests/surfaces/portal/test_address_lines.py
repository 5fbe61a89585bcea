"""Addresses as people paste them, or as they come in a file."""

import pytest

from tenantry.surfaces.portal.address_lines import Unreadable, entries_of, text_of


def people(text: str) -> list[tuple[str, str | None]]:
    return [(entry.email, entry.name) for entry in entries_of(text, 10)]


ANITA = ("anita@example.com", "Anita Singh")


@pytest.mark.parametrize(
    "line",
    [
        "Anita Singh <anita@example.com>",
        '"Anita Singh" <anita@example.com>',
        "  Anita Singh  < anita@example.com >  ",
        "anita@example.com, Anita Singh",
        "Anita Singh;anita@example.com",
        '"Anita Singh","anita@example.com"',
        "anita@example.com\tAnita Singh",
    ],
)
def test_a_name_is_told_from_an_address(line: str) -> None:
    assert people(line) == [ANITA]


def test_a_name_with_a_comma_before_brackets_stays_whole() -> None:
    assert people("Singh, Anita <anita@example.com>") == [("anita@example.com", "Singh, Anita")]


def test_one_line_may_hold_many() -> None:
    assert people("Anita Singh <anita@example.com>; bob@example.com;") == [ANITA, ("bob@example.com", None)]
    assert people("anita@example.com, bob@example.com") == [
        ("anita@example.com", None),
        ("bob@example.com", None),
    ]


def test_empty_lines_are_nobody_and_lines_keep_their_numbers() -> None:
    found = entries_of("\n anita@example.com\r\n\r\nbob@example.com\n", 10)
    assert [(entry.line, entry.email) for entry in found] == [
        (2, "anita@example.com"),
        (4, "bob@example.com"),
    ]
    assert entries_of(" \n\t\n", 10) == []


def test_headings_say_which_column_is_which() -> None:
    table = 'Department,Full name,E-Mail\nSales,"Singh, Anita",anita@example.com\nHR,,bob@example.com\nHR'
    assert people(table) == [("anita@example.com", "Singh, Anita"), ("bob@example.com", None), ("", None)]
    table = "email;first name;last name\nanita@example.com;Anita;Singh"
    assert people(table) == [ANITA]


def test_what_is_no_address_is_kept_for_the_domain_to_refuse() -> None:
    assert people("nonsense\na@b@c") == [("nonsense", None), ("a@b@c", None)]
    assert people('"unclosed, quote') == [('"unclosed, quote', None)]


def test_a_file_is_utf_8_or_says_that_it_is_utf_16() -> None:
    assert text_of("Žofie <z@example.com>".encode("utf-8-sig")) == "Žofie <z@example.com>"
    assert text_of("Žofie <z@example.com>".encode("utf-16")) == "Žofie <z@example.com>"
    for content in (b"\xff\xfe\x00", b"PK\x03\x04\xfa\x00", "Žofie".encode("cp1250"), b"a\x00b"):
        with pytest.raises(Unreadable):
            text_of(content)


@pytest.mark.parametrize(
    "text",
    [
        "x <" + " " * 500_000 + "b",
        "a" + " " * 500_000 + "b@",
        '"' * 500_000 + "<a@",
        "<" * 500_000,
        "a" * 500_000 + ">",
    ],
)
def test_a_hostile_line_takes_no_time(text: str) -> None:
    # Whatever looks at a line more than a few times would not end within the minutes that a test may take.
    assert len(entries_of(text, 10)) == 1


@pytest.mark.parametrize(
    "text", ["a@b.example\n" * 50, "email,name\n" + "a@b.example,A\n" * 50, "a@b.example;" * 50]
)
def test_no_more_are_taken_apart_than_are_asked_for(text: str) -> None:
    assert len(entries_of(text, 7)) == 7
