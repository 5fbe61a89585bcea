"""Mail leaves by SMTP as it should, says whether a refusal is for good, and stays in a mailbox while one develops."""

import asyncio
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.config import ConfigError, load_settings
from tenantry.kernel.ids import new_id
from tenantry.kernel.mail import (
    MailboxMailer,
    MailDelayed,
    MailRefused,
    MailRoute,
    Message,
    SmtpMailer,
    compose,
    make_mailer,
    parse_smtp_url,
)
from tests.support.smtp import PASSWORD, USER, mail_server, self_signed, silent_server

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SENDER = "Tenantry <no-reply@example.com>"
HELLO = Message("ann@example.org", "Grüße", "Dear Ann,\nhello.\n", "<p>Dear <b>Ann</b></p>", new_id())


def mailer(port: int, scheme: str = "smtp", user: str = "", timeout: float = 5.0) -> SmtpMailer:
    return SmtpMailer(parse_smtp_url(f"{scheme}://{user}127.0.0.1:{port}"), SENDER, timeout, FrozenClock(NOW))


@pytest.mark.asyncio
async def test_a_message_arrives_with_both_bodies_and_the_headers_of_an_automatic_mail() -> None:
    async with mail_server() as server:
        await mailer(server.port).send(HELLO)
    [letter] = server.letters
    mail = letter.mail
    assert (letter.sender, letter.recipients) == ("no-reply@example.com", ["ann@example.org"])
    assert mail["Subject"] == "Grüße"
    assert mail["From"] == SENDER
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{HELLO.id}@example.com>"
    assert mail["Date"].datetime == NOW
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == HELLO.text
    assert html is not None
    assert "<b>Ann</b>" in html.get_content()
    assert mail.get_content_type() == "multipart/alternative"


@pytest.mark.asyncio
async def test_starttls_is_used_where_it_is_offered_and_the_password_follows(tmp_path: Path) -> None:
    async with mail_server(tls=self_signed(tmp_path), auth_required=True) as server:
        await mailer(server.port, user=f"{USER}:{quote(PASSWORD, safe='')}@").send(HELLO)
    assert (server.letters[0].encrypted, server.letters[0].signed_in) == (True, True)


@pytest.mark.asyncio
async def test_smtps_begins_with_tls(tmp_path: Path) -> None:
    async with mail_server(tls=self_signed(tmp_path), from_the_start=True) as server:
        await mailer(server.port, "smtps").send(HELLO)
        with pytest.raises(MailDelayed):
            await mailer(server.port, "smtp", timeout=0.2).send(HELLO)
    assert len(server.letters) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_5xx_reply_to_the_message_is_for_good(command: str) -> None:
    async with mail_server() as server:
        server.answers[command] = "550 no such user here"
        with pytest.raises(MailRefused, match="550 no such user here"):
            await mailer(server.port).send(HELLO)


@pytest.mark.asyncio
@pytest.mark.parametrize("command", ["RCPT", "DATA", "MAIL"])
async def test_a_4xx_reply_is_a_delay(command: str) -> None:
    async with mail_server() as server:
        server.answers[command] = "451 try again later"
        with pytest.raises(MailDelayed, match="try again later"):
            await mailer(server.port).send(HELLO)


@pytest.mark.asyncio
async def test_a_refused_sender_is_a_fault_of_ours_and_keeps_the_message() -> None:
    async with mail_server() as server:
        server.answers["MAIL"] = "550 not your address"
        with pytest.raises(MailDelayed, match="not your address"):
            await mailer(server.port).send(HELLO)


@pytest.mark.asyncio
async def test_a_wrong_password_is_a_fault_of_ours_and_keeps_the_message(tmp_path: Path) -> None:
    async with mail_server(tls=self_signed(tmp_path)) as server:
        with pytest.raises(MailDelayed, match="Authentication"):
            await mailer(server.port, user="post:wrong@").send(HELLO)
    assert server.letters == []


@pytest.mark.asyncio
async def test_a_server_that_is_away_is_a_delay() -> None:
    async with mail_server() as server:
        port = server.port
    with pytest.raises(MailDelayed):
        await mailer(port).send(HELLO)


@pytest.mark.asyncio
async def test_a_server_that_says_nothing_is_a_delay_and_does_not_hold_us() -> None:
    async with silent_server() as port:
        with pytest.raises(MailDelayed, match="Timeout"):
            await asyncio.wait_for(mailer(port, timeout=0.2).send(HELLO), 5)


@pytest.mark.asyncio
async def test_an_international_address_needs_a_server_that_can_take_it() -> None:
    message = Message("jörg@münchen.example", "Hello", "Hello")
    async with mail_server(enable_SMTPUTF8=True) as server:
        await mailer(server.port).send(message)
    assert server.letters[0].recipients == ["jörg@xn--mnchen-3ya.example"]
    async with mail_server() as server:
        with pytest.raises(MailRefused):
            await mailer(server.port).send(message)
        await mailer(server.port).send(Message("ann@münchen.example", "Hello", "Hello"))
    assert server.letters[0].recipients == ["ann@xn--mnchen-3ya.example"]


@pytest.mark.parametrize(
    "message",
    [
        Message("ann@example.org", "Hello\r\nBcc: eve@example.org", "x"),
        Message("ann@example.org", "Hello\nBcc: eve@example.org", "x"),
        Message("ann@example.org", "Hello\x00", "x"),
        Message("ann@example.org\r\nBcc: eve@example.org", "Hello", "x"),
        Message("ann@example.org, eve@example.org", "Hello", "x"),
        Message("jörg, eve@example.org", "Hello", "x"),
        Message("jörg\n@example.org", "Hello", "x"),
        Message("Ann <ann@example.org>", "Hello", "x"),
        Message("ann", "Hello", "x"),
        Message("", "Hello", "x"),
    ],
)
def test_nothing_can_be_smuggled_into_a_header(message: Message) -> None:
    with pytest.raises(MailRefused):
        compose(message, SENDER, NOW)


def test_a_body_that_looks_like_headers_stays_a_body() -> None:
    mail = compose(Message("ann@example.org", "Hello", "Bcc: eve@example.org\r\n.\r\nQUIT"), SENDER, NOW)
    assert mail["Bcc"] is None
    assert set(mail.keys()) >= {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}


@pytest.mark.parametrize(
    ("url", "route"),
    [
        ("smtp://mail.example.com", MailRoute("mail.example.com", 25, False, None, None)),
        ("smtp://u:p%40ss@mail.example.com", MailRoute("mail.example.com", 587, False, "u", "p@ss")),
        ("smtps://u:p@mail.example.com", MailRoute("mail.example.com", 465, True, "u", "p")),
        ("smtp://[::1]:2525", MailRoute("::1", 2525, False, None, None)),
    ],
)
def test_the_address_of_a_mail_server(url: str, route: MailRoute) -> None:
    assert parse_smtp_url(url) == route


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://x", "smtp://", "smtp://u:secret@h:99999", "smtp://h/path"]
)
def test_a_wrong_address_of_a_mail_server_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="TENANTRY_SMTP_URL") as refused:
        parse_smtp_url(url)
    assert "secret" not in str(refused.value)


def test_certificates_are_checked_except_on_this_machine() -> None:
    far = SmtpMailer(parse_smtp_url("smtp://mail.example.com"), SENDER)._tls_context()
    near = SmtpMailer(parse_smtp_url("smtp://localhost"), SENDER)._tls_context()
    assert (far.verify_mode, far.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert near.verify_mode == ssl.CERT_NONE


@pytest.mark.asyncio
async def test_the_development_mailbox_lists_the_newest_first_and_is_private(tmp_path: Path) -> None:
    clock = FrozenClock(NOW)
    box = MailboxMailer(tmp_path / "mailbox", clock)
    assert await box.listed() == []
    for number in range(3):
        await box.send(Message("ann@example.org", f"No {number}", "text", "<p>html</p>"))
        clock.advance(timedelta(minutes=1))
    listed = await box.listed()
    assert [entry.subject for entry in listed] == ["No 2", "No 1", "No 0"]
    assert (listed[0].kind, listed[0].to, listed[0].text, listed[0].html) == (
        "mail",
        "ann@example.org",
        "text",
        "<p>html</p>",
    )
    assert listed[0].at == NOW + timedelta(minutes=2)
    assert stat.S_IMODE((tmp_path / "mailbox").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "mailbox").iterdir()} == {0o600}


@pytest.mark.asyncio
async def test_the_development_mailbox_keeps_the_newest_and_skips_what_it_did_not_write(
    tmp_path: Path,
) -> None:
    box = MailboxMailer(tmp_path, FrozenClock(NOW), kept=3)
    await asyncio.gather(*(box.send(Message("ann@example.org", f"No {number}", "x")) for number in range(20)))
    assert len(list(tmp_path.iterdir())) == 3
    (tmp_path / "zzz.json").write_text("not a message")
    assert len(await box.listed()) == 3


@pytest.mark.asyncio
async def test_the_development_mailbox_refuses_what_smtp_would_refuse(tmp_path: Path) -> None:
    with pytest.raises(MailRefused):
        await MailboxMailer(tmp_path).send(Message("ann@example.org", "Hello\nBcc: eve@example.org", "x"))


def test_the_settings_choose_the_way_mail_leaves(tmp_path: Path) -> None:
    assert isinstance(make_mailer(load_settings({"TENANTRY_DATA_DIR": str(tmp_path)})), MailboxMailer)
    assert isinstance(make_mailer(load_settings({"TENANTRY_SMTP_URL": "smtp://localhost:25"})), SmtpMailer)
    with pytest.raises(ConfigError, match="TENANTRY_MAIL_FROM"):
        make_mailer(
            load_settings({"TENANTRY_SMTP_URL": "smtp://localhost:25", "TENANTRY_MAIL_FROM": "nobody"})
        )


def test_the_smtp_library_is_loaded_only_to_send() -> None:
    code = (
        "import sys; from tenantry.kernel.config import load_settings; from tenantry.kernel.mail import make_mailer;"
        "make_mailer(load_settings({'TENANTRY_SMTP_URL': 'smtp://localhost:25'})); print('aiosmtplib' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
