"""What a view may be called and hold."""

from collections.abc import Callable
from typing import Any

import pytest

from tenantry.domain.saved_views.model import MAX_NAME, MAX_QUERY, MOST_COLUMNS, ListName
from tenantry.domain.saved_views.rules import checked_columns, checked_list, checked_name, checked_query
from tenantry.kernel.problems import FieldError


def test_the_list_is_one_that_has_views() -> None:
    assert checked_list("users") is ListName.USERS


@pytest.mark.parametrize("name", ["A", "a" * MAX_NAME, "Gesperrte Konten", "待审核", "<script>"])
def test_a_name_may_have_any_script_and_up_to_eighty_characters(name: str) -> None:
    assert checked_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "query",
    [
        "",
        "status=suspended&sort=-createdAt",
        "search=M%C3%BCller+%26+S%C3%B6hne",
        "search=Müller",
        "search=%E2%80%8C",
        "a" * MAX_QUERY,
    ],
)
def test_a_query_string_is_kept_as_it_is(query: str) -> None:
    assert checked_query(query) == query
    assert checked_query(f"?{query}") == query


def test_columns_keep_their_order_and_stand_there_once() -> None:
    assert checked_columns(["status", "name", "status", "last-login", "createdAt"]) == [
        "status", "name", "last-login", "createdAt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "value", "field"),
    [
        (checked_list, "groups", "listName"),
        (checked_list, "", "listName"),
        (checked_name, "", "name"),
        (checked_name, " \t ", "name"),
        (checked_name, "a" * (MAX_NAME + 1), "name"),
        (checked_name, "two\nlines", "name"),
        (checked_name, "nul\x00", "name"),
        (checked_name, "\u202egnitrever", "name"),
        (checked_query, "a" * (MAX_QUERY + 1), "query"),
        (checked_query, "a=b\r\nSet-Cookie: x", "query"),
        (checked_query, "a=b%0d%0aSet-Cookie:x", "query"),
        (checked_query, "a=%00", "query"),
        (checked_query, "a=%ff%fe", "query"),
        (checked_query, "a=\ud800", "query"),
        (checked_columns, ["a b"], "columns"),
        (checked_columns, [""], "columns"),
        (checked_columns, ["<b>"], "columns"),
        (checked_columns, ["a" * 65], "columns"),
        (checked_columns, [f"c{number}" for number in range(MOST_COLUMNS + 1)], "columns"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(check: Callable[[Any], Any], value: Any, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        check(value)
    assert set(refused.value.fields) == {field}
