"""The pages of verification and of changing one's address in every state, for the gallery."""

from typing import Any

TENANT: dict[str, Any] = {"tenant_name": "Acme Corporation", "sign_in": "/t/acme-corp/login"}
LONG = "anna.margareta.lindqvist-andersson.of.the.northern.branch@subdomain.of.a.rather.long.acme.example"
LINK: dict[str, Any] = {
    **TENANT,
    "state": "link",
    "kind": "email_verification",
    "csrf": "a token",
    "action": "/reset",
    "account": "anna.lindqvist@acme.example",
    "email": "anna.lindqvist@acme.example",
}
CODE: dict[str, Any] = {
    **TENANT,
    "state": "code",
    "kind": "email_verification",
    "csrf": "a token",
    "id": "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20",
    "action": "/reset",
    "again": "/reset",
    "length": 6,
    "numeric": True,
    "problems": [],
    "wait": None,
    "sent_again": False,
}
BACK: dict[str, Any] = {
    **TENANT,
    "state": "link",
    "kind": "email_revert",
    "csrf": "a token",
    "action": "/reset",
    "completed": True,
    "email": "anna.lindqvist@acme.example",
    "other": "somebody.else@example.com",
}
OWN: dict[str, Any] = {
    "tenant_name": "Acme Corporation",
    "account": "anna.lindqvist@acme.example",
    "email": "anna.lindqvist@acme.example",
    "verified": True,
    "pending": None,
    "action": "/reset",
    "sign_out": "/reset",
    "csrf": "a token",
    "typed": "",
    "problems": [],
    "wait": None,
    "told": None,
}
CHANGE = {"kind": "email_change", "email": "anna.new@acme.example"}
PAGE, REVERT, ACCOUNT = "signin/verification.html", "signin/revert_email.html", "account/email.html"


def _told(state: str, **more: Any) -> dict[str, Any]:
    return {**TENANT, "state": state, "kind": "email_verification", "email": None, **more}


VERIFICATION: dict[str, tuple[str, dict[str, Any]]] = {
    "verify": (PAGE, LINK),
    "verify-change": (PAGE, {**LINK, **CHANGE}),
    "verify-long": (PAGE, {**LINK, "email": LONG}),
    "verify-code": (PAGE, CODE),
    "verify-code-wrong": (PAGE, {**CODE, "problems": ["The code is wrong or no longer valid."]}),
    "verify-code-again": (PAGE, {**CODE, "sent_again": True}),
    "verify-code-wait": (PAGE, {**CODE, "wait": 24}),
    "verify-phone": (PAGE, {**CODE, "kind": "phone_verification", "numeric": False, "length": 8}),
    "verify-done": (PAGE, _told("done")),
    "verify-done-phone": (PAGE, _told("done", kind="phone_verification")),
    "verify-done-change": (PAGE, _told("done", **CHANGE)),
    "verify-expired": (PAGE, _told("expired", csrf="a token", again="/reset")),
    "verify-overtaken": (PAGE, _told("overtaken")),
    "verify-used": (PAGE, _told("used")),
    "verify-sent": (PAGE, _told("sent")),
    "verify-needless": (PAGE, _told("needless")),
    "verify-taken": (PAGE, _told("taken", **CHANGE)),
    "revert": (REVERT, BACK),
    "revert-pending": (REVERT, {**BACK, "completed": False, "other": ""}),
    "revert-done": (
        REVERT,
        {**_told("done"), "email": BACK["email"], "forgot": "/t/acme-corp/forgot-password"},
    ),
    "revert-done-no-recovery": (REVERT, {**_told("done"), "email": BACK["email"], "forgot": None}),
    "revert-expired": (REVERT, _told("expired")),
    "revert-overtaken": (REVERT, _told("overtaken")),
    "revert-used": (REVERT, _told("used")),
    "revert-taken": (REVERT, _told("taken")),
    "account-email": (ACCOUNT, OWN),
    "account-email-pending": (
        ACCOUNT,
        {
            **OWN,
            "pending": LONG,
            "told": "A mail is on its way to the new address. Open the link in it to confirm the change.",
        },
    ),
    "account-email-unverified": (ACCOUNT, {**OWN, "verified": False, "wait": 24}),
    "account-email-none": (ACCOUNT, {**OWN, "email": None, "verified": False, "account": "anna"}),
    "account-email-wrong": (
        ACCOUNT,
        {**OWN, "typed": "nonsense", "problems": ["Is not a valid email address: it has no @."]},
    ),
}
"""For the list of the gallery."""
