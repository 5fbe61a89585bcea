"""The cookie that holds a session's token: one for each tenant, by name and by path."""

import re
from datetime import UTC, datetime

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from tenantry.kernel.crypto import token_hash

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class SessionCookie:
    """The session cookie of one tenant. `address` is the public address of the installation: Secure where that is https."""

    def __init__(self, slug: str, address: str, name: str = "session") -> None:
        """`name` tells apart what a tenant keeps in cookies: a session, or a sign-in under way."""
        self._slug = slug
        self._secure = address.startswith("https:")
        self._name = f"tenantry_{name}_{slug}"

    def set(self, token: str, expires: datetime | None = None, now: datetime | None = None) -> Cookie:
        """The cookie with a new token. Without an end the browser forgets it when it is closed."""
        left = None if expires is None else int((expires - (now or datetime.now(UTC))).total_seconds())
        return self._cookie(token, left)

    def clear(self) -> Cookie:
        """The cookie that has the browser forget it."""
        return self._cookie("", 0)

    def token(self, connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
        """The token that the browser shows, if it looks like one."""
        value = connection.cookies.get(self._name, "")
        return value if TOKEN.fullmatch(value) else None

    def read(self, connection: ASGIConnection) -> bytes | None:  # type: ignore[type-arg]
        """The hash of the token that the browser shows, or None."""
        token = self.token(connection)
        return None if token is None else token_hash(token)

    def _cookie(self, value: str, max_age: int | None) -> Cookie:
        return Cookie(
            key=self._name,
            value=value,
            path=f"/t/{self._slug}",
            max_age=max_age,
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )
