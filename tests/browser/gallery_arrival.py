"""States of the pages on which people come to their account, for the gallery: an invitation, and signing up."""

from typing import Any

MESSAGE = "Welcome to the team, Anna!\n\nSee you on Monday at nine. Bring your laptop, and ask for Björn at the desk."
RULES = [
    "At least 12 characters",
    "An upper-case letter, a lower-case letter and a digit",
    "Not your name, not your address, not a password known from breaches",
]
PROBLEMS = ["Use at least 12 characters; this has 8.", "This password is known from a breach."]
LONG_NAME = "The Very Long Registered Society for Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau"
_COMMON: dict[str, Any] = {
    "tenant_name": "Acme Corporation",
    "sign_in": "/t/acme-corp/login",
    "action": "/reset",
    "csrf": "a token",
    "rules": RULES,
    "problems": [],
    "name": "Anna Lindqvist",
    "longest_name": 128,
    "name_problems": [],
    "shortest": 12,
    "longest": 256,
}
INVITATION: dict[str, Any] = {
    **_COMMON,
    "state": "form",
    "account": "anna.lindqvist@acme.example",
    "message": MESSAGE,
}
REGISTER: dict[str, Any] = {
    **_COMMON,
    "state": "form",
    "domains": [],
    "email": "",
    "name": "",
    "longest_email": 254,
    "email_problems": [],
}
ARRIVAL: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"invitation-{name}": ("signin/invitation.html", {**INVITATION, **more})
        for name, more in (
            ("form", {}),
            ("bare", {"message": None, "name": "", "tenant_name": LONG_NAME}),
            ("weak", {"problems": PROBLEMS, "name_problems": ["Must be at most 128 characters long."]}),
            ("expired", {"state": "expired"}),
            ("asked", {"state": "asked"}),
            ("overtaken", {"state": "overtaken"}),
            ("used", {"state": "used"}),
            ("taken", {"state": "taken"}),
        )
    },
    **{
        f"register-{name}": ("signin/register.html", {**REGISTER, **more})
        for name, more in (
            ("form", {}),
            ("domains", {"domains": ["acme.example", "acme-services.example"]}),
            (
                "wrong",
                {
                    "email": "anna.lindqvist@somewhere.else.example",
                    "name": "Anna",
                    "email_problems": ["Addresses of this domain cannot sign up here."],
                    "problems": PROBLEMS,
                },
            ),
            (
                "sent",
                {"state": "sent", "email": "a.very.long.local.part.of.an.address@subdomain.of.acme.example"},
            ),
            ("invitation-only", {"state": "by_invitation"}),
        )
    },
}
