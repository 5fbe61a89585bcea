"""The development mailbox: what would have been mailed, as a page and as JSON. It exists only while no mail server is set.

The messages hold one-time links, so they are shown to this machine alone: the caller's address and the name in the Host header
must both be loopback, the second against pages of other sites that have their name point here (DNS rebinding).
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from tenantry.kernel.config import Settings
from tenantry.kernel.mail import MailboxEntry, MailboxMailer, mailbox_folder
from tenantry.surfaces.kit.caller import is_loopback, is_this_machine
from tenantry.surfaces.kit.pages import MAILBOX_POLICY, MESSAGE_POLICY, headers, render
from tenantry.surfaces.kit.services import services

ADDRESS = "/dev/mailbox"
AnyRequest = Request[Any, Any, Any]


class ListedMessage(msgspec.Struct, frozen=True):
    """A message as programs read it."""

    to: str
    subject: str
    text: str
    html: str | None
    at: datetime


def mailbox_routes(settings: Settings) -> list[HTTPRouteHandler]:
    """The mailbox's routes; none as soon as SMTP is set, or when the public address is not this machine's own.

    A proxy that stands in front of a public address makes every caller look like this machine.
    """
    if not settings.is_development_mail or not is_loopback(urlsplit(settings.address).hostname):
        return []
    return [list_as_json, show_mailbox, show_message, show_html]


@get(f"{ADDRESS}.json", include_in_schema=False)
async def list_as_json(request: AnyRequest) -> Response[bytes]:
    """Every message, newest first."""
    listed = [ListedMessage(m.to, m.subject, m.text, m.html, m.at) for m in await _messages(request)]
    body = msgspec.json.encode(listed)
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


@get(ADDRESS, include_in_schema=False)
async def show_mailbox(request: AnyRequest) -> Response[bytes]:
    """The list, with nothing opened."""
    return _page(request, await _messages(request), None)


@get(f"{ADDRESS}/{{message_id:str}}", include_in_schema=False)
async def show_message(request: AnyRequest) -> Response[bytes]:
    """The list, with one message opened."""
    messages = await _messages(request)
    return _page(request, messages, _one(messages, request.path_params["message_id"]))


@get(f"{ADDRESS}/{{message_id:str}}/html", include_in_schema=False)
async def show_html(request: AnyRequest) -> Response[bytes]:
    """The HTML of one message alone, for the frame in the page: under a policy that lets it do nothing."""
    message = _one(await _messages(request), request.path_params["message_id"])
    if message.html is None:
        raise NotFoundException("This message has no HTML.")
    return Response(message.html.encode(), headers=headers(MESSAGE_POLICY))


def _page(request: AnyRequest, messages: list[MailboxEntry], opened: MailboxEntry | None) -> Response[bytes]:
    view = (
        "text"
        if request.query_params.get("view") == "text" or opened is None or opened.html is None
        else "html"
    )
    page = render(
        "dev/mailbox.html",
        address=ADDRESS,
        messages=messages,
        opened=opened,
        view=view,
        now=services(request).clock.now(),
    )
    return Response(page, headers=headers(MAILBOX_POLICY))


async def _messages(request: AnyRequest) -> list[MailboxEntry]:
    """The messages; for a caller who is not on this machine there is no such page."""
    if not is_this_machine(request):
        raise NotFoundException("There is nothing at this address.")
    return await MailboxMailer(mailbox_folder(services(request).settings)).listed()


def _one(messages: list[MailboxEntry], message_id: str) -> MailboxEntry:
    for message in messages:
        if message.id == message_id:
            return message
    raise NotFoundException("There is no such message.")
