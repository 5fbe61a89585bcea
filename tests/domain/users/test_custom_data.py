"""Custom data: everything that JSON and PostgreSQL can hold, and nothing that either can't."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.domain.users.custom_data import MAX_BYTES, MAX_DEPTH, clean_custom_data
from tenantry.kernel.problems import FieldError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_an_object_comes_back_as_it_is() -> None:
    data = {"plan": "pro", "limits": [1, 2.5, None, True, {"ü": "\n"}], "big": 10**20}
    assert clean_custom_data(data) is data
    assert clean_custom_data(None) == {}


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_only_an_object_is_custom_data(value: object) -> None:
    with pytest.raises(FieldError, match="customData: must be an object"):
        clean_custom_data(value)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"a": {"b": [0, 1, 2, "x\0"]}}, "customData.a.b[3]"),
        ({"a": ["\ud800"]}, "customData.a[0]"),
        ({"a": {"k\0": 1}}, "customData.a.k\\x00"),
        ({"\udfff": 1}, "customData.\\udfff"),
        ({"a": [float("nan")]}, "customData.a[0]"),
        ({"a": float("inf")}, "customData.a"),
        ({"a": -(10**400)}, "customData.a"),
        ({"a": b"bytes"}, "customData.a"),
        ({1: "x"}, "customData"),
    ],
)
def test_the_offending_path_is_named(data: dict[str, Any], path: str) -> None:
    with pytest.raises(FieldError) as caught:
        clean_custom_data(data)
    assert caught.value.field == path


def test_nesting_is_bounded() -> None:
    assert clean_custom_data(nested(MAX_DEPTH))
    with pytest.raises(FieldError, match="nested more than 16 levels"):
        clean_custom_data(nested(MAX_DEPTH + 1))
    with pytest.raises(FieldError, match="nested more than 16 levels"):
        clean_custom_data(nested(100_000))


def test_the_size_is_that_of_the_encoded_object() -> None:
    assert clean_custom_data({"a": "x" * (MAX_BYTES - 8)})
    with pytest.raises(FieldError, match="at most 65536 bytes"):
        clean_custom_data({"a": "x" * (MAX_BYTES - 7)})
    with pytest.raises(FieldError, match="at most 65536 bytes"):
        clean_custom_data({"a": "ü" * (MAX_BYTES // 2)})


def test_numbers_count_as_long_as_postgresql_writes_them() -> None:
    assert clean_custom_data({"a": [1e300] * 100})
    with pytest.raises(FieldError, match="at most 65536 bytes"):
        clean_custom_data({"a": [1e300] * 300})
    with pytest.raises(FieldError, match="at most 65536 bytes"):
        clean_custom_data({"a": [1e-300] * 300})


@given(st.dictionaries(st.text(st.characters(exclude_categories=())), JSON, max_size=4))
def test_any_object_is_refused_by_path_or_survives_a_round_trip(data: dict[str, Any]) -> None:
    named: str | None = None
    try:
        encoded = msgspec.json.encode(clean_custom_data(data))
    except FieldError as error:
        named = error.field
    else:
        assert msgspec.json.decode(encoded) == data
        assert b"\\u0000" not in encoded
    assert named is None or (named.startswith("customData") and named.encode())
