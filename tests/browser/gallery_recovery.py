"""The pages of a forgotten password in every state, for the gallery."""

from typing import Any

FORGOT: dict[str, Any] = {
    "state": "form",
    "tenant_name": "Acme Corporation",
    "sign_in": "/t/acme-corp/login",
    "action": "/reset",
    "start": "/t/acme-corp/forgot-password",
    "csrf": "a token",
    "label": "email, username or phone number",
    "only_email": False,
    "typed": "",
    "problems": [],
    "ways": [("email_link", "A link by email", "Open it and choose a new password.")],
    "way": "email_link",
}
WAYS = [
    *FORGOT["ways"],
    ("email_otp", "A code by email", "Type it on the next page."),
    ("sms_otp", "A code by text message", "Type it on the next page."),
]
CODE: dict[str, Any] = {
    **FORGOT,
    "state": "code",
    "id": "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20",
    "via": "email",
    "again": "/reset",
    "length": 6,
    "numeric": True,
    "wait": None,
    "sent_again": False,
}
TEMPLATE = "signin/forgot_password.html"
RESET = "signin/reset_password.html"
ANEW: dict[str, Any] = {
    "tenant_name": "Acme Corporation",
    "sign_in": "/t/acme-corp/login",
    "anew": {"action": "/reset", "csrf": "a token"},
    "start": None,
}
LONG_NAME = "The Very Long Registered Society for Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau"
RECOVERY: dict[str, tuple[str, dict[str, Any]]] = {
    "forgot": (TEMPLATE, FORGOT),
    "forgot-ways": (TEMPLATE, {**FORGOT, "ways": WAYS, "way": "email_otp"}),
    "forgot-wrong": (
        TEMPLATE,
        {
            **FORGOT,
            "tenant_name": LONG_NAME,
            "only_email": True,
            "label": "email",
            "problems": ["Type the email of your account."],
        },
    ),
    "forgot-sent": (TEMPLATE, {**FORGOT, "state": "sent"}),
    "code": (TEMPLATE, CODE),
    "code-sms": (TEMPLATE, {**CODE, "via": "sms", "numeric": False, "length": 8}),
    "code-wrong": (TEMPLATE, {**CODE, "problems": ["The code is wrong or no longer valid."]}),
    "code-again": (TEMPLATE, {**CODE, "sent_again": True}),
    "code-wait": (TEMPLATE, {**CODE, "wait": 24}),
    "reset-expired-anew": (RESET, {**ANEW, "state": "expired"}),
    "reset-overtaken-anew": (RESET, {**ANEW, "state": "overtaken"}),
    "reset-overtaken": (RESET, {**ANEW, "state": "overtaken", "anew": None}),
    "reset-expired-code": (
        RESET,
        {**ANEW, "state": "expired", "anew": None, "start": "/t/acme-corp/forgot-password"},
    ),
    "reset-asked": (RESET, {**ANEW, "state": "asked", "anew": None}),
}
