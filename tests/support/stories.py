"""What stories share: a tenant on a started server, the mail that arrives, and what people do on the pages in a real browser."""

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from playwright.async_api import Page, expect

from tests.support.gateway import Gateway
from tests.support.makers import Home
from tests.support.running import until
from tests.support.smtp import MailServer, mail_server

GOOD = "Seven quiet otters paint 9 doors"
BETTER = "Eight loud herons mend 4 roofs"
GENERIC = "The sign-in name or the password is wrong."
ADDRESS = re.compile(r"https?://\S+")
OTP = re.compile(r"\b\d{6}\b")
OFTEN = 100_000
# A story tries a lot from one address within a minute; what limits do is told in stories of their own.
UNLIMITED = {
    "throttling": {
        "signInsPerAddress": OFTEN,
        "signInsPerAccount": OFTEN,
        "registrationsPerAddress": OFTEN,
        "recoveriesPerAddress": OFTEN,
        "recoveriesPerAccount": OFTEN,
        "codesPerAddress": OFTEN,
    },
    "oneTimeCodes": {"secondsBetweenSends": 0},
}


class Post:
    """The letters and text messages that arrive, read one after the other for each address."""

    def __init__(self, letters: MailServer, texts: Gateway) -> None:
        self._letters = letters
        self._texts = texts
        self._read: dict[str, int] = {}

    async def letter(self, to: str, subject: str) -> str:
        """The text of the next letter to this address, once it is there; its subject must be this one, with its digits as #."""
        found, text = await self._next(to, lambda: self._to(to))
        masked = re.sub(r"\d", "#", found)
        assert masked == subject, f"{masked!r} instead of {subject!r}"
        return text

    async def sms(self, to: str) -> str:
        """The next text message to this number, once it is there."""
        _, text = await self._next(to, lambda: self._texts_to(to))
        return text

    def unread(self, to: str) -> list[str]:
        """The subjects of the letters to this address that nobody has read."""
        return [subject for subject, _ in self._to(to)[self._read.get(to, 0) :]]

    async def _next(self, to: str, listed: Any) -> tuple[str, str]:
        read = self._read.get(to, 0)

        async def arrived() -> tuple[str, str] | None:
            every: list[tuple[str, str]] = listed()
            return every[read] if len(every) > read else None

        found: tuple[str, str] = await until(arrived, within=30)
        self._read[to] = read + 1
        return found

    def _to(self, address: str) -> list[tuple[str, str]]:
        mails = [letter.mail for letter in self._letters.letters if letter.recipients == [address]]
        return [(str(mail["subject"]), _text(mail)) for mail in mails]

    def _texts_to(self, number: str) -> list[tuple[str, str]]:
        return [("", posted.body["text"]) for posted in self._texts.posted if posted.body["to"] == number]


class Place(msgspec.Struct):
    """A tenant on a started server, with an administrator who calls the API. `url` is the address that stands in mails.

    `phone` is a number that nobody uses elsewhere.
    """

    home: Home
    url: str
    api: httpx.AsyncClient
    post: Post
    phone: str

    def email(self, name: str) -> str:
        """An address that nobody uses elsewhere."""
        return f"{name}@{self.home.slug}.example"

    def at(self, path: str, url: str | None = None) -> str:
        """The address of a page of the tenant, at this server or another one."""
        return f"{url or self.url}/t/{self.home.slug}/{path}"

    async def call(self, method: str, path: str, status: int = 200, **kwargs: Any) -> Any:
        """What the administrator gets for a call below `/t/{tenant}/api/`; `json` and `params` as httpx takes them."""
        answer = await self.api.request(method, f"/t/{self.home.slug}/api/{path}", **kwargs)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def create(self, email: str | None, **fields: Any) -> dict[str, Any]:
        """A new user as the administrator gets it back; the password is GOOD unless it is given."""
        body = {"password": GOOD, **fields} if email is None else {"email": email, "password": GOOD, **fields}
        wanted = {name: value for name, value in body.items() if value is not None}
        made: dict[str, Any] = (await self.call("POST", "v1/admin/users", 201, json=wanted))["data"]
        return made

    async def user(self, who: str) -> dict[str, Any]:
        """A user as the administrator sees them now."""
        found: dict[str, Any] = (await self.call("GET", f"v1/admin/users/{who}"))["data"]
        return found

    async def do(self, who: str, action: str, **body: Any) -> None:
        """What the administrator does to a user: `block`, `unlock`, `password/force-reset` and so on."""
        await self.call("POST", f"v1/admin/users/{who}/{action}", json=body)

    async def audit(self, **query: Any) -> list[dict[str, Any]]:
        """What the audit log holds, newest first."""
        found: list[dict[str, Any]] = (await self.call("GET", "v1/admin/audit-logs", params=query))["data"]
        return found


def link_in(text: str, page: str) -> str:
    """The link in a message; it must lead to this page."""
    found = [address for address in ADDRESS.findall(text) if f"/{page}" in address]
    assert len(found) == 1, text
    address: str = found[0]
    return address


def code_in(text: str) -> str:
    """The one-time code in a message."""
    found = OTP.findall(ADDRESS.sub("", text))
    assert len(found) == 1, text
    code: str = found[0]
    return code


async def sign_in(page: Page, place: Place, who: str, password: str, url: str | None = None) -> None:
    """Opens the sign-in page and signs in, or tries to."""
    await page.goto(place.at("login", url))
    await page.get_by_label("Email, username or phone number").fill(who)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def expect_inside(page: Page, who: str) -> None:
    """The page that one comes to by signing in."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your sessions")
    await expect(page.locator(".account-name")).to_have_text(who)


async def expect_outside(page: Page) -> None:
    """The sign-in page."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


async def expect_ended(page: Page) -> None:
    """The sign-in page that says that the session is over."""
    await expect(page.get_by_role("status")).to_have_text("Your session has ended. Sign in again to go on.")
    await expect_outside(page)


async def expect_refused(page: Page, told: str) -> None:
    """The sign-in page that says this."""
    await expect(page.get_by_role("alert")).to_have_text(told)
    await expect_outside(page)


async def choose_password(page: Page, password: str, label: str = "New password") -> None:
    """Sets a password on the page of a link."""
    await page.get_by_label(label, exact=True).fill(password)
    await page.get_by_role("button", name="Set password").click()
    await expect_heading(page, "Your password is set")


async def type_code(page: Page, code: str, button: str) -> None:
    """Types a one-time code where the page asks for it."""
    await page.get_by_label("Code of 6 digits").fill(code)
    await page.get_by_role("button", name=button).click()


async def expect_heading(page: Page, text: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


@contextmanager
def letters_kept() -> Iterator[MailServer]:
    """A mail server on a thread of its own, so that it answers whatever the tests are doing."""
    ready: Future[MailServer] = Future()
    stop = asyncio.Event()

    async def serve() -> None:
        async with mail_server() as keeper:
            ready.set_result(keeper)
            await stop.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield ready.result(timeout=10)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _text(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())
