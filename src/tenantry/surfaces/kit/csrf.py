"""Forms that only the browser which got the page can send: a signed double-submit cookie.

The page sets a random cookie and writes into its form what the server's key makes of that cookie, the tenant and the thing the
form is about (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie"). Another site can send the
form but neither read nor set the cookie; whoever can set a cookie lacks the key; and a value made for one form fits no other.
A program that follows a link and presses its button without keeping cookies presses in vain.
"""

import base64
import hashlib
import hmac
import os
import re

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from tenantry.kernel.crypto import Sealer, new_token, same

PURPOSE = "csrf"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class Csrf:
    """The guard of the forms of one tenant."""

    def __init__(self, sealer: Sealer, slug: str, address: str) -> None:
        """`address` is the public address of the installation: the cookie is marked Secure where that is https."""
        self._key = sealer.derived(PURPOSE).encode()
        self._slug = slug
        self._secure = address.startswith("https:")

    def cookie(self, connection: ASGIConnection) -> Cookie:  # type: ignore[type-arg]
        """The cookie to send with a page: the one the browser has, so that two open tabs both stay good, or a new one."""
        return Cookie(
            key=self._name,
            value=self._shown(connection) or new_token(),
            path=f"/t/{self._slug}",
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

    def field(self, cookie: Cookie, about: str) -> str:
        """The value of the hidden field beside that cookie. `about` says which form it is, and what for."""
        return _masked(self._sign(cookie.value or "", about))

    def is_ours(self, connection: ASGIConnection, field: str, about: str) -> bool:  # type: ignore[type-arg]
        """Whether the form comes from a page that this browser got. A browser that says that another site sent it is believed
        (W3C Fetch Metadata, Sec-Fetch-Site)."""
        secret = self._shown(connection)
        if secret is None or connection.headers.get("sec-fetch-site") == "cross-site":
            return False
        return same(self._sign(secret, about), _unmasked(field))

    @property
    def _name(self) -> str:
        return f"tenantry_csrf_{self._slug}"

    def _shown(self, connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
        value = connection.cookies.get(self._name, "")
        return value if SECRET.fullmatch(value) else None

    def _sign(self, secret: str, about: str) -> bytes:
        message = "\0".join((self._slug, about, secret)).encode()
        return hmac.new(self._key, message, hashlib.sha256).digest()


def _masked(made: bytes) -> str:
    """Another text each time. A page that is compressed and shows what its visitor sent would else betray, by its size, how much
    of the secret was guessed (the BREACH attack)."""
    mask = os.urandom(len(made))
    return base64.urlsafe_b64encode(mask + _xor(made, mask)).decode().rstrip("=")


def _unmasked(field: str) -> bytes:
    try:
        both = base64.urlsafe_b64decode(f"{field}{'=' * (-len(field) % 4)}".encode("ascii"))
    except ValueError:
        return b""
    half = len(both) // 2
    return _xor(both[:half], both[half:])


def _xor(first: bytes, second: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(first, second, strict=False))
