"""Bodies and query strings: all that is wrong is named at once, in words that a stranger understands."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest

from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.wire import decode_body, decode_change, decode_query


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a body."""

    slug: str


class Body(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A body with a field of each kind."""

    email_address: str
    name: str
    age: int | None = None
    active: bool = True
    until: datetime | None = None
    owner: UUID | None = None
    colour: Colour = Colour.RED
    parts: list[str | Inner] = []
    tags: list[str] = []


class Query(msgspec.Struct, kw_only=True, rename="camel"):
    """A query string with a field of each kind."""

    page: int | None = None
    active: bool | None = None
    colour: Colour | None = None
    include: Literal["members", "roles"] | None = None
    since: datetime | None = None
    text: str | None = None


def refused(call: Any, raw: bytes, kind: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        call(raw, kind)
    assert caught.value.code == "validation_error"
    return caught.value


def test_every_unknown_and_missing_field_is_named_at_once() -> None:
    refusal = refused(decode_body, b'{"name": "x", "color": 1, "isAdmin": true}', Body)
    assert refusal.kind is Kind.UNPROCESSABLE
    assert refusal.fields == {
        "emailAddress": "is required",
        "color": "is not a known field",
        "isAdmin": "is not a known field",
    }
    assert all(f"{field} {problem}" in refusal.message for field, problem in refusal.fields.items())


def test_every_wrong_type_is_named_at_once_and_weighs_more_than_an_unknown_field() -> None:
    refusal = refused(decode_body, b'{"emailAddress": 7, "age": "x", "isAdmin": true, "active": null}', Body)
    assert refusal.kind is Kind.INVALID
    assert refusal.fields == {
        "emailAddress": "must be a string, not a whole number",
        "age": "must be a whole number or null, not a string",
        "active": "must be true or false, not null",
        "name": "is required",
        "isAdmin": "is not a known field",
    }


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("until", '"tomorrow"', "must be a date and time, as in 2030-01-15T10:30:00Z"),
        ("owner", '"me"', "must be a UUID"),
        ("colour", '"green"', "must be one of red, blue"),
        ("tags", "{}", "must be a list, not an object"),
        ("age", "1.5", "must be a whole number or null, not a decimal number"),
    ],
)
def test_a_wrong_value_is_told_what_is_wanted(field: str, value: str, says: str) -> None:
    raw = f'{{"emailAddress": "a", "name": "b", "{field}": {value}}}'.encode()
    assert refused(decode_body, raw, Body).fields == {field: says}


def test_a_fault_inside_a_list_is_named_with_its_place() -> None:
    raw = b'{"emailAddress": "a", "name": "b", "tags": ["x", 7], "parts": ["x", {"slug": "y", "colour": 1}]}'
    refusal = refused(decode_body, raw, Body)
    assert refusal.kind is Kind.INVALID
    assert refusal.fields == {
        "tags[1]": "must be a string, not a whole number",
        "parts[1].colour": "is not a known field",
    }


def test_of_very_many_faults_twenty_are_named_and_the_worst_first() -> None:
    raw = msgspec.json.encode({**{f"unknown{n}": n for n in range(50_000)}, "name": 7})
    refusal = refused(decode_body, raw, Body)
    assert refusal.kind is Kind.INVALID
    assert list(refusal.fields)[:2] == ["name", "emailAddress"]
    assert len(refusal.fields) == 20
    assert refusal.message.endswith("There are more.")
    assert len(refusal.message) < 2000


@pytest.mark.parametrize(
    "raw",
    [
        b'{"name": 7, "broken',
        b'{"name": 7} and more',
        b'{"name": 7, "x": "\xff"}',
        b'{"name": 7, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name": 7, "x": 1e999999}',
    ],
)
def test_what_is_no_json_is_told_so_even_behind_another_fault(raw: bytes) -> None:
    refusal = refused(decode_body, raw, Body)
    assert (refusal.kind, list(refusal.fields)) == (Kind.INVALID, ["body"])


def test_a_nul_character_is_found_however_deep() -> None:
    raw = b'{"emailAddress": "a", "name": "b", "tags": ["a\\u0000"]}'
    assert refused(decode_body, raw, Body).fields == {"tags[0]": "contains a NUL character"}
    deep = b'{"a":' + b"[" * 900 + b'"\\u0000"' + b"]" * 900 + b"}"
    assert refused(decode_body, deep, dict[str, Any]).fields.keys() <= {"body", "a" + "[0]" * 900}


def test_a_change_may_stand_under_data_as_an_answer_has_it() -> None:
    bare = b'{"emailAddress": "a", "name": "b"}'
    for raw in (bare, b'{"data": %s}' % bare, b'{"message": "ok", "data": %s}' % bare):
        assert decode_change(raw, Body).name == "b"
    refusal = refused(decode_change, b'{"data": {"name": 7}}', Body)
    assert refusal.fields == {"name": "must be a string, not a whole number", "emailAddress": "is required"}


def test_every_bad_parameter_is_named_at_once_with_what_is_allowed() -> None:
    query = b"page=x&active=maybe&colour=green&include=all&since=now&text=a&text=b&sort=up"
    refusal = refused(decode_query, query, Query)
    assert refusal.kind is Kind.INVALID
    assert refusal.fields == {
        "page": "must be a whole number",
        "active": "must be true or false",
        "colour": "must be one of red, blue",
        "include": "must be one of members, roles",
        "since": "must be a date and time, as in 2030-01-15T10:30:00Z",
        "text": "is given twice",
        "sort": "is no parameter here; there are page, active, colour, include, since, text",
    }


@pytest.mark.parametrize("text", [b"2024", b"-1", b"1e9", b"2024-01-15"])
def test_a_bare_number_or_date_is_no_moment(text: bytes) -> None:
    refusal = refused(decode_query, b"since=" + text, Query)
    assert refusal.fields == {"since": "must be a date and time, as in 2030-01-15T10:30:00Z"}


def test_a_good_query_string_is_read() -> None:
    found = decode_query(b"page=2&active=true&colour=blue&text=", Query)
    assert (found.page, found.active, found.colour, found.text) == (2, True, Colour.BLUE, "")
