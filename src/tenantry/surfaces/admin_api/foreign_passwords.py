"""A password that comes as the hash another system made of it."""

from typing import Any, Protocol

from tenantry.domain.credentials.foreign import ALGORITHM_FIELD, DIGEST_FIELD, normalise_foreign
from tenantry.kernel.problems import FieldError

DESCRIPTION = (
    " People who come from another system keep their password: send its hash as `passwordDigest`, text or an object, and what"
    " made it as `passwordAlgorithm`: `Argon2i`, `Argon2d`, `Argon2id`, `Bcrypt`, `PBKDF2`, `Django`, `Keycloak`,"
    " `AspNetIdentity`, `Scrypt`, `FirebaseScrypt`, `phpass`, `MD5crypt`, `SHA256crypt`, `SHA512crypt`, `LDAP`, `MD5`, `SHA1`,"
    " `SHA224`, `SHA256`, `SHA384`, `SHA512` or `Legacy`. The algorithm may be left out where the hash says it itself. A hash"
    " that would take more than about a second at each sign-in is refused. It is never shown, and gives way to Argon2id when"
    " its owner signs in."
)


class Body(Protocol):
    """What a body says of the password."""

    password: str | None
    password_digest: str | dict[str, Any] | None
    password_algorithm: str | None
    generate_password: bool


def hash_from_elsewhere(body: Body) -> str | None:
    """The hash to store, None where the body has none. Raises FieldError."""
    if body.password_digest is None:
        if body.password_algorithm is not None:
            raise FieldError(ALGORITHM_FIELD, f"says how {DIGEST_FIELD} was made, which is missing")
        return None
    if body.password is not None or body.generate_password:
        other = "password" if body.password is not None else "generatePassword"
        raise FieldError(DIGEST_FIELD, f"leave out either this or {other}")
    return normalise_foreign(body.password_algorithm, body.password_digest)
