"""One user's page in tests: its address, its forms as a browser sends them, and where an answer leads."""

import html
import re
from typing import Any

import httpx

from tests.support.pages import FIELD
from tests.support.portal import form_csrf

USERS = "/access-management/users"
_HIDDEN = re.compile(r'<input type="hidden" name="(version|was)" value="([^"]*)">')
_FIELD = re.compile(r'<input class="form-control[^"]*" id="field-[^"]*" name="([^"]*)" value="([^"]*)"')
_AREA = re.compile(r'<textarea[^>]* id="field-[^"]*" name="([^"]*)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)


def one(user: Any) -> str:
    """The address of a user's page, below the portal."""
    return f"{USERS}/{user.user.id}"


async def press(client: httpx.AsyncClient, user: Any, path: str, **fields: Any) -> httpx.Response:
    """Sends a form of a user's page."""
    return await client.post(f"{one(user)}{path}", data={"csrf": await guard(client, user), **fields})


async def guard(client: httpx.AsyncClient, user: Any) -> str:
    """The value that guards the portal's forms: of the user's page, or of another where nothing can be changed on that one."""
    page = await client.get(one(user))
    if len(FIELD.findall(page.text)) == 1:
        page = await client.get("/audit-log")
        assert len(FIELD.findall(page.text)) > 1, page.text
    return form_csrf(page)


async def followed(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    """The page to which an answer leads, as somebody reads it."""
    assert answer.status_code == 303, answer.text
    page = await client.get(f"http://localhost:8400{answer.headers['location']}")
    return read(page)


def read(page: httpx.Response) -> str:
    """The page without its tags, and with one space for every gap."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def profile_form(page: httpx.Response) -> dict[str, str]:
    """The fields of the profile's form as a browser would send them back."""
    found = _HIDDEN.findall(page.text) + _FIELD.findall(page.text) + _AREA.findall(page.text)
    fields = {name: html.unescape(value) for name, value in found}
    return {"csrf": form_csrf(page), **fields}
