"""Text messages leave by the gateway as it is documented, say whether a refusal is for good, and stay in a mailbox meanwhile."""

import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.config import ConfigError, load_settings
from tenantry.kernel.ids import new_id
from tenantry.kernel.mail import MailboxMailer
from tenantry.kernel.sms import (
    LONGEST_TEXT,
    GatewayTexter,
    MailboxTexter,
    NoTexter,
    Sms,
    SmsDelayed,
    SmsRefused,
    SmsRoute,
    make_texter,
    parse_sms_url,
)
from tests.support.gateway import Gateway, sms_gateway

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HELLO = Sms("+4915112345678", "123456 is your Grüße code", new_id())


def texter(
    gateway: Gateway, user: str = "", sender: str | None = None, timeout: float = 5.0
) -> GatewayTexter:
    return GatewayTexter(parse_sms_url(gateway.url(user)), sender, timeout)


@pytest.mark.asyncio
async def test_the_gateway_gets_the_number_the_text_and_the_sender_as_json() -> None:
    with sms_gateway() as gateway:
        await texter(gateway).send(HELLO)
        await texter(gateway, sender="Acme").send(HELLO)
    first, second = gateway.posted
    assert first.path == "/send"
    assert first.body == {"to": HELLO.to, "text": HELLO.text}
    assert second.body == {"to": HELLO.to, "text": HELLO.text, "from": "Acme"}
    assert first.headers["content-type"] == "application/json"
    assert first.headers["idempotency-key"] == str(HELLO.id)
    assert "authorization" not in first.headers


@pytest.mark.asyncio
async def test_user_and_password_of_the_address_become_basic_authentication() -> None:
    with sms_gateway() as gateway:
        await texter(gateway, "post:p%40ss%2Fw%3Ard@").send(HELLO)
    expected = b64encode(b"post:p@ss/w:rd").decode()
    assert gateway.posted[0].headers["authorization"] == f"Basic {expected}"
    assert gateway.posted[0].headers["host"] == f"127.0.0.1:{gateway.port}"


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_2xx_means_sent(status: int) -> None:
    with sms_gateway(Gateway(status=status)) as gateway:
        await texter(gateway).send(HELLO)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [400, 402, 409, 422])
async def test_a_4xx_about_the_message_is_for_good_and_its_words_are_kept(status: int) -> None:
    with (
        sms_gateway(Gateway(status=status, answer="no such\n number")) as gateway,
        pytest.raises(SmsRefused) as error,
    ):
        await texter(gateway).send(HELLO)
    assert str(error.value) == f"{status} no such number"


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [401, 403, 404, 405, 407, 408, 429, 500, 503])
async def test_what_is_about_us_or_the_moment_is_a_delay(status: int) -> None:
    with sms_gateway(Gateway(status=status)) as gateway, pytest.raises(SmsDelayed, match=str(status)):
        await texter(gateway).send(HELLO)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    with sms_gateway() as elsewhere:
        moved = Gateway(status=status, location=elsewhere.url())
        with sms_gateway(moved) as gateway, pytest.raises(SmsDelayed, match=str(status)):
            await texter(gateway, "post:secret@").send(HELLO)
    assert elsewhere.posted == []


@pytest.mark.asyncio
async def test_a_gateway_that_is_away_or_says_nothing_is_a_delay() -> None:
    with sms_gateway(Gateway(pause=0.5)) as gateway, pytest.raises(SmsDelayed, match="Timeout"):
        await texter(gateway, timeout=0.1).send(HELLO)
    with pytest.raises(SmsDelayed, match="ConnectError"):
        await texter(gateway).send(HELLO)


@pytest.mark.asyncio
async def test_a_gateway_that_talks_without_end_is_not_listened_to_for_long() -> None:
    with (
        sms_gateway(Gateway(status=400, answer="x" * 5_000_000)) as gateway,
        pytest.raises(SmsRefused) as error,
    ):
        await texter(gateway).send(HELLO)
    assert len(str(error.value)) < 500


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "sms",
    [
        Sms("015112345678", "x"),
        Sms("+49 151 123", "x"),
        Sms("+49151\r\nx", "x"),
        Sms("+" + "1" * 16, "x"),
        Sms("+12", "x"),
        Sms("+٤٩١٥١١٢٣٤٥", "x"),
        Sms(HELLO.to, ""),
        Sms(HELLO.to, "x" * (LONGEST_TEXT + 1)),
    ],
)
async def test_what_is_no_number_or_no_text_never_leaves(sms: Sms, tmp_path: Path) -> None:
    with sms_gateway() as gateway, pytest.raises(SmsRefused):
        await texter(gateway).send(sms)
    assert gateway.posted == []
    box = MailboxMailer(tmp_path)
    with pytest.raises(SmsRefused):
        await MailboxTexter(box).send(sms)
    assert await box.listed() == []


@pytest.mark.parametrize(
    ("url", "route"),
    [
        ("https://gate.example.com", SmsRoute("https://gate.example.com/", None)),
        ("http://gate:8080/v1/send?key=a%20b", SmsRoute("http://gate:8080/v1/send?key=a%20b", None)),
        ("https://u@gate.example.com/x", SmsRoute("https://gate.example.com/x", "Basic dTo=")),
        ("https://[::1]:99/x", SmsRoute("https://[::1]:99/x", None)),
    ],
)
def test_the_address_says_where_and_as_whom(url: str, route: SmsRoute) -> None:
    assert parse_sms_url(url) == route


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gate.example.com",
        "ftp://u:topsecret@gate.example.com/",
        "file:///etc/passwd",
        "https://u:topsecret@/x",
        "https://u:topsecret@gate:99999/",
        "https://u:topsecret@gäte.example/",
        "https://u:topsecret@gate.example/a b",
        "https://u:topsecret@gate.example/\r\nX: y",
        "https://u:topsecret@gate.example/#part",
    ],
)
def test_an_address_that_makes_no_sense_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="TENANTRY_SMS_URL") as refused:
        parse_sms_url(url)
    assert "topsecret" not in str(refused.value)


@pytest.mark.asyncio
async def test_the_development_mailbox_keeps_texts_beside_mails(tmp_path: Path) -> None:
    box = MailboxMailer(tmp_path, FrozenClock(NOW))
    await MailboxTexter(box).send(HELLO)
    [entry] = await box.listed()
    assert (entry.kind, entry.to, entry.subject, entry.text) == ("sms", HELLO.to, "", HELLO.text)
    assert (entry.html, entry.at) == (None, NOW)


@pytest.mark.asyncio
async def test_the_way_out_is_the_one_that_the_settings_ask_for(tmp_path: Path) -> None:
    nothing = {"TENANTRY_DATA_DIR": str(tmp_path)}
    assert isinstance(make_texter(load_settings(nothing)), MailboxTexter)
    gate = {**nothing, "TENANTRY_SMS_URL": "https://gate.example.com/send"}
    assert isinstance(make_texter(load_settings(gate)), GatewayTexter)
    with pytest.raises(ConfigError):
        make_texter(load_settings({**nothing, "TENANTRY_SMS_URL": "gate.example.com"}))
    real = make_texter(load_settings({**nothing, "TENANTRY_SMTP_URL": "smtp://localhost"}))
    assert isinstance(real, NoTexter)
    with pytest.raises(SmsRefused, match="TENANTRY_SMS_URL"):
        await real.send(HELLO)


def test_the_library_is_not_loaded_before_the_first_message() -> None:
    program = (
        "import sys; from tenantry.kernel.config import load_settings; from tenantry.kernel.sms import make_texter;"
        "make_texter(load_settings({'TENANTRY_SMS_URL': 'https://gate.example'})); print('httpcore' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_message_comes_back_from_its_bytes_as_it_was() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(HELLO), type=Sms) == HELLO
