"""The pages of signing in, and those of one's own account, in each state."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
LONG_NAME = "The Very Long Registered Society for Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau"
LONG_ADDRESS = "a.very.long.address.of.somebody.with.many.names@subdomain.of.some.department.example.com"
LOGIN: dict[str, Any] = {
    "tenant_name": "Acme Corporation",
    "action": "/login",
    "csrf": "a token",
    "label": "Email, username or phone number",
    "only_email": False,
    "identifier": "",
    "remember": False,
    "remember_offered": True,
    "forgot": "/t/acme-corp/forgot-password",
    "register": "/t/acme-corp/register",
    "problem": None,
    "told": None,
}
STEP: dict[str, Any] = {
    "done": False,
    "tenant_name": "Acme Corporation",
    "account": "anna.lindqvist@acme.example",
    "email": "anna.lindqvist@acme.example",
    "action": "/step",
    "resend": "/resend",
    "start": "/t/acme-corp/login",
    "csrf": "a token",
    "rules": ["8 to 256 characters", "Not a common or published password"],
    "shortest": 8,
    "longest": 256,
    "problems": [],
    "told": None,
}


def session(
    name: str, icon: str, seen: timedelta, *, current: bool = False, ip: str = "192.0.2.17"
) -> dict[str, Any]:
    return {
        "id": f"0195a3c2-7f1e-7b3a-9d52-{abs(hash(name)) % 10**12:012d}",
        "name": name,
        "icon": icon,
        "ip": ip,
        "created": NOW - seen - timedelta(hours=3),
        "seen": NOW - seen,
        "remember": False,
        "current": current,
    }


SESSIONS: dict[str, Any] = {
    "tenant_name": "Acme Corporation",
    "portal": "/t/acme-corp/portal/",
    "account": "anna.lindqvist@acme.example",
    "now": NOW,
    "sessions": [
        session("Firefox 140 on Linux", "device-desktop", timedelta(), current=True),
        session("Safari 17 on iOS 17", "device-mobile", timedelta(minutes=9)),
        session(
            "Chrome 126 on Android 14",
            "device-tablet",
            timedelta(days=3),
            ip="2001:db8:85a3:8d3:1319:8a2e:370:7348",
        ),
        session("curl 8", "terminal", timedelta(days=20)),
    ],
    "told": None,
    "csrf": "a token",
    "action": "/sessions",
    "sign_out": "/logout",
    "recover": "/forgot-password",
}
WRONG = "The sign-in name or the password is wrong."
SIGN_IN: dict[str, tuple[str, dict[str, Any]]] = {
    "login": ("signin/login.html", LOGIN),
    "login-bare": (
        "signin/login.html",
        {
            **LOGIN,
            "register": None,
            "forgot": None,
            "remember_offered": False,
            "label": "Email",
            "only_email": True,
        },
    ),
    "login-wrong": (
        "signin/login.html",
        {**LOGIN, "problem": WRONG, "identifier": LONG_ADDRESS, "remember": True},
    ),
    "login-long": ("signin/login.html", {**LOGIN, "tenant_name": LONG_NAME, "told": "You have signed out."}),
    "login-code": ("signin/verify_email.html", STEP),
    "login-code-wrong": (
        "signin/verify_email.html",
        {
            **STEP,
            "email": LONG_ADDRESS,
            "problems": ["That code is wrong, or no longer valid. Look for the newest mail."],
        },
    ),
    "login-code-sent": ("signin/verify_email.html", {**STEP, "told": "A new code is on its way."}),
    "login-verified": ("signin/verify_email.html", {**STEP, "done": True}),
    "login-change": ("signin/change_password.html", STEP),
    "login-change-weak": (
        "signin/change_password.html",
        {**STEP, "problems": ["Must be at least 8 characters long", "Must differ from the present password"]},
    ),
    "sessions": ("account/sessions.html", SESSIONS),
    "sessions-one": (
        "account/sessions.html",
        {**SESSIONS, "sessions": SESSIONS["sessions"][:1], "told": "That session has ended."},
    ),
    "sessions-long": (
        "account/sessions.html",
        {**SESSIONS, "tenant_name": LONG_NAME, "account": LONG_ADDRESS},
    ),
}
