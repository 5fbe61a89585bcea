"""Reading the parts of a hash that was made elsewhere: bytes in hex or base64, whole numbers, fields under several names."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# The alphabets of the URL and of passlib's "adapted base64", turned into the common one.
_COMMON_ALPHABET = str.maketrans("-_.", "+/+")
_LONGEST_TEXT = 4096


class ForeignFault(ValueError):
    """What is wrong with a hash from elsewhere, and with which part of it; `part` is empty for the whole.

    The message never repeats what was given.
    """

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part}: {reason}" if part else reason)
        self.part = part
        self.reason = reason


def plain_name(algorithm: str) -> str:
    """A name as it is compared: `SHA-256` and `sha_256` are one."""
    return "".join(sign for sign in algorithm.lower() if sign.isalnum())


def from_base64(part: str, text: str) -> bytes:
    """Bytes from base64 in its common, URL or passlib alphabet, with or without padding. Raises ForeignFault."""
    common = text.strip().translate(_COMMON_ALPHABET)
    if not _BASE64.fullmatch(common):
        raise ForeignFault(part, "must be base64")
    bare = common.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise ForeignFault(part, "must be base64") from error


def from_hex(part: str, text: str) -> bytes:
    """Bytes from hexadecimal digits of either case. Raises ForeignFault."""
    if not _HEX.fullmatch(text):
        raise ForeignFault(part, "must be hexadecimal")
    return bytes.fromhex(text)


def from_either(part: str, text: str, size: int | None = None) -> bytes:
    """Bytes from hex or base64, whichever it is. With `size` (in bytes) the length decides. Raises ForeignFault."""
    text = text.strip()
    is_hex = _HEX.fullmatch(text) is not None and (size is None or len(text) == 2 * size)
    found = bytes.fromhex(text) if is_hex else from_base64(part, text)
    if size is not None and len(found) != size:
        raise ForeignFault(part, f"must be {size} bytes in hex or base64")
    return found


def whole_number(part: str, value: object) -> int:
    """A whole number above zero that came as a number or as text. Raises ForeignFault."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ForeignFault(part, "must be a whole number above 0")
    return value


class Fields:
    """An object of an export, whose fields go by several names; a refusal names the first of them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def find(self, *names: str) -> Any | None:
        """The value under the first name that holds one."""
        return next((self._given[name] for name in names if self._given.get(name) is not None), None)

    def text(self, *names: str, missing: str | None = None) -> str:
        """Text under one of the names, `missing` where there is none. Raises ForeignFault."""
        value = self.find(*names)
        if value is None and missing is not None:
            return missing
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise ForeignFault(names[0], "is missing" if value is None else "must be text")
        return value

    def number(self, *names: str, missing: int | None = None) -> int:
        """A whole number above 0 under one of the names, `missing` where there is none. Raises ForeignFault."""
        value = self.find(*names)
        if value is None and missing is not None:
            return missing
        if value is None:
            raise ForeignFault(names[0], "is missing")
        return whole_number(names[0], value)

    def salt(self, encoding: str) -> bytes:
        """The salt, decoded as `saltEncoding` says: `text`, `hex` or `base64`; `encoding` where it says nothing.

        Raises ForeignFault.
        """
        text = self.text("salt", "passwordSalt")
        how = self.text("saltEncoding", missing=encoding)
        if how == "hex":
            return from_hex("salt", text)
        if how == "base64":
            return from_base64("salt", text)
        if how != "text":
            raise ForeignFault("saltEncoding", "must be text, hex or base64")
        return as_bytes("salt", text)


def as_bytes(part: str, text: str) -> bytes:
    """Text in UTF-8. Raises ForeignFault."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ForeignFault(part, "must be text without lone surrogates") from error
