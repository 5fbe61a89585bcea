"""What tests of recovery share: the jobs that follow, what arrives, and the forms of the pages."""

import re
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tenantry.domain.notices.recovery_mails import mail_forced_reset, mail_password_reset, mail_password_setup
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import MailboxEntry, MailboxMailer
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.running import task_env
from tests.support.settings import change

FIELD = re.compile(r'name="csrf" value="([^"]+)"')
TOKEN = re.compile(r"/reset-password\?token=([\w-]+)")
OTP = re.compile(r"^ *(\d{6})$", re.MULTILINE)
FOLLOWING = {
    "user.password_reset_requested": mail_password_reset,
    "user.force_password_reset_set": mail_forced_reset,
    "user.created": mail_password_setup,
}


def recovery_env(home: Home, folder: Path) -> TaskEnv:
    """What tasks are given, with the key that the pages have."""
    return msgspec.structs.replace(task_env(home.works, folder), sealer=SEALER)


async def rows(home: Home, query: Any, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def follow_newest(home: Home, folder: Path, event_type: str = "user.password_reset_requested") -> None:
    """Runs the job that follows the newest event of a type."""
    found = await rows(home, "select id from events where type = %s order by id desc limit 1", event_type)
    args = {"tenant": str(home.id), "event": str(found[0][0])}
    await FOLLOWING[event_type](recovery_env(home, folder), args)


async def mails(folder: Path) -> list[MailboxEntry]:
    """What arrived, the newest first."""
    return await MailboxMailer(folder / "mailbox").listed()


def token_in(text: str) -> str:
    found = TOKEN.search(text)
    assert found is not None, text
    return found[1]


def otp_in(text: str) -> str:
    found = OTP.search(text)
    assert found is not None, text
    return found[1]


def csrf(page: httpx.Response) -> str:
    found = FIELD.search(page.text)
    assert found is not None, page.text
    return found[1]


def forgot(home: Home, rest: str = "") -> str:
    """An address of the pages of a forgotten password."""
    return f"/t/{home.slug}/forgot-password{rest}"


async def ask_for_password(
    browser: httpx.AsyncClient, home: Home, who: str = "ann@example.com", **form: str
) -> httpx.Response:
    """Opens the page and presses its button."""
    page = await browser.get(forgot(home))
    return await browser.post(forgot(home), data={"csrf": csrf(page), "identifier": who, **form})


async def type_code(browser: httpx.AsyncClient, home: Home, place: str, code: str) -> httpx.Response:
    """Opens the page of a code at `place`, types the code and presses its button."""
    page = await browser.get(place)
    fields = dict(re.findall(r'name="(id|via|csrf)" value="([^"]+)"', page.text))
    return await browser.post(forgot(home, "/code"), data={**fields, "code": code})


async def allow(home: Home, *names: str) -> None:
    await change(home, "recovery", methods=list(names))


async def without_pause(home: Home) -> None:
    await change(home, "oneTimeCodes", secondsBetweenSends=0)
    await change(home, "throttling", recoveriesPerAccount=1000, recoveriesPerAddress=1000)


def wrong_code(code: str) -> str:
    return code[:-1] + ("1" if code[-1] != "1" else "2")
