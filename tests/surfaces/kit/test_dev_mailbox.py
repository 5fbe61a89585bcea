"""The development mailbox is there while no mail server is set, and only for this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tenantry.app.web import build
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.config import load_settings
from tenantry.kernel.mail import MailboxMailer, Message, mailbox_folder
from tenantry.kernel.sms import MailboxTexter, Sms
from tenantry.surfaces.kit.dev_mailbox import mailbox_routes
from tenantry.surfaces.kit.services import Services

pytestmark = pytest.mark.asyncio
PAGES = ("/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/{id}", "/dev/mailbox/{id}/html")


@pytest.fixture
def installed(services: Services, tmp_path: Path) -> Services:
    return msgspec.structs.replace(services, settings=load_settings({"TENANTRY_DATA_DIR": str(tmp_path)}))


@asynccontextmanager
async def browser(
    installed: Services, host: str = "localhost:8400", ip: str = "127.0.0.1", **environ: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A caller from `ip` who asked for `host`."""
    if environ:
        environ = {"TENANTRY_DATA_DIR": installed.settings.data_dir, **environ}
        installed = msgspec.structs.replace(installed, settings=load_settings(environ))
    app: Any = build(installed)
    transport = httpx.ASGITransport(app=app, client=(ip, 40000))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        yield client


async def mail(installed: Services, clock: FrozenClock, *subjects: str) -> list[str]:
    """Puts messages into the mailbox, and gives their ids, newest first."""
    box = MailboxMailer(mailbox_folder(installed.settings), clock)
    for subject in subjects:
        await box.send(Message("ann@example.org", subject, f"text of {subject}", f"<p>html of {subject}</p>"))
    return [entry.id for entry in await box.listed()]


async def test_it_lists_the_newest_first_as_json(installed: Services, clock: FrozenClock) -> None:
    await mail(installed, clock, "One", "Two")
    async with browser(installed) as client:
        answer = await client.get("/dev/mailbox.json")
    listed = answer.json()
    assert [entry["subject"] for entry in listed] == ["Two", "One"]
    assert set(listed[0]) == {"to", "subject", "text", "html", "at"}
    assert listed[0]["to"] == "ann@example.org"
    assert datetime.fromisoformat(listed[0]["at"]) == clock.now()
    assert answer.headers["cache-control"] == "no-store"


async def test_a_text_message_stands_beside_the_mails(installed: Services, clock: FrozenClock) -> None:
    await mail(installed, clock, "One")
    box = MailboxMailer(mailbox_folder(installed.settings), clock)
    await MailboxTexter(box).send(Sms("+4915112345678", "123456 is your <b>code</b>"))
    async with browser(installed) as client:
        [text, _] = (await client.get("/dev/mailbox.json")).json()
        page = await client.get(f"/dev/mailbox/{(await box.listed())[0].id}")
    assert (text["to"], text["subject"], text["html"]) == ("+4915112345678", "", None)
    assert text["text"] == "123456 is your <b>code</b>"
    assert "Text message" in page.text
    assert "&lt;b&gt;code" in page.text


async def test_an_empty_mailbox_is_an_empty_list_and_a_page(installed: Services) -> None:
    async with browser(installed) as client:
        assert (await client.get("/dev/mailbox.json")).json() == []
        page = await client.get("/dev/mailbox")
    assert page.status_code == 200
    assert "No messages yet" in page.text


async def test_a_message_opens_as_mail_as_text_and_alone_in_its_frame(
    installed: Services, clock: FrozenClock
) -> None:
    two, one = await mail(installed, clock, "One", "Two")
    async with browser(installed) as client:
        opened = await client.get(f"/dev/mailbox/{one}")
        text = await client.get(f"/dev/mailbox/{one}?view=text")
        alone = await client.get(f"/dev/mailbox/{two}/html")
    assert f'src="/dev/mailbox/{one}/html"' in opened.text
    assert "text of One" in text.text
    assert alone.text == "<p>html of Two</p>"
    assert "sandbox" in alone.headers["content-security-policy"]
    assert "script-src 'self'" in opened.headers["content-security-policy"]


async def test_an_unknown_message_is_not_found(installed: Services) -> None:
    async with browser(installed) as client:
        for path in (
            "/dev/mailbox/nothing",
            "/dev/mailbox/nothing/html",
            "/dev/mailbox/..%2f..%2fsecret.key",
        ):
            assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("host", "ip"),
    [
        ("localhost:8400", "192.0.2.7"),
        ("evil.example:8400", "127.0.0.1"),
        ("127.0.0.1.evil.example", "127.0.0.1"),
    ],
)
async def test_a_caller_from_elsewhere_finds_nothing(
    installed: Services, clock: FrozenClock, host: str, ip: str
) -> None:
    [message] = await mail(installed, clock, "Secret")
    async with browser(installed, host, ip) as client:
        for path in PAGES:
            answer = await client.get(path.format(id=message))
            assert answer.status_code == 404
            assert "Secret" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8400", "[::1]:8400", "localhost"])
async def test_every_name_of_this_machine_will_do(installed: Services, host: str) -> None:
    async with browser(installed, host, "::1" if "::1" in host else "127.0.0.1") as client:
        assert (await client.get("/dev/mailbox.json")).status_code == 200


async def test_it_is_gone_as_soon_as_smtp_is_set(installed: Services) -> None:
    async with browser(installed, TENANTRY_SMTP_URL="smtp://localhost:25") as client:
        for path in PAGES:
            assert (await client.get(path.format(id="x"))).status_code == 404


async def test_behind_a_public_address_it_does_not_exist(installed: Services) -> None:
    public = load_settings({"TENANTRY_PUBLIC_URL": "https://id.example.com"})
    assert mailbox_routes(public) == []
    async with browser(installed, TENANTRY_PUBLIC_URL="https://id.example.com") as client:
        assert (await client.get("/dev/mailbox.json")).status_code == 404


async def test_a_trusted_proxy_does_not_lend_its_address(installed: Services) -> None:
    async with browser(installed, TENANTRY_TRUSTED_PROXIES="127.0.0.1") as client:
        headers = {"x-forwarded-for": "192.0.2.7"}
        assert (await client.get("/dev/mailbox.json", headers=headers)).status_code == 404
        assert (await client.get("/dev/mailbox.json")).status_code == 200
