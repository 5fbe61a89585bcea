"""From bytes and query strings to Structs, with errors that name every field that is wrong."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit import faults
from tenantry.surfaces.kit.faults import LONGEST_NAME, Fault

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
MOST_QUERY_PARAMETERS = 64
Moment = Annotated[datetime, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""A datetime in a body, an answer or a query string; of a plain one the document would say that it is any text."""
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    """An answer of this server as a whole, sent back as it came."""

    data: msgspec.Raw
    message: Any = None


def decode_body(raw: bytes, kind: type[T]) -> T:
    """The body as a Struct; an empty body is an empty object.

    Raises DomainError INVALID for broken JSON and wrong types, UNPROCESSABLE for unknown and missing fields and for NUL
    characters, which no text column can hold. It names all that is wrong at once.
    """
    try:
        value: T = _decoder(kind).decode(raw or b"{}")
    except msgspec.ValidationError as error:
        raise faults.refusal(faults.of_body(_plain(raw or b"{}"), kind, str(error))) from error
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        raise _broken(error) from error
    if b"\\u0000" in raw:
        _refuse_any_nul(_plain(raw))
    return value


def decode_change(raw: bytes, kind: type[T]) -> T:
    """The body of a change: the fields themselves, or the whole answer of a GET with the fields under `data`."""
    try:
        return decode_body(bytes(_decoder(_Answer).decode(raw).data), kind)
    except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
        return decode_body(raw, kind)


def with_zone(name: str, moment: datetime) -> datetime:
    """The same moment. Raises DomainError INVALID naming the parameter when it has no time zone."""
    if moment.tzinfo is None:
        raise faults.one(Kind.INVALID, name, "needs a time zone, as in 2024-01-15T10:30:00Z")
    return moment


def decode_query(query_string: bytes, kind: type[S]) -> S:
    """The query string as a Struct of plain types. An unknown, repeated or unreadable parameter is an error, not ignored."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_QUERY_PARAMETERS,
        )
    except (UnicodeError, ValueError) as error:
        raise faults.one(Kind.INVALID, "query", f"cannot be read: {error}") from error
    values, found = _sorted_out(pairs, _parameters(kind))
    try:
        value = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise faults.refusal(found + faults.of_query(values, kind, str(error))) from error
    if found:
        raise faults.refusal(found)
    return value


def _sorted_out(
    pairs: list[tuple[str, str]], names: dict[str, msgspec.structs.FieldInfo]
) -> tuple[dict[str, str], list[Fault]]:
    values: dict[str, str] = {}
    found: list[Fault] = []
    for name, text in pairs:
        if name not in names:
            problem = f"is no parameter here; there are {', '.join(names)}"
            found.append(Fault(Kind.INVALID, name[:LONGEST_NAME], problem))
        elif name in values:
            found.append(Fault(Kind.INVALID, name, "is given twice"))
        elif "\x00" in text:
            found.append(Fault(Kind.INVALID, name, "contains a NUL character"))
        elif ":" not in text and _takes(names[name].type, datetime) and text:
            # The decoder would take a bare number for the seconds since 1970: `2024` would be a minute of that year.
            found.append(Fault(Kind.INVALID, name, f"must be {faults.WORDS['datetime']}"))
        elif text != "" or _takes(names[name].type, str):
            values[name] = text
    return values, found


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    return decoder


@cache
def _parameters(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _takes(kind: Any, wanted: type) -> bool:
    return kind is wanted or (
        get_origin(kind) is not None and any(_takes(part, wanted) for part in get_args(kind))
    )


def _plain(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        raise _broken(error) from error


def _broken(error: Exception) -> DomainError:
    if isinstance(error, RecursionError):
        return faults.one(Kind.INVALID, "body", "is nested too deeply")
    return faults.one(Kind.INVALID, "body", f"is not valid JSON: {error}")


def _refuse_any_nul(value: Any) -> None:
    try:
        _refuse_nul(value, "")
    except RecursionError as error:
        raise _broken(error) from error


def _refuse_nul(value: Any, path: str) -> None:
    if isinstance(value, str) and "\x00" in value:
        raise faults.one(Kind.UNPROCESSABLE, path or "body", "contains a NUL character")
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_nul(key, path)
            _refuse_nul(inner, f"{path}.{key}" if path else key)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_nul(inner, f"{path}[{index}]")
