"""Sealing of secrets at rest, one-time tokens, and comparison in constant time. No cryptography of our own."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealBroken(Exception):
    """The sealed bytes were not made with any of the present keys, or were changed."""


class Sealer:
    """Seals small secrets with the newest key and opens what any of the keys sealed.

    `keys` are the operator's secret keys, newest first. Each purpose gets a key of its own derived from them (HKDF,
    RFC 5869), so bytes sealed for one purpose never open as another.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("at least one secret key is needed")
        self._keys = tuple(keys)
        self._rings: dict[str, MultiFernet] = {}

    def seal(self, purpose: str, secret: bytes) -> bytes:
        return self._ring(purpose).encrypt(secret)

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """The secret, or SealBroken."""
        try:
            return self._ring(purpose).decrypt(sealed)
        except InvalidToken as error:
            raise SealBroken(purpose) from error

    def derived(self, purpose: str) -> str:
        """A text of 43 characters that depends on the newest key and the purpose alone."""
        return _derive(self._keys[0], purpose).decode().rstrip("=")

    def _ring(self, purpose: str) -> MultiFernet:
        ring = self._rings.get(purpose)
        if ring is None:
            ring = MultiFernet([Fernet(_derive(key, purpose)) for key in self._keys])
            self._rings[purpose] = ring
        return ring


def _derive(key: str, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"tenantry", info=purpose.encode())
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))


def new_token(size: int = 32) -> str:
    """An unguessable URL-safe text of `size` random bytes."""
    return secrets.token_urlsafe(size)


def token_hash(token: str) -> bytes:
    """What is stored of a token: 32 bytes. A plain hash is enough because the token itself is random."""
    return hashlib.sha256(token.encode()).digest()


def same(left: bytes, right: bytes) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left, right)
