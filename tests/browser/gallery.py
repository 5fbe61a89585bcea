"""A small server that shows each template in each state, so that looks are tested without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from tenantry.domain.notices.rendering import render
from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.static import asset_routes
from tests.browser.gallery_arrival import ARRIVAL
from tests.browser.gallery_branding import BRANDING, show_branding
from tests.browser.gallery_recovery import RECOVERY
from tests.browser.gallery_sign_in import SIGN_IN
from tests.browser.gallery_verification import VERIFICATION
from tests.browser.sample_openapi import DOCUMENT

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
RULES = [
    "At least 12 characters",
    "An upper-case letter, a lower-case letter and a digit",
    "Not your name, not your address, not a password known from breaches",
]
PROBLEMS = [
    "Use at least 12 characters; this has 8.",
    "Add a digit.",
    "This password is known from a breach.",
]
RESET: dict[str, Any] = {
    "state": "form",
    "tenant_name": "Acme Corporation",
    "sign_in": "/t/acme-corp/login",
    "anew": None,
    "start": None,
    "account": "anna.lindqvist@acme.example",
    "action": "/reset",
    "csrf": "a token",
    "rules": RULES,
    "problems": [],
    "first": False,
    "shortest": 12,
    "longest": 256,
}
ERROR: dict[str, Any] = {"home": None, "home_label": "", "request_id": "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20"}
LONG_NAME = "The Very Long Registered Society for Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau"
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    **SIGN_IN,
    **RECOVERY,
    **ARRIVAL,
    **VERIFICATION,
    **BRANDING,
    "reset": ("signin/reset_password.html", RESET),
    "reset-first": ("signin/reset_password.html", {**RESET, "first": True, "tenant_name": LONG_NAME}),
    "reset-weak": ("signin/reset_password.html", {**RESET, "problems": PROBLEMS}),
    "reset-expired": ("signin/reset_password.html", {**RESET, "state": "expired"}),
    "reset-used": ("signin/reset_password.html", {**RESET, "state": "used"}),
    "reset-done": ("signin/reset_password.html", {**RESET, "state": "done"}),
    "error-404": (
        "errors/error.html",
        {
            **ERROR,
            "status": 404,
            "title": "This page does not exist",
            "message": "The address may be mistyped, or what it showed was removed.",
        },
    ),
    "error-429": (
        "errors/error.html",
        {
            **ERROR,
            "status": 429,
            "title": "Too many requests",
            "message": "This address was asked too often. Try again in 30 seconds.",
        },
    ),
    "error-500": (
        "errors/error.html",
        {
            **ERROR,
            "status": 500,
            "title": "Something went wrong on our side",
            "message": "Nothing was saved. Try again; if it happens again, quote the request below.",
            "home": "/",
            "home_label": "Back to the start",
        },
    ),
}


class Message(msgspec.Struct, frozen=True):
    id: str
    kind: str
    to: str
    subject: str | None
    text: str
    html: str | None
    at: datetime


def mail_parts(**changes: Any) -> tuple[str, str, str]:
    """Subject, text and HTML of the password mail."""
    context = {
        "tenant_name": "Acme Corporation",
        "account": "anna.lindqvist@acme.example",
        "person_name": "Anna",
        "link": "http://localhost:8400/t/acme-corp/reset-password/4jX0mB6oQ2s8rT1vYkZc7LdNfGhPwEaU",
        "works_for": "30 minutes",
        "first": False,
        **changes,
    }
    mail = render("password_reset", **context)
    return mail.subject, mail.text, mail.html


def sample_messages() -> list[Message]:
    reset, first = mail_parts(), mail_parts(first=True, person_name=None)
    evil = "<p>Hello</p><script>parent.document.title = 'broken in'</script><img src='http://outside.example/p.png'>"
    to = "anna.lindqvist@acme.example"
    long_to = "a.very.long.local.part.of.an.address@subdomain.of.acme.example"
    code = "Your code is 482 913. It works for 5 minutes."
    markup = "<script>alert(1)</script> & friends"
    text = "<b>not bold</b> http://localhost/x?a=1&b=2"
    return [
        Message("6", "mail", to, *reset, NOW - timedelta(seconds=20)),
        Message("5", "sms", "+46 70 174 06 05", None, code, None, NOW - timedelta(minutes=4)),
        Message("4", "mail", long_to, *first, NOW - timedelta(hours=3)),
        Message("3", "mail", to, markup, text, None, NOW - timedelta(days=1)),
        Message("2", "mail", to, "With a script", "Hello", evil, NOW - timedelta(days=40)),
    ]


def _page(template: str, context: dict[str, Any], policy: str = pages.PAGE_POLICY) -> Response[bytes]:
    return Response(pages.render(template, **context), headers=pages.headers(policy), media_type="text/html")


def gallery_app() -> Litestar:
    box = sample_messages()
    shown = list(box)

    @get("/show/{name:str}", sync_to_thread=False)
    def show(name: FromPath[str]) -> Response[bytes]:
        return _page(*PAGES[name])

    @post("/reset", status_code=200)
    async def reset(request: Request[Any, Any, Any]) -> dict[str, str]:
        return dict(await request.form())

    @get("/reference", sync_to_thread=False)
    def reference() -> Response[bytes]:
        return _page("docs/reference.html", {"openapi": "/openapi.json"})

    @get("/openapi.json", sync_to_thread=False)
    def openapi() -> dict[str, Any]:
        return DOCUMENT

    @post("/mailbox/{count:int}", status_code=204, sync_to_thread=False)
    def keep(count: FromPath[int]) -> None:
        shown[:] = box[len(box) - count :]

    @get(["/mailbox", "/mailbox/{name:str}"], sync_to_thread=False)
    def mailbox(name: FromPath[str | None] = None, view: FromQuery[str] = "html") -> Response[bytes]:
        opened = next((message for message in shown if message.id == name), None)
        context = {"address": "/mailbox", "messages": shown, "opened": opened, "view": view, "now": NOW}
        return _page("dev/mailbox.html", context, pages.MAILBOX_POLICY)

    @get("/mailbox/{name:str}/html", sync_to_thread=False)
    def body(name: FromPath[str]) -> Response[str]:
        html = next(message.html or "" for message in box if message.id == name)
        return Response(html, headers=pages.headers(pages.MESSAGE_POLICY), media_type="text/html")

    handlers = [show, reset, reference, openapi, mailbox, keep, body, show_branding, *asset_routes()]
    return Litestar(handlers, openapi_config=None)
