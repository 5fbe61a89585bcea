"""Addresses as people paste them or keep them in a file: one a line, `Name <address>`, or a table with or without a heading.

Only taken apart here: whether an address is one, the domain says.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain, islice

import msgspec

EMAIL_HEADS = ("email", "e-mail", "email address", "e-mail address", "mail", "address")
NAME_HEADS = ("name", "full name", "display name")
GIVEN_HEADS = ("given name", "given_name", "givenname", "first name", "first_name", "firstname")
FAMILY_HEADS = ("family name", "family_name", "familyname", "last name", "last_name", "lastname", "surname")
DELIMITERS = "\t;,"
LONGEST_CELL = 1_000_000


class Entry(msgspec.Struct, frozen=True):
    """One person: what stands in the text for them, and what was made out of it. `line` counts from 1."""

    line: int
    text: str
    email: str
    name: str | None


class Unreadable(Exception):
    """The file is no text that can be read."""


def text_of(content: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where the file begins by saying so. Raises Unreadable."""
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeError as error:
        raise Unreadable from error
    if "\x00" in text:
        raise Unreadable
    return text


def entries_of(text: str, most: int) -> list[Entry]:
    """The first `most` people in the text, in its order. Empty lines, and a first line of headings, are nobody."""
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        return []
    heads = _heads(first[2])
    if heads is not None:
        return [_under_heads(row, heads) for row in islice(rows, most)]
    return list(islice((entry for row in chain([first], rows) for entry in _people(row)), most))


_Row = tuple[int, str, list[str]]


def _rows(text: str) -> Iterator[_Row]:
    """The lines that hold something: number, text, cells."""
    csv.field_size_limit(LONGEST_CELL)
    for number, whole in enumerate(text.splitlines(), 1):
        line = whole.strip()
        if not line:
            continue
        delimiter = next((sign for sign in DELIMITERS if sign in line), ",")
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            cells = [line]
        yield number, line, [cell.strip() for cell in cells]


def _heads(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is which, where the first line says so."""
    named = [cell.casefold() for cell in cells]
    heads = {}
    for what, words in (
        ("email", EMAIL_HEADS),
        ("name", NAME_HEADS),
        ("given", GIVEN_HEADS),
        ("family", FAMILY_HEADS),
    ):
        place = next((named.index(word) for word in words if word in named), None)
        if place is not None:
            heads[what] = place
    return heads if "email" in heads else None


def _under_heads(row: _Row, heads: dict[str, int]) -> Entry:
    number, line, cells = row

    def cell(what: str) -> str:
        place = heads.get(what)
        return cells[place] if place is not None and place < len(cells) else ""

    name = cell("name") or f"{cell('given')} {cell('family')}".strip()
    return Entry(number, line, cell("email"), name or None)


def _people(row: _Row) -> list[Entry]:
    """Those of one line: an address with or without a name, or several of them."""
    number, line, cells = row
    whole = _named(number, line, line)
    if line.count("@") <= 1 and whole is not None:
        return [whole]
    with_address = [cell for cell in cells if "@" in cell]
    if len(with_address) > 1:
        return [_named(number, cell, cell) or Entry(number, cell, cell, None) for cell in with_address]
    if not with_address:
        return [Entry(number, line, line, None)]
    named = _named(number, line, with_address[0])
    if named is not None:
        return [named]
    names = [cell for cell in cells if cell and cell is not with_address[0]]
    return [Entry(number, line, with_address[0], names[0] if names else None)]


def _named(number: int, line: str, text: str) -> Entry | None:
    """`Name <address>`, with or without quotes around the name."""
    name, bracket, rest = text.partition("<")
    email = rest.strip().removesuffix(">")
    if not bracket or not rest.strip().endswith(">") or "<" in rest or ">" in name + email:
        return None
    return Entry(number, line, email.strip(), name.strip().strip('"').strip() or None)
