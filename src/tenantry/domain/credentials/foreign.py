"""Password hashes that were made elsewhere: taken in once, stored in one text form, verified until their owner signs in.

The stored text says its algorithm and holds everything that verifying needs. crypt and PHC strings that a library reads
stay as they are; all else becomes `tenantry$<name>$<base64url of JSON>`. `docs/foreign-passwords.md` lists what is
understood and how much a hash may cost.
"""

from collections.abc import Mapping
from typing import Any

from tenantry.domain.credentials.foreign_dialects import READERS, read_text
from tenantry.domain.credentials.foreign_schemes import read_stored
from tenantry.domain.credentials.foreign_text import ForeignFault, plain_name
from tenantry.kernel.problems import FieldError

DIGEST_FIELD = "passwordDigest"
ALGORITHM_FIELD = "passwordAlgorithm"
# libxcrypt takes no longer one (CRYPT_MAX_PASSPHRASE_SIZE), and sha512-crypt takes time by the length of the password.
_LONGEST_PASSWORD = 512
_LONGEST_VALUE = 4096


def normalise_foreign(
    algorithm: str | None,
    value: Any,
    *,
    field: str = DIGEST_FIELD,
    algorithm_field: str = ALGORITHM_FIELD,
) -> str:
    """The text to store for a hash from elsewhere, given as text, an object, or Logto's list.

    `algorithm` may be left out where the hash itself says what it is. Nothing is computed. Raises FieldError, which
    names `field`, a part of it (`passwordDigest.iterations`) or `algorithm_field`, and never repeats what was given:
    for what can't be read, and for what would cost too much at each sign-in.
    """
    if not isinstance(value, str | Mapping | list) or not value:
        raise FieldError(field, "must be text or an object")
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        raise FieldError(field, f"must be at most {_LONGEST_VALUE} characters long")
    reader = read_text if algorithm is None else READERS.get(plain_name(algorithm))
    if reader is None:
        raise FieldError(algorithm_field, "is not an algorithm that is known here")
    try:
        return reader(value).stored()
    except ForeignFault as fault:
        raise FieldError(f"{field}.{fault.part}" if fault.part else field, fault.reason) from fault


def verify_foreign(stored: str, password: bytes) -> bool:
    """Whether the password belongs to the stored hash, compared in constant time. Never raises.

    False for a text that can't be read, for a hash above the bounds, for a password of more than 512 bytes, and for one
    with a NUL: bcrypt repeats a password with NULs between, and the C libraries cut it off there, so that several would match.
    """
    if len(password) > _LONGEST_PASSWORD or b"\0" in password:
        return False
    try:
        return read_stored(stored).matches(password)
    except Exception:  # noqa: BLE001 - five libraries raise what they like; none of it lets anybody in
        return False
