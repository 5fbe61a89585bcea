"""The ways of hashing that are understood: each knows its bounds, how to verify, and the text under which it is stored.

The bounds keep one hash below about a second of one core and 256 MiB; `docs/foreign-passwords.md` has the table.
"""

import base64
import binascii
import hashlib
import re
from hmac import compare_digest
from typing import Any, Protocol

import bcrypt
import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from tenantry.domain.credentials.foreign_text import ForeignFault
from tenantry.kernel import lazy

OWN_PREFIX = "tenantry$"
# A hash shorter than that proves nothing: MD5 has 16 bytes, and so have the shortest subkeys of ASP.NET.
_SHORTEST_HASH = 16
_LONGEST_PART = 1024
_MIB = 1024 * 1024
_MOST_MEMORY = 256 * _MIB
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES = 72
_MOST_BCRYPT_COST = 14
_ARGON2 = re.compile(
    r"\$argon2(?:i|d|id)\$(?:v=\d+\$)?m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
)
_MOST_ARGON2_KIB = _MOST_MEMORY // 1024
_MOST_ARGON2_KIB_PASSES = 1024 * 1024
_MOST_ARGON2_LANES = 16
_MOST_ROUNDS = {"sha256_crypt": 700_000, "sha512_crypt": 700_000, "phpass": 19}
_SIGN = "[./0-9A-Za-z]"
_CRYPT_FORMS = {
    "md5_crypt": re.compile(rf"\$1\${_SIGN}{{0,8}}\${_SIGN}{{22}}"),
    "sha256_crypt": re.compile(rf"\$5\$(?:rounds=\d{{1,9}}\$)?{_SIGN}{{0,16}}\${_SIGN}{{43}}"),
    "sha512_crypt": re.compile(rf"\$6\$(?:rounds=\d{{1,9}}\$)?{_SIGN}{{0,16}}\${_SIGN}{{86}}"),
    "phpass": re.compile(rf"\$[PH]\${_SIGN}{{31}}"),
}
_MOST_ITERATIONS = {"sha1": 3_000_000, "sha256": 3_000_000, "sha512": 1_500_000}
_MOST_PLACES = 8


class Scheme(Protocol):
    """A hash from elsewhere that could be read and lies within the bounds."""

    def matches(self, password: bytes) -> bool: ...

    def stored(self) -> str: ...


class Bcrypt(msgspec.Struct, frozen=True):
    """bcrypt as OpenBSD, PHP, Node.js and Spring write it."""

    text: str

    def __post_init__(self) -> None:
        _check_bcrypt(self.text)

    def matches(self, password: bytes) -> bool:
        # Every bcrypt looked at the first 72 bytes only, so they are what the hash was made of. The library refuses more.
        return bcrypt.checkpw(password[:_BCRYPT_BYTES], self.text.encode())

    def stored(self) -> str:
        return self.text


class BcryptSha256(msgspec.Struct, frozen=True):
    """Django's `bcrypt_sha256`: bcrypt of the SHA-256 in lower-case hex, which lifts the limit of 72 bytes."""

    text: str

    def __post_init__(self) -> None:
        _check_bcrypt(self.text)

    def matches(self, password: bytes) -> bool:
        return bcrypt.checkpw(hashlib.sha256(password).hexdigest().encode(), self.text.encode())

    def stored(self) -> str:
        return _packed("bcrypt-sha256", self)


class Argon2(msgspec.Struct, frozen=True):
    """Argon2i, Argon2d or Argon2id in PHC string format."""

    text: str

    def __post_init__(self) -> None:
        found = _ARGON2.fullmatch(self.text)
        if found is None:
            raise ForeignFault("", "must be an Argon2 hash in PHC string format")
        try:
            lazy.argon2().extract_parameters(self.text)
        except (lazy.argon2().exceptions.InvalidHashError, ValueError) as error:
            raise ForeignFault("", "must be an Argon2 hash in PHC string format") from error
        memory, passes, lanes = (int(figure) for figure in found.groups())
        _at_most("memory", memory, _MOST_ARGON2_KIB, "KiB of memory")
        _at_most("passes", memory * passes, _MOST_ARGON2_KIB_PASSES, "for memory in KiB times passes")
        _at_most("parallelism", lanes, _MOST_ARGON2_LANES, "lanes")

    def matches(self, password: bytes) -> bool:
        errors = lazy.argon2().exceptions
        try:
            return bool(lazy.argon2().PasswordHasher().verify(self.text, password))
        except (errors.VerificationError, errors.InvalidHashError):
            return False

    def stored(self) -> str:
        return self.text


class Crypt(msgspec.Struct, frozen=True):
    """The schemes of crypt(3) and PHP that libpass computes: md5-crypt, sha256-crypt, sha512-crypt and phpass."""

    name: str
    text: str

    def __post_init__(self) -> None:
        kind = self.name.replace("_", "-")
        # The library takes a hash without its last part for a salt to hash with, and warns of it only.
        if not _CRYPT_FORMS[self.name].fullmatch(self.text):
            raise ForeignFault("", f"must be a hash of {kind}")
        try:
            read = self._scheme().from_string(self.text)
        except ValueError as error:
            raise ForeignFault("", f"must be a hash of {kind}") from error
        if self.name in _MOST_ROUNDS:
            _at_most("rounds", read.rounds, _MOST_ROUNDS[self.name], "rounds")

    def matches(self, password: bytes) -> bool:
        return bool(self._scheme().verify(password, self.text))

    def stored(self) -> str:
        return self.text

    def _scheme(self) -> Any:
        return getattr(lazy.passlib_hash(), self.name)


class Pbkdf2(msgspec.Struct, frozen=True):
    """PBKDF2 with HMAC of SHA-1, SHA-256 or SHA-512 (RFC 8018)."""

    digest: str
    iterations: int
    salt: bytes
    hash: bytes

    def __post_init__(self) -> None:
        if self.digest not in _MOST_ITERATIONS:
            raise ForeignFault("digest", f"must be one of {', '.join(_MOST_ITERATIONS)}")
        _at_most("iterations", self.iterations, _MOST_ITERATIONS[self.digest], "iterations")
        _check_sizes(self.salt, self.hash)

    def matches(self, password: bytes) -> bool:
        # Each block of the key is made apart, at the full number of iterations, and proves the password by itself. Keycloak keeps
        # up to four; one is enough and takes a quarter of the time.
        length = min(len(self.hash), hashlib.new(self.digest, usedforsecurity=False).digest_size)
        made = hashlib.pbkdf2_hmac(self.digest, password, self.salt, self.iterations, length)
        return compare_digest(made, self.hash[:length])

    def stored(self) -> str:
        return _packed("pbkdf2", self)


class Scrypt(msgspec.Struct, frozen=True):
    """scrypt (RFC 7914); `n` is the cost itself, not its logarithm."""

    n: int
    r: int
    p: int
    salt: bytes
    hash: bytes

    def __post_init__(self) -> None:
        _check_scrypt(self.n, self.r, self.p)
        _check_sizes(self.salt, self.hash)

    def matches(self, password: bytes) -> bool:
        made = _scrypt(password, self.salt, (self.n, self.r, self.p), len(self.hash))
        return compare_digest(made, self.hash)

    def stored(self) -> str:
        return _packed("scrypt", self)


class FirebaseScrypt(msgspec.Struct, frozen=True, rename="camel"):
    """Firebase's own scrypt: the derived key encrypts the project's signer key (github.com/firebase/scrypt)."""

    signer_key: bytes
    salt_separator: bytes
    salt: bytes
    rounds: int
    mem_cost: int
    hash: bytes

    def __post_init__(self) -> None:
        _at_most("memCost", self.mem_cost, 20, "for memCost")
        _check_scrypt(1 << self.mem_cost, self.rounds, 1, ("memCost", "rounds", ""))
        _check_sizes(self.salt, self.hash)
        if len(self.hash) != len(self.signer_key):
            raise ForeignFault("signerKey", "must be as long as the hash")

    def matches(self, password: bytes) -> bool:
        key = _scrypt(password, self.salt + self.salt_separator, (1 << self.mem_cost, self.rounds, 1), 32)
        # The counter begins at zero, as Firebase has it: each derived key is used for one message only.
        cipher = Cipher(AES256(key), CTR(bytes(16))).encryptor()
        return compare_digest(cipher.update(self.signer_key) + cipher.finalize(), self.hash)

    def stored(self) -> str:
        return _packed("firebase-scrypt", self)


class Digest(msgspec.Struct, frozen=True):
    """One run of a plain digest over a few pieces; None stands for the password."""

    digest: str
    pieces: tuple[bytes | None, ...]
    hash: bytes

    def __post_init__(self) -> None:
        if self.digest not in hashlib.algorithms_available:
            raise ForeignFault("digest", "is not known here")
        if len(self.hash) != hashlib.new(self.digest, usedforsecurity=False).digest_size:
            raise ForeignFault("hash", f"is not as long as {self.digest} makes it")
        if None not in self.pieces or len(self.pieces) > _MOST_PLACES:
            raise ForeignFault("", f"must hold the password, and at most {_MOST_PLACES} pieces")
        if sum(len(piece) for piece in self.pieces if piece is not None) > _LONGEST_PART:
            raise ForeignFault("salt", f"must be at most {_LONGEST_PART} bytes")

    def matches(self, password: bytes) -> bool:
        hashed = b"".join(password if piece is None else piece for piece in self.pieces)
        return compare_digest(hashlib.new(self.digest, hashed, usedforsecurity=False).digest(), self.hash)

    def stored(self) -> str:
        return _packed("digest", self)


_PACKED: dict[str, Any] = {
    "bcrypt-sha256": BcryptSha256,
    "pbkdf2": Pbkdf2,
    "scrypt": Scrypt,
    "firebase-scrypt": FirebaseScrypt,
    "digest": Digest,
}
_CRYPT = {
    "$1$": "md5_crypt",
    "$5$": "sha256_crypt",
    "$6$": "sha512_crypt",
    "$P$": "phpass",
    "$H$": "phpass",
}


def read_stored(text: str) -> Scheme:
    """The scheme of a text that `stored` made. Raises ForeignFault."""
    if text.startswith("$2"):
        return Bcrypt(text)
    if text.startswith("$argon2"):
        return Argon2(text)
    if text[:3] in _CRYPT:
        return Crypt(_CRYPT[text[:3]], text)
    name, separator, packed = text.removeprefix(OWN_PREFIX).partition("$")
    if not text.startswith(OWN_PREFIX) or not separator or name not in _PACKED:
        raise ForeignFault("", "is not a hash of a known form")
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        scheme: Scheme = msgspec.json.decode(raw, type=_PACKED[name])
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise ForeignFault("", "is not a hash of a known form, or costs too much") from error
    return scheme


def _packed(name: str, scheme: Any) -> str:
    raw = base64.urlsafe_b64encode(msgspec.json.encode(scheme)).rstrip(b"=").decode()
    return f"{OWN_PREFIX}{name}${raw}"


def _check_bcrypt(text: str) -> None:
    if text.startswith("$2x$"):
        raise ForeignFault("", "$2x$ marks hashes of a faulty bcrypt, which can't be verified")
    found = _BCRYPT.fullmatch(text)
    if found is None:
        raise ForeignFault("", "must be a bcrypt hash of 60 characters, beginning with $2a$, $2b$ or $2y$")
    if int(found[1]) < 4:
        raise ForeignFault("cost", "must be at least 4")
    _at_most("cost", int(found[1]), _MOST_BCRYPT_COST, "for the cost of bcrypt")


def _check_scrypt(n: int, r: int, p: int, names: tuple[str, str, str] = ("n", "r", "p")) -> None:
    """`names` are what the caller calls the three figures."""
    if n < 2 or n & (n - 1):
        raise ForeignFault(names[0], "must be a power of two above 1")
    for name, figure in zip(names[1:], (r, p), strict=True):
        if figure < 1:
            raise ForeignFault(name, "must be a whole number above 0")
    # RFC 7914 section 2.
    if n.bit_length() - 1 >= 16 * r:
        raise ForeignFault(names[0], "must be less than 2 to the power of 16 times r")
    _at_most(names[0], 128 * n * r, _MOST_MEMORY, "bytes of memory, which are 128 times n times r")
    _at_most(names[2], 128 * n * r * p, _MOST_MEMORY, "for 128 times n times r times p")


def _scrypt(password: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=_MOST_MEMORY + 32 * _MIB, dklen=length)


def _check_sizes(salt: bytes, made: bytes) -> None:
    if len(salt) > _LONGEST_PART:
        raise ForeignFault("salt", f"must be at most {_LONGEST_PART} bytes")
    if not _SHORTEST_HASH <= len(made) <= _LONGEST_PART:
        raise ForeignFault("hash", f"must be {_SHORTEST_HASH} to {_LONGEST_PART} bytes")


def _at_most(part: str, given: int, most: int, what: str) -> None:
    if given < 1:
        raise ForeignFault(part, "must be above 0")
    if given > most:
        raise ForeignFault(part, f"would take too long at each sign-in: at most {most} {what}")
