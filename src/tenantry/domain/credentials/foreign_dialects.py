"""How other systems write a hash down: each reader takes what an export holds and gives the scheme. All raise ForeignFault."""

import base64
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from tenantry.domain.credentials.foreign_schemes import (
    OWN_PREFIX,
    Argon2,
    Bcrypt,
    BcryptSha256,
    Crypt,
    Digest,
    FirebaseScrypt,
    Pbkdf2,
    Scheme,
    Scrypt,
    read_stored,
)
from tenantry.domain.credentials.foreign_strings import (
    DJANGO,
    SIZES,
    known_digest,
    ldap_string,
    pbkdf2_string,
    scrypt_string,
)
from tenantry.domain.credentials.foreign_text import (
    Fields,
    ForeignFault,
    as_bytes,
    from_base64,
    from_either,
    from_hex,
    plain_name,
    whole_number,
)

Value: TypeAlias = str | Mapping[str, Any] | list[Any]
Reader: TypeAlias = Callable[[Value], Scheme]

# Identity's enumeration KeyDerivationPrf.
_ASP_DIGESTS = {0: "sha1", 1: "sha256", 2: "sha512"}
_HASH_NAMES = ("hash", "value", "hashedSaltedValue", "passwordHash")


def read_text(value: Value) -> Scheme:
    """A hash that says itself what it is: crypt and PHC strings, LDAP, Django, and JSON of Keycloak or of Logto's `Legacy`."""
    if isinstance(value, list):
        return read_legacy(value)
    if not isinstance(value, str):
        return read_keycloak(value)
    text = value.strip()
    scheme, separator, rest = text.partition("$")
    if separator and scheme in DJANGO:
        return DJANGO[scheme](rest)
    if text.startswith("$scrypt$"):
        return scrypt_string(text)
    if text.startswith("$pbkdf2"):
        return pbkdf2_string(text)
    if text.startswith(("[", '{"', "{ ")):
        return read_text(_json(text))
    if text.startswith("{"):
        return ldap_string(text)
    if text.startswith(("$", OWN_PREFIX)):
        return read_stored(text)
    raise ForeignFault("", "doesn't say how it was made; name the algorithm")


def only(*kinds: type[Scheme], named: str) -> Reader:
    """The reader of self-describing text that must turn out to be one of `kinds`."""

    def read(value: Value) -> Scheme:
        found = read_text(value)
        if not isinstance(found, kinds):
            raise ForeignFault("", f"must be {named}")
        return found

    return read


def read_keycloak(value: Value) -> Scheme:
    """A credential of Keycloak: `credentialData` and `secretData` as objects or JSON, or their fields in one object."""
    given = _as_fields(value)
    fields = dict(given)
    # The figures of Argon2 stand in the credential's data, which is why it comes last.
    for half in ("secretData", "credentialData"):
        part = given.get(half, {})
        fields |= _as_fields(part, half)
    found = Fields(fields)
    algorithm = plain_name(found.text("algorithm"))
    made = from_base64("value", found.text(*_HASH_NAMES[1:3], "hash"))
    salt = from_base64("salt", found.text("salt", missing=""))
    if algorithm == "argon2":
        return _keycloak_argon2(found, salt, made)
    digest = {"pbkdf2": "sha1", "pbkdf2sha256": "sha256", "pbkdf2sha512": "sha512"}.get(algorithm)
    if digest is None:
        raise ForeignFault("algorithm", "must be pbkdf2, pbkdf2-sha256, pbkdf2-sha512 or argon2")
    return Pbkdf2(digest, found.number("hashIterations"), salt, made)


def read_pbkdf2(digest: str | None) -> Reader:
    """Text that says itself what it is, or an object with `digest`, `iterations`, `salt` and `hash`."""

    def read(value: Value) -> Scheme:
        if isinstance(value, str) and not value.lstrip().startswith("{"):
            return only(Pbkdf2, named="a PBKDF2 hash")(value)
        found = Fields(_as_fields(value))
        named = digest or plain_name(found.text("digest", "algorithm", missing="sha1")).removeprefix(
            "pbkdf2"
        ).removeprefix("hmac")
        iterations = found.number("iterations", "hashIterations")
        return Pbkdf2(named, iterations, found.salt("base64"), from_either("hash", found.text(*_HASH_NAMES)))

    return read


def read_scrypt(value: Value) -> Scheme:
    """Text that says itself what it is, or an object with `n`, `r`, `p`, `salt` and `hash`."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        return only(Scrypt, named="an scrypt hash")(value)
    found = Fields(_as_fields(value))
    return Scrypt(
        n=found.number("n", "N", "cost"),
        r=found.number("r", "blockSize", missing=8),
        p=found.number("p", "parallelization", missing=1),
        salt=found.salt("base64"),
        hash=from_either("hash", found.text(*_HASH_NAMES)),
    )


def read_firebase(value: Value) -> Scheme:
    """An exported account with the project's hash parameters, under the names of Firebase's console or of its libraries."""
    found = Fields(_as_fields(value))
    return FirebaseScrypt(
        signer_key=from_base64("signerKey", found.text("signerKey", "base64_signer_key")),
        salt_separator=from_base64(
            "saltSeparator", found.text("saltSeparator", "base64_salt_separator", missing="")
        ),
        salt=from_base64("salt", found.text("salt", "passwordSalt")),
        rounds=found.number("rounds"),
        mem_cost=found.number("memCost", "mem_cost", "memoryCost"),
        hash=from_base64("hash", found.text(*_HASH_NAMES)),
    )


def read_asp_net(value: Value) -> Scheme:
    """The base64 of ASP.NET Identity, version 2 (first byte 0) and 3 (first byte 1)."""
    raw = from_base64("", _as_text(value))
    if raw[:1] == b"\0" and len(raw) == 49:
        return Pbkdf2("sha1", 1000, raw[1:17], raw[17:])
    if raw[:1] != b"\1" or len(raw) < 13:
        raise ForeignFault("", "must be a hash of ASP.NET Identity, version 2 or 3")
    prf, iterations, salt_size = struct.unpack(">III", raw[1:13])
    if prf not in _ASP_DIGESTS or len(raw) < 13 + salt_size:
        raise ForeignFault("", "must be a hash of ASP.NET Identity, version 2 or 3")
    return Pbkdf2(_ASP_DIGESTS[prf], iterations, raw[13 : 13 + salt_size], raw[13 + salt_size :])


def read_digest(name: str) -> Reader:
    """The reader of a plain digest: hex or base64, or an object with `hash`, `salt` and `saltPosition`."""
    digest = known_digest(name)

    def read(value: Value) -> Scheme:
        if isinstance(value, str) and not value.lstrip().startswith("{"):
            return Digest(digest, (None,), from_either("", value, SIZES[digest]))
        found = Fields(_as_fields(value))
        made = from_either("hash", found.text(*_HASH_NAMES), SIZES[digest])
        if found.find("salt", "passwordSalt") is None:
            return Digest(digest, (None,), made)
        salt = found.salt("text")
        position = found.text("saltPosition", missing="before")
        if position not in {"before", "after"}:
            raise ForeignFault(
                "saltPosition", "must be before or after, which is where the salt stands beside the password"
            )
        return Digest(digest, (salt, None) if position == "before" else (None, salt), made)

    return read


def read_legacy(value: Value) -> Scheme:
    """Logto's `Legacy`: `["algorithm", ["argument", "@"], "expected"]`, where `@` stands for the password."""
    parts = _json(value) if isinstance(value, str) else value
    if not (isinstance(parts, list) and len(parts) == 3 and isinstance(parts[1], list)):
        raise ForeignFault("", 'must be ["algorithm", ["argument", ..., "@"], "expected hash"]')
    algorithm, arguments, expected = parts
    if not all(isinstance(text, str) for text in (algorithm, expected, *arguments)):
        raise ForeignFault("", "must hold text only")
    if "@" not in arguments:
        raise ForeignFault("", "must have @, which stands for the password, among the arguments")
    if algorithm in {"pbkdf2", "pbkdf2Sync"}:
        return _legacy_pbkdf2(arguments, expected)
    if algorithm == "firebase-scrypt":
        return _legacy_firebase(arguments, expected)
    digest = known_digest(algorithm)
    pieces = tuple(None if text == "@" else as_bytes("", text) for text in arguments)
    return Digest(digest, pieces, from_hex("", expected))


def _legacy_pbkdf2(arguments: list[str], expected: str) -> Scheme:
    if len(arguments) != 5:
        raise ForeignFault("", 'must have the arguments "salt", "iterations", "keylen", "digest" and "@"')
    salt, iterations, length, digest, _ = arguments
    made = from_hex("", expected)
    if len(made) != whole_number("keylen", length):
        raise ForeignFault("keylen", "must be the length of the expected hash in bytes")
    salted = from_hex("salt", salt[4:]) if salt.startswith("hex:") else as_bytes("salt", salt)
    return Pbkdf2(plain_name(digest), whole_number("iterations", iterations), salted, made)


def _legacy_firebase(arguments: list[str], expected: str) -> Scheme:
    if len(arguments) != 6:
        raise ForeignFault(
            "", 'must have the arguments "salt", "signerKey", "saltSeparator", "rounds", "memCost" and "@"'
        )
    names = ("salt", "signerKey", "saltSeparator", "rounds", "memCost")
    return read_firebase({**dict(zip(names, arguments, strict=False)), "hash": expected})


def _keycloak_argon2(found: Fields, salt: bytes, made: bytes) -> Scheme:
    """Keycloak keeps the figures of Argon2 as lists of text, and the passes as its iterations."""
    extra = _as_fields(found.find("additionalParameters") or {}, "additionalParameters")
    figures = Fields(
        {name: text[0] if isinstance(text, list) and text else text for name, text in extra.items()}
    )
    kind = figures.text("type", missing="id")
    version = {"1.0": 16, "1.3": 19}.get(figures.text("version", missing="1.3"))
    if kind not in {"i", "d", "id"} or version is None:
        raise ForeignFault("additionalParameters", "must name type i, d or id and version 1.0 or 1.3")
    cost = f"m={figures.number('memory')},t={found.number('hashIterations')},p={figures.number('parallelism', missing=1)}"
    return Argon2(f"$argon2{kind}$v={version}${cost}${_bare(salt)}${_bare(made)}")


def _bare(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(as_bytes("", text))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ForeignFault("", "must be valid JSON") from error


def _as_text(value: Value) -> str:
    if not isinstance(value, str):
        raise ForeignFault("", "must be text")
    return value.strip()


def _as_fields(value: object, part: str = "") -> Mapping[str, Any]:
    found = _json(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise ForeignFault(part, "must be an object")
    return found


READERS: dict[str, Reader] = {
    "argon2": only(Argon2, named="an Argon2 hash"),
    "argon2i": only(Argon2, named="an Argon2 hash"),
    "argon2d": only(Argon2, named="an Argon2 hash"),
    "argon2id": only(Argon2, named="an Argon2 hash"),
    "bcrypt": only(Bcrypt, BcryptSha256, named="a bcrypt hash"),
    "crypt": only(Bcrypt, Argon2, Crypt, named="a crypt hash"),
    "md5crypt": only(Crypt, named="a crypt hash"),
    "sha256crypt": only(Crypt, named="a crypt hash"),
    "sha512crypt": only(Crypt, named="a crypt hash"),
    "phpass": only(Crypt, named="a phpass hash"),
    "django": read_text,
    "ldap": lambda value: ldap_string(_as_text(value)),
    "keycloak": read_keycloak,
    "aspnetidentity": read_asp_net,
    "pbkdf2": read_pbkdf2(None),
    "pbkdf2sha1": read_pbkdf2("sha1"),
    "pbkdf2sha256": read_pbkdf2("sha256"),
    "pbkdf2sha512": read_pbkdf2("sha512"),
    "scrypt": read_scrypt,
    "firebasescrypt": read_firebase,
    "legacy": read_legacy,
    **{name: read_digest(name) for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")},
}
"""What reads a hash of a named algorithm, by `plain_name`."""
