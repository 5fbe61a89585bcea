"""Mail: a message, and the two ways it can leave: by SMTP, or into the development mailbox on disk."""

import asyncio
import os
import ssl
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec

from tenantry.kernel import lazy
from tenantry.kernel.clock import Clock, SystemClock
from tenantry.kernel.config import ConfigError, Settings
from tenantry.kernel.ids import new_id

TIMEOUT = 10.0
KEPT = 1000
FOLDER = "mailbox"


class Message(msgspec.Struct, frozen=True):
    """One mail to one address. `id` makes the Message-ID, so that a message that had to be sent twice shows as one."""

    to: str
    subject: str
    text: str
    html: str | None = None
    id: UUID | None = None


class MailDelayed(Exception):
    """The message did not leave, but may later: no connection, a temporary refusal, or a fault in our own settings."""


class MailRefused(Exception):
    """The server refuses this message or its address for good (a 5xx reply, RFC 5321 section 4.2.1), or it can't be written."""


class RecipientRefused(MailRefused):
    """The server takes mail, but none for this address: it bounces."""


class Mailer(Protocol):
    """Sends a message, or raises MailDelayed or MailRefused."""

    async def send(self, message: Message) -> None: ...


class MailRoute(msgspec.Struct, frozen=True):
    """Where and how mail is handed over. `tls` begins with TLS; without it STARTTLS is used where the server offers it."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine, so that nobody stands between."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_smtp_url(url: str) -> MailRoute:
    """The route of `smtp://user:pass@host:port` or `smtps://...`; user and password are percent-encoded.

    The port is 465 for smtps (RFC 8314), 587 with a user (RFC 6409), else 25. Raises ConfigError without showing the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError("TENANTRY_SMTP_URL is no address: smtp(s)://user:pass@host:port") from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigError("TENANTRY_SMTP_URL must read smtp(s)://user:pass@host:port")
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password or "") if user else None
    usual = 465 if tls else (587 if user else 25)
    return MailRoute(parts.hostname, port or usual, tls, user, password)


class SmtpMailer:
    """Hands each message to one SMTP server. `timeout` is in seconds, for each step; the whole takes six times that at most."""

    def __init__(
        self, route: MailRoute, sender: str, timeout: float = TIMEOUT, clock: Clock | None = None
    ) -> None:
        self._route = route
        self._sender = sender
        self._timeout = timeout
        self._clock = clock or SystemClock()

    async def send(self, message: Message) -> None:
        mail = compose(message, self._sender, self._clock.now())
        library: Any = lazy.aiosmtplib()
        try:
            async with asyncio.timeout(6 * self._timeout):
                await self._hand_over(library, mail)
        except library.SMTPRecipientsRefused as error:
            raise _by_code(error.recipients[0], RecipientRefused) from error
        except library.SMTPRecipientRefused as error:
            raise _by_code(error, RecipientRefused) from error
        except library.SMTPDataError as error:
            raise _by_code(error, MailRefused) from error
        except library.SMTPNotSupported as error:
            raise MailRefused(f"the mail server can't take this address: {error}") from error
        except (library.SMTPException, OSError, TimeoutError) as error:
            # Everything before the recipient is about us and the server, not about this message: a wrong password, a
            # sender that is not ours to use, a certificate. It is mended in the settings, and the message goes then.
            raise MailDelayed(f"{type(error).__name__}: {error}") from error

    async def _hand_over(self, library: Any, mail: EmailMessage) -> None:
        route = self._route
        client = library.SMTP(
            hostname=route.host,
            port=route.port,
            use_tls=route.tls,
            timeout=self._timeout,
            tls_context=self._tls_context(),
            local_hostname=mail["From"].addresses[0].domain,
        )
        await client.connect()
        try:
            await self._sign_in(client)
            sender, recipient = (mail[name].addresses[0].addr_spec for name in ("From", "To"))
            await client.send_message(mail, sender=sender, recipients=[recipient])
            await _leave(client, library)
        finally:
            client.close()

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._route.is_loopback:
            # A relay on this machine often has a certificate that it made itself, and nobody can stand between.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _sign_in(self, client: Any) -> None:
        if self._route.user is None:
            return
        encrypted = client.get_transport_info("sslcontext") is not None
        if not encrypted and not self._route.is_loopback:
            raise MailDelayed("the mail server offers no TLS, and the password is not sent in the clear")
        await client.login(self._route.user, self._route.password)


async def _leave(client: Any, library: Any) -> None:
    """Says goodbye. The message is with the server by now, so that a fault here must not have it sent again."""
    try:
        await client.quit()
    except (library.SMTPException, OSError):
        client.close()


def _by_code(error: Any, refused: type[MailRefused]) -> MailDelayed | MailRefused:
    text = f"{error.code} {error.message}"
    return refused(text) if 500 <= error.code < 600 else MailDelayed(text)


def compose(message: Message, sender: str, now: datetime) -> EmailMessage:
    """The message as it goes over the wire. Raises MailRefused for a subject or an address that could break a header."""
    if any(ord(c) < 32 or ord(c) == 127 for c in message.subject):
        raise MailRefused("the subject holds a control character")
    try:
        to = _address(message.to)
        mail = EmailMessage(policy=policy.SMTP if message.to.isascii() else policy.SMTPUTF8)
        mail["From"] = sender
        mail["To"] = to
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{message.id or new_id()}@{mail['From'].addresses[0].domain}>"
        # RFC 3834 section 5: keeps holiday notices and other robots from answering.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html")
    except (ValueError, MessageError) as error:
        raise MailRefused(f"the message can't be written: {error}") from error
    return mail


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    if not domain.isascii():
        domain = lazy.idna().encode(domain, uts46=True).decode()
    if local.isascii():
        return Address(addr_spec=f"{local}@{domain}")
    # The parser takes no local part beyond ASCII (RFC 6531), so what it would look for is looked for here.
    if not local.isprintable() or any(c in ' ()<>[]:;@\\,"' for c in local):
        raise ValueError("the address is not valid")
    return Address(username=local, domain=domain)


class MailboxEntry(msgspec.Struct, frozen=True):
    """A message in the development mailbox. `at` is when it was sent, in UTC."""

    id: str
    kind: str
    to: str
    subject: str
    text: str
    html: str | None
    at: datetime


class MailboxMailer:
    """Writes messages as files that every process of this machine's account can read: one JSON file for each, named by time."""

    def __init__(self, folder: Path, clock: Clock | None = None, kept: int = KEPT) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._kept = kept

    async def send(self, message: Message) -> None:
        # What could not be sent must not look as if it could while one develops.
        compose(message, "Tenantry <no-reply@localhost.localdomain>", self._clock.now())
        await self.keep("mail", message.to, message.subject, message.text, message.html)

    async def keep(self, kind: str, to: str, subject: str, text: str, html: str | None) -> None:
        """Puts a message of the kind "mail" or "sms" into the mailbox, unchecked."""
        entry = MailboxEntry(new_id().hex, kind, to, subject, text, html, self._clock.now())
        await asyncio.to_thread(self._store, entry)

    def _store(self, entry: MailboxEntry) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._folder / f".{entry.id}"
        with open(unfinished, "wb", opener=_private) as file:
            file.write(msgspec.json.encode(entry))
        unfinished.rename(self._folder / f"{entry.id}.json")
        for name in _names(self._folder)[self._kept :]:
            (self._folder / name).unlink(missing_ok=True)

    async def listed(self) -> list[MailboxEntry]:
        """Everything in the mailbox, newest first."""
        return await asyncio.to_thread(_read_all, self._folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _names(folder: Path) -> list[str]:
    """The names of the messages, newest first: an id begins with its time."""
    try:
        found = [name for name in os.listdir(folder) if name.endswith(".json")]
    except FileNotFoundError:
        return []
    return sorted(found, reverse=True)


def _read_all(folder: Path) -> list[MailboxEntry]:
    decode: Callable[[bytes], MailboxEntry] = msgspec.json.Decoder(MailboxEntry).decode
    entries = []
    for name in _names(folder):
        try:
            entries.append(decode((folder / name).read_bytes()))
        except (FileNotFoundError, msgspec.DecodeError):
            # It was just removed as one too many, or somebody put a file of their own here.
            continue
    return entries


def mailbox_folder(settings: Settings) -> Path:
    """Where the development mailbox of an installation is."""
    return settings.data_path / FOLDER


def make_mailer(settings: Settings) -> Mailer:
    """SMTP where it is configured, else the development mailbox. Raises ConfigError for an address that makes no sense."""
    if settings.smtp_url is None:
        return MailboxMailer(mailbox_folder(settings))
    if not settings.mail_from.isprintable() or "@" not in parseaddr(settings.mail_from)[1]:
        raise ConfigError("TENANTRY_MAIL_FROM must be an address like: Tenantry <no-reply@example.com>")
    return SmtpMailer(parse_smtp_url(settings.smtp_url), settings.mail_from)
