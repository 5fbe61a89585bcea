"""Text messages: a message, and the two ways it can leave: by an HTTP gateway, or into the development mailbox on disk.

The gateway is any server that takes what docs/messages.md shows, or a few lines of code in front of a provider's own interface.
"""

import asyncio
import base64
import ssl
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec

from tenantry.kernel import lazy
from tenantry.kernel.config import ConfigError, Settings
from tenantry.kernel.mail import MailboxMailer, mailbox_folder

TIMEOUT = 10.0
# A gateway joins up to ten messages of 153 characters (3GPP TS 23.040); nobody reads more on a phone.
LONGEST_TEXT = 1530
SHORTEST_NUMBER, LONGEST_NUMBER = 4, 16
# How much is kept of what a gateway says about a refusal.
LONGEST_ANSWER = 400
MOST_READ = 65_536
# These are about us or about the moment, and not about the message: a wrong password or path, too many at once.
OUR_FAULT = frozenset({401, 403, 404, 405, 407, 408, 425, 429})


class Sms(msgspec.Struct, frozen=True):
    """One text message to one number in E.164 form. By its `id` a gateway tells a second try from a second message."""

    to: str
    text: str
    id: UUID | None = None


class SmsDelayed(Exception):
    """The message did not leave, but may later: no connection, a gateway in trouble, or a fault in our own settings."""


class SmsRefused(Exception):
    """The gateway refuses this message or its number for good, there is no gateway, or the message can't be written."""


class Texter(Protocol):
    """Sends a text message, or raises SmsDelayed or SmsRefused."""

    async def send(self, sms: Sms) -> None: ...


class SmsRoute(msgspec.Struct, frozen=True):
    """Where messages are posted, without user and password; those are in `authorization`, ready for the header."""

    url: str
    authorization: str | None

    @property
    def host(self) -> str:
        """Host and port, as a person may read them; the path may hold a key."""
        return urlsplit(self.url).netloc


def parse_sms_url(url: str) -> SmsRoute:
    """The route of `https://user:pass@host/path`; user and password are percent-encoded.

    Raises ConfigError without showing the password.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigError("TENANTRY_SMS_URL is no address: http(s)://user:pass@host/path") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ConfigError("TENANTRY_SMS_URL must read http(s)://user:pass@host/path")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError("TENANTRY_SMS_URL must hold ASCII characters only, with others percent-encoded")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=parts.path or "/")
    if parts.username is None:
        return SmsRoute(bare.geturl(), None)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return SmsRoute(bare.geturl(), f"Basic {base64.b64encode(pair).decode()}")


class GatewayTexter:
    """Posts each message to one gateway. `timeout` is in seconds, for the whole.

    2xx means sent. A redirect is not followed: it would carry code and password to wherever the answer says.
    """

    def __init__(self, route: SmsRoute, sender: str | None = None, timeout: float = TIMEOUT) -> None:
        self._route = route
        self._sender = sender
        self._timeout = timeout

    async def send(self, sms: Sms) -> None:
        check(sms)
        library: Any = await asyncio.to_thread(lazy.httpcore)
        try:
            async with asyncio.timeout(self._timeout):
                status, words = await self._post(library, sms)
        except _faults(library) as error:
            raise SmsDelayed(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if 200 <= status < 300:
            return
        said = f"{status} {words}".strip()
        if 400 <= status < 500 and status not in OUR_FAULT:
            raise SmsRefused(said)
        raise SmsDelayed(said)

    async def _post(self, library: Any, sms: Sms) -> tuple[int, str]:
        context = ssl.create_default_context() if self._route.url.startswith("https:") else None
        async with (
            library.AsyncConnectionPool(ssl_context=context, keepalive_expiry=0) as pool,
            pool.stream(
                "POST", self._route.url, headers=self._headers(sms), content=self._body(sms)
            ) as answer,
        ):
            read = b""
            async for part in answer.aiter_stream():
                read += part
                if len(read) > MOST_READ:
                    break
            return answer.status, _words(read)

    def _headers(self, sms: Sms) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Tenantry"}
        if self._route.authorization is not None:
            headers["Authorization"] = self._route.authorization
        if sms.id is not None:
            headers["Idempotency-Key"] = str(sms.id)
        return headers

    def _body(self, sms: Sms) -> bytes:
        body = {"to": sms.to, "text": sms.text}
        if self._sender:
            body["from"] = self._sender
        return msgspec.json.encode(body)


class MailboxTexter:
    """Puts text messages among the mails of the development mailbox."""

    def __init__(self, mailbox: MailboxMailer) -> None:
        self._mailbox = mailbox

    async def send(self, sms: Sms) -> None:
        # What could not be sent must not look as if it could while one develops.
        check(sms)
        await self._mailbox.keep("sms", sms.to, "", sms.text, None)


class NoTexter:
    """Where mail leaves for real and no gateway is set: a mailbox that nobody can open would swallow messages silently."""

    async def send(self, sms: Sms) -> None:
        check(sms)
        raise SmsRefused("no SMS gateway is set: TENANTRY_SMS_URL")


def check(sms: Sms) -> None:
    """Raises SmsRefused for a number that is none, and for a text that is empty or too long."""
    digits = sms.to[1:]
    is_number = sms.to.startswith("+") and digits.isascii() and digits.isdigit()
    if not is_number or not SHORTEST_NUMBER <= len(sms.to) <= LONGEST_NUMBER:
        raise SmsRefused("the number is not in international form")
    if not 0 < len(sms.text) <= LONGEST_TEXT:
        raise SmsRefused(f"the text must have 1 to {LONGEST_TEXT} characters")


def make_texter(settings: Settings) -> Texter:
    """The gateway where one is set, else the development mailbox as long as mail goes there too.

    Raises ConfigError for an address that makes no sense.
    """
    if settings.sms_url is not None:
        return GatewayTexter(parse_sms_url(settings.sms_url), settings.sms_from)
    if settings.is_development_mail:
        return MailboxTexter(MailboxMailer(mailbox_folder(settings)))
    return NoTexter()


def _faults(library: Any) -> tuple[type[Exception], ...]:
    of_library = (library.TimeoutException, library.NetworkError, library.ProtocolError)
    return (*of_library, library.ConnectionNotAvailable, OSError, TimeoutError)


def _words(answer: bytes) -> str:
    """What a gateway says, in one line."""
    return " ".join(answer[: 4 * LONGEST_ANSWER].decode("utf-8", "replace").split())[:LONGEST_ANSWER]
