"""From bytes and query strings to Structs, with errors that name the field."""

import re
from functools import cache
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from tenantry.kernel.errors import DomainError, Kind

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
MOST_QUERY_PARAMETERS = 64
PATH = re.compile(r"^(?P<problem>.*?) - at `\$(?P<path>.*)`$", re.DOTALL)
UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def decode_body(raw: bytes, kind: type[T]) -> T:
    """The body as a Struct; an empty body is an empty object.

    Raises DomainError INVALID for broken JSON and wrong types, UNPROCESSABLE for unknown and missing fields and for NUL
    characters, which no text column can hold.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        value: T = decoder.decode(raw or b"{}")
        if b"\\u0000" in raw:
            _refuse_nul(msgspec.json.decode(raw), "")
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from error
    except (msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise _refused(Kind.INVALID, "body", f"is not valid JSON: {error}") from error
    except RecursionError as error:
        raise _refused(Kind.INVALID, "body", "is nested too deeply") from error
    return value


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
        raise _refused(Kind.INVALID, "query", f"cannot be read: {error}") from error
    names = _parameters(kind)
    values: dict[str, str] = {}
    for name, text in pairs:
        if name not in names:
            raise _refused(Kind.INVALID, name[:64], f"is no parameter here; there are {', '.join(names)}")
        if name in values:
            raise _refused(Kind.INVALID, name, "is given twice")
        if "\x00" in text:
            raise _refused(Kind.INVALID, name, "contains a NUL character")
        if text != "" or _takes_text(names[name].type):
            values[name] = text
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        explained = _explained(str(error))
        raise DomainError(Kind.INVALID, explained.code, explained.message, explained.fields) from error


@cache
def _parameters(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _takes_text(kind: Any) -> bool:
    return kind is str or (get_origin(kind) is not None and str in get_args(kind))


def _explained(text: str) -> DomainError:
    match = PATH.match(text)
    problem, path = (match["problem"], match["path"]) if match else (text, "")
    field = path.lstrip(".") or "body"
    unknown = UNKNOWN.fullmatch(problem)
    if unknown:
        name = unknown["name"][:64] if field == "body" else f"{field}.{unknown['name'][:64]}"
        return _refused(Kind.UNPROCESSABLE, name, "is not a known field")
    missing = MISSING.fullmatch(problem)
    if missing:
        name = missing["name"] if field == "body" else f"{field}.{missing['name']}"
        return _refused(Kind.UNPROCESSABLE, name, "is required")
    return _refused(Kind.INVALID, field, problem[0].lower() + problem[1:])


def _refuse_nul(value: Any, path: str) -> None:
    if isinstance(value, str) and "\x00" in value:
        raise _refused(Kind.UNPROCESSABLE, path or "body", "contains a NUL character")
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_nul(key, path)
            _refuse_nul(inner, f"{path}.{key}" if path else key)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_nul(inner, f"{path}[{index}]")


def _refused(kind: Kind, field: str, problem: str) -> DomainError:
    return DomainError(kind, "validation_error", f"{field} {problem}.", {field: problem})
