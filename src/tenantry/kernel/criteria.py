"""What to find and in which order: one tree that every surface parses into and that queries turn into SQL.

A query declares its `Field`s; a field that is not declared cannot be asked for. Values always travel as parameters.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from tenantry.kernel.errors import DomainError, Kind


class Op(Enum):
    """Comparisons; the value is the SQL operator."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class Compare(msgspec.Struct, frozen=True):
    """One field against one value."""

    field: str
    op: Op
    value: Any


class AllOf(msgspec.Struct, frozen=True):
    """Every part holds; an empty one holds always."""

    parts: tuple["Node", ...]


class AnyOf(msgspec.Struct, frozen=True):
    """At least one part holds; an empty one never holds."""

    parts: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True):
    """The part does not hold."""

    part: "Node"


Node = Compare | AllOf | AnyOf | Not
Fragment = tuple[str, list[Any]]
EVERYTHING = AllOf(())


class Sort(msgspec.Struct, frozen=True):
    """By which declared field, and whether the greatest comes first."""

    field: str
    descending: bool = False


class Page(msgspec.Struct, frozen=True):
    """`limit` rows after `cursor`, or after the first `offset` ones."""

    limit: int
    offset: int = 0
    cursor: str | None = None


class Criteria(msgspec.Struct, frozen=True):
    """A whole question: the tree, free text to search for, the order and the page."""

    where: Node
    sort: Sort
    page: Page
    search: str | None = None


class Field(msgspec.Struct, frozen=True):
    """How a field becomes SQL: `make` takes the comparison and the value and gives a fragment with its parameters."""

    make: Callable[[Op, Any], Fragment]


def column(expression: LiteralString) -> Field:
    """A field that is one column or expression."""
    return Field(lambda op, value: (f"{expression} {op.value} %s", [value]))


def to_sql(node: Node, fields: Mapping[str, Field]) -> Fragment:
    """The tree as a SQL condition with its parameters. Raises DomainError for a field that is not declared."""
    if isinstance(node, Compare):
        field = fields.get(node.field)
        if field is None:
            raise DomainError(
                Kind.INVALID,
                "validation_error",
                f"Cannot filter by {node.field}.",
                {node.field: "unknown field"},
            )
        return field.make(node.op, node.value)
    if isinstance(node, Not):
        text, params = to_sql(node.part, fields)
        return f"not ({text})", params
    joiner, empty = (" and ", "true") if isinstance(node, AllOf) else (" or ", "false")
    texts: list[str] = []
    values: list[Any] = []
    for part in node.parts:
        text, params = to_sql(part, fields)
        texts.append(f"({text})")
        values += params
    return joiner.join(texts) or empty, values


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the order it was in, the last row's value in that order (as
    text that SQL can cast back), and its id."""

    field: str
    descending: bool
    value: str | None
    id: UUID


def encode_cursor(position: Position) -> str:
    """An opaque text; it holds nothing that the page itself did not show."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


def decode_cursor(text: str, sort: Sort) -> Position:
    """Where to go on. Raises DomainError for a text that is no cursor, or one of a list in another order."""
    try:
        padded = text + "=" * (-len(text) % 4)
        position = _positions.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise bad_cursor("is not a cursor that this server gave") from error
    if (position.field, position.descending) != (sort.field, sort.descending):
        raise bad_cursor("belongs to a list in another order")
    return position


_positions = msgspec.msgpack.Decoder(Position)


def bad_cursor(problem: str) -> DomainError:
    """The refusal of a cursor, to be raised."""
    return DomainError(Kind.INVALID, "validation_error", f"The cursor {problem}.", {"cursor": problem})
