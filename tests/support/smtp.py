"""Mail servers on loopback: one that keeps what it gets and refuses what it is told to, and one that never says a word."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "post", "p@ss/word"


class Letter(msgspec.Struct):
    """What a server got: the envelope, the parsed message, and whether the connection was encrypted and signed in."""

    sender: str
    recipients: list[str]
    mail: EmailMessage
    encrypted: bool
    signed_in: bool


class MailServer:
    """A real SMTP server. `answers` maps a command (RCPT, DATA, MAIL) to the reply it gets instead of success."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.letters: list[Letter] = []
        self.answers: dict[str, str] = {}

    async def handle_MAIL(self, *given: Any) -> str:  # noqa: N802 - aiosmtpd's name
        _server, _session, envelope, address, _options = given
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 - aiosmtpd's name
        _server, _session, envelope, address, _options = given
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "DATA" in self.answers:
            return self.answers["DATA"]
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        encrypted, signed_in = session.ssl is not None, bool(session.authenticated)
        self.letters.append(Letter(envelope.mail_from, list(envelope.rcpt_tos), mail, encrypted, signed_in))
        return "250 kept"

    def check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)


@asynccontextmanager
async def mail_server(
    keeper: MailServer | None = None,
    tls: ssl.SSLContext | None = None,
    *,
    from_the_start: bool = False,
    **options: Any,
) -> AsyncIterator[MailServer]:
    """Listens on a port that was free, or on the keeper's. `options` are aiosmtpd's.

    With `tls` it offers STARTTLS, or speaks TLS from the start.
    """
    keeper = keeper or MailServer()
    loop = asyncio.get_running_loop()
    offered = None if from_the_start else tls

    def protocol() -> SMTP:
        return SMTP(
            keeper,
            hostname="mail.test",
            tls_context=offered,
            authenticator=keeper.check,
            loop=loop,
            **options,
        )

    around = tls if from_the_start else None
    server = await loop.create_server(protocol, "127.0.0.1", keeper.port, ssl=around)
    keeper.port = server.sockets[0].getsockname()[1]
    try:
        yield keeper
    finally:
        await _end(server)


async def _end(server: asyncio.Server) -> None:
    """Ends the server and its connections; Python warns of one that outlives its loop."""
    server.close()
    await asyncio.wait_for(server.wait_closed(), 5)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """Accepts connections and never answers; gives its port."""

    async def keep_quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_quiet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        await _end(server)


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = folder / "mail.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
