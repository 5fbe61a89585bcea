"""A password as the bytes that are hashed: the same ones, whatever keyboard and system it was typed on."""

import re
import unicodedata

_OTHER_SPACES = re.compile("[\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]")


def opaque(password: str) -> str:
    """The password with every kind of space as U+0020 and in normalization form C.

    That is the OpaqueString profile of RFC 8265 section 4.2: case, width and symbols stay as typed. NFC and
    not NFKC, because a compatibility mapping would make different passwords equal.
    """
    if password.isascii():
        return password
    return unicodedata.normalize("NFC", _OTHER_SPACES.sub(" ", password))


def opaque_bytes(password: str) -> bytes:
    """`opaque` in UTF-8. Lone surrogates are kept as they are, so that a hostile sign-in fails like any
    other one."""
    return opaque(password).encode("utf-8", "surrogatepass")


def spellings(password: str) -> tuple[bytes, ...]:
    """The bytes that a stored hash may have been made of: `opaque_bytes` first, then the password exactly as typed.

    One element where the two are the same. Systems that hash what the browser sends know the second one only.
    """
    prepared = opaque_bytes(password)
    typed = password.encode("utf-8", "surrogatepass")
    return (prepared,) if typed == prepared else (prepared, typed)
