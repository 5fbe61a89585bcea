"""Custom data of a user: any JSON object that PostgreSQL can keep and that stays small."""

import math
from decimal import Decimal

import msgspec

from tenantry.kernel.problems import FieldError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 16
# Other programs read JSON numbers as IEEE 754 doubles (RFC 8259 section 6); what no double can hold they'd
# misread.
_LARGEST_INTEGER = int(math.ldexp(1 - 2**-53, 1024))


def clean_custom_data(value: object, field: str = "customData") -> dict[str, object]:
    """The object itself, once it is known to be storable as `jsonb`; None is the empty object.

    At most 64 KiB as PostgreSQL writes it back, which spells 1e300 as 301 digits; at most 16 levels, the
    object itself being the first. Neither strings nor keys may hold NUL or lone surrogates. Raises
    FieldError naming the offending path, such as `customData.plan.limits[3]`.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FieldError(field, "must be an object")
    # A Python value can be walked without harm only to a known depth, so the walk itself refuses what lies
    # deeper.
    excess = _check(value, field, depth=1)
    size = len(msgspec.json.encode(value)) + excess
    if size > MAX_BYTES:
        raise FieldError(field, f"must be at most {MAX_BYTES} bytes of JSON, but is {size}")
    return value


def _check(value: object, path: str, depth: int) -> int:
    """How many bytes longer than encoded here the value is when PostgreSQL writes it. Raises FieldError."""
    if isinstance(value, str):
        return _check_text(value, path)
    if value is None or isinstance(value, bool):
        return 0
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise FieldError(path, "is too large a number")
        return 0
    if isinstance(value, float):
        return _check_float(value, path)
    if not isinstance(value, dict | list):
        raise FieldError(path, "is not a value of JSON")
    if depth > MAX_DEPTH:
        raise FieldError(path, f"is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, list):
        return sum(_check(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value))
    return sum(_check_member(key, item, path, depth) for key, item in value.items())


def _check_member(key: object, item: object, path: str, depth: int) -> int:
    if not isinstance(key, str):
        raise FieldError(path, "must have text as the names of its members")
    here = f"{path}.{key[:64] if key.isprintable() else ascii(key[:64])[1:-1]}"
    return _check_text(key, here) + _check(item, here, depth + 1)


def _check_text(text: str, path: str) -> int:
    if "\0" in text:
        raise FieldError(path, "contains the character U+0000, which is not allowed")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FieldError(path, f"contains the lone surrogate U+{ord(text[error.start]):04X}") from None
    return 0


def _check_float(value: float, path: str) -> int:
    if not math.isfinite(value):
        raise FieldError(path, "must be a finite number that a double can hold")
    written = repr(value)
    return max(0, len(format(Decimal(written), "f")) - len(written)) if "e" in written else 0
