"""Hashes that say themselves what they are: LDAP, Django, and the strings of scrypt and PBKDF2. All raise ForeignFault."""

from collections.abc import Callable

from tenantry.domain.credentials.foreign_schemes import (
    Argon2,
    Bcrypt,
    BcryptSha256,
    Digest,
    Pbkdf2,
    Scheme,
    Scrypt,
    read_stored,
)
from tenantry.domain.credentials.foreign_text import (
    Fields,
    ForeignFault,
    as_bytes,
    from_base64,
    from_hex,
    plain_name,
    whole_number,
)

# The names that Node.js has for the digests of OpenSSL, and those of hashlib.
_DIGESTS = {
    "md5": "md5",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha512224": "sha512_224",
    "sha512256": "sha512_256",
    "sha3224": "sha3_224",
    "sha3256": "sha3_256",
    "sha3384": "sha3_384",
    "sha3512": "sha3_512",
    "blake2b512": "blake2b",
    "blake2s256": "blake2s",
}
SIZES = {
    "md5": 16,
    "sha1": 20,
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
    "sha512_224": 28,
    "sha512_256": 32,
}
SIZES |= {"sha3_224": 28, "sha3_256": 32, "sha3_384": 48, "sha3_512": 64, "blake2b": 64, "blake2s": 32}
_LDAP = {"md5": "md5", "smd5": "md5", "sha": "sha1", "ssha": "sha1"}
_LDAP |= {f"{salted}{bits}": f"sha{bits}" for salted in ("sha", "ssha") for bits in (256, 384, 512)}


def known_digest(name: str) -> str:
    """What hashlib calls a digest, whatever the other system calls it."""
    found = _DIGESTS.get(plain_name(name).removeprefix("rsa"))
    if found is None:
        raise ForeignFault("algorithm", "is not a digest that is known here")
    return found


def ldap_string(text: str) -> Scheme:
    """`{SCHEME}data` of RFC 2307; with {CRYPT}, {ARGON2} and {BCRYPT} a crypt string follows."""
    name, separator, data = text.removeprefix("{").partition("}")
    kind = name.lower()
    if not separator:
        raise ForeignFault("", "must begin with a scheme in braces, as in {SSHA}")
    if kind in {"crypt", "argon2", "bcrypt"}:
        return read_stored(data)
    if kind.startswith("pbkdf2"):
        return pbkdf2_string(f"${kind}${data}")
    if kind not in _LDAP:
        raise ForeignFault("", "is of an LDAP scheme that isn't known here")
    digest = _LDAP[kind]
    raw = from_base64("hash", data)
    made, salt = raw[: SIZES[digest]], raw[SIZES[digest] :]
    if salt and not kind.startswith(("ss", "sm")):
        raise ForeignFault("hash", "is too long for a scheme without salt")
    return Digest(digest, (None, salt), made)


def scrypt_string(text: str) -> Scheme:
    """`$scrypt$ln=16,r=8,p=1$salt$hash`, as PHC and passlib have it."""
    pieces = text.split("$")
    if len(pieces) != 5:
        raise ForeignFault("", "must be $scrypt$ln=…,r=…,p=…$salt$hash")
    figures = Fields(dict(figure.partition("=")[::2] for figure in pieces[2].split(",")))
    cost = figures.number("ln")
    if cost > 32:
        raise ForeignFault("ln", "would take too long at each sign-in")
    salt, made = from_base64("salt", pieces[3]), from_base64("hash", pieces[4])
    return Scrypt(1 << cost, figures.number("r"), figures.number("p"), salt, made)


def pbkdf2_string(text: str) -> Scheme:
    """`$pbkdf2-sha256$i=600000$salt$hash` of PHC, and passlib's, which has the bare number."""
    pieces = text.split("$")
    if len(pieces) != 5:
        raise ForeignFault("", "must be $pbkdf2-sha256$iterations$salt$hash")
    digest = pieces[1].removeprefix("pbkdf2").removeprefix("-") or "sha1"
    iterations = pieces[2].split(",")[0].removeprefix("i=")
    salt, made = from_base64("salt", pieces[3]), from_base64("hash", pieces[4])
    return Pbkdf2(plain_name(digest), whole_number("iterations", iterations), salt, made)


def _django_pbkdf2(digest: str) -> Callable[[str], Scheme]:
    def read(rest: str) -> Scheme:
        iterations, salt, made = _django_pieces(rest, 3)
        return Pbkdf2(
            digest, whole_number("iterations", iterations), as_bytes("salt", salt), from_base64("hash", made)
        )

    return read


def _django_digest(digest: str) -> Callable[[str], Scheme]:
    def read(rest: str) -> Scheme:
        salt, made = _django_pieces(rest, 2)
        return Digest(digest, (as_bytes("salt", salt), None), from_hex("hash", made))

    return read


def _django_scrypt(rest: str) -> Scheme:
    n, salt, r, p, made = _django_pieces(rest, 5)
    cost = [whole_number(name, text) for name, text in (("n", n), ("r", r), ("p", p))]
    return Scrypt(cost[0], cost[1], cost[2], as_bytes("salt", salt), from_base64("hash", made))


def _django_pieces(rest: str, count: int) -> list[str]:
    pieces = rest.split("$")
    if len(pieces) != count:
        raise ForeignFault("", f"must have {count} parts after the name of the algorithm, parted by $")
    return pieces


DJANGO: dict[str, Callable[[str], Scheme]] = {
    "pbkdf2_sha256": _django_pbkdf2("sha256"),
    "pbkdf2_sha1": _django_pbkdf2("sha1"),
    "scrypt": _django_scrypt,
    "argon2": lambda rest: Argon2("$" + rest),
    "bcrypt": lambda rest: Bcrypt(rest.removeprefix("$") if rest.startswith("$$") else rest),
    "bcrypt_sha256": lambda rest: BcryptSha256(rest.removeprefix("$") if rest.startswith("$$") else rest),
    "md5": _django_digest("md5"),
    "sha1": _django_digest("sha1"),
}
"""What reads the rest of a hash of Django, by the name before the first $."""
