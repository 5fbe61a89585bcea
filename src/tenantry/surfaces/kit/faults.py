"""All that is wrong with a body or a query string, once something is: the decoder that reads them stops at the first fault."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any, Literal, get_args, get_origin

import msgspec

from tenantry.kernel.errors import DomainError, Kind

MOST_NAMED = 20
LONGEST_NAME = 64
PATH = re.compile(r"^(?P<problem>.*?) - at `\$(?P<path>.*)`$", re.DOTALL)
UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<found>[^`]*)`")
WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a decimal number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a date and time, as in 2030-01-15T10:30:00Z",
    "uuid": "a UUID",
}
FORMS = {
    "Invalid RFC3339 encoded datetime": f"must be {WORDS['datetime']}",
    "Invalid UUID": f"must be {WORDS['uuid']}",
}


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one field. Of a wrong type or form it is INVALID, unknown or missing UNPROCESSABLE."""

    kind: Kind
    field: str
    problem: str


def refusal(faults: list[Fault]) -> DomainError:
    """One refusal that names all of them, up to MOST_NAMED. A wrong type weighs more than an unknown or missing field."""
    faults = sorted(faults, key=lambda fault: fault.kind is not Kind.INVALID)
    named = faults[:MOST_NAMED]
    message = "; ".join(f"{fault.field} {fault.problem}" for fault in named) + "."
    if len(faults) > len(named):
        message += " There are more."
    fields: dict[str, str] = {}
    for fault in named:
        fields.setdefault(fault.field, fault.problem)
    return DomainError(named[0].kind, "validation_error", message, fields)


def one(kind: Kind, field: str, problem: str) -> DomainError:
    """The refusal of a single fault."""
    return refusal([Fault(kind, field, problem)])


def of_body(value: Any, kind: Any, first: str) -> list[Fault]:
    """Every fault of a JSON value that is no `kind`: one for each field. `first` is what the decoder stumbled over."""
    if not _is_struct(kind) or not isinstance(value, dict):
        return [_explained(first, "", kind)]
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    faults = list(_wrong(value, known, strict=True))
    faults += [
        Fault(Kind.UNPROCESSABLE, name, "is required")
        for name, field in known.items()
        if field.required and name not in value
    ]
    # Not each of a hundred thousand.
    unknown = islice((name for name in value if name not in known), MOST_NAMED + 1)
    faults += [Fault(Kind.UNPROCESSABLE, name[:LONGEST_NAME], "is not a known field") for name in unknown]
    return faults or [_explained(first, "", kind)]


def of_query(values: Mapping[str, str], kind: type[msgspec.Struct], first: str) -> list[Fault]:
    """Every parameter with a value that is not of its type."""
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    return list(_wrong(values, known, strict=False)) or [_explained(first, "", kind)]


def _wrong(
    values: Mapping[str, Any], known: Mapping[str, msgspec.structs.FieldInfo], *, strict: bool
) -> Iterator[Fault]:
    for name, field in known.items():
        if name in values:
            try:
                msgspec.convert(values[name], field.type, strict=strict)
            except msgspec.ValidationError as error:
                yield _explained(str(error), name, field.type, in_query=not strict)


def _explained(text: str, field: str, kind: Any, *, in_query: bool = False) -> Fault:
    match = PATH.match(text)
    problem, path = (match["problem"], match["path"]) if match else (text, "")
    at = f"{field}{path}".lstrip(".")
    for pattern, says in ((UNKNOWN, "is not a known field"), (MISSING, "is required")):
        found = pattern.fullmatch(problem)
        if found:
            name = found["name"][:LONGEST_NAME]
            return Fault(Kind.UNPROCESSABLE, f"{at}.{name}" if at else name, says)
    return Fault(Kind.INVALID, at or "body", _worded(problem, kind, in_query=in_query))


def _worded(problem: str, kind: Any, *, in_query: bool) -> str:
    """What the decoder says of a value, in the words of those who send JSON or a query string."""
    choices = _choices(kind) if problem.startswith("Invalid enum value") else []
    if choices:
        return f"must be one of {', '.join(choices)}"
    expected = EXPECTED.fullmatch(problem)
    if expected is None:
        return FORMS.get(problem) or problem[0].lower() + problem[1:]
    wanted = [name for name in expected["wanted"].split(" | ") if not (in_query and name == "null")]
    needed = " or ".join(WORDS.get(name, name) for name in wanted)
    return (
        f"must be {needed}"
        if in_query
        else f"must be {needed}, not {WORDS.get(expected['found'], expected['found'])}"
    )


def _choices(kind: Any) -> list[str]:
    """The values of the enumeration or Literal in a type, as they are written."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    return [choice for part in get_args(kind) for choice in _choices(part)]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
