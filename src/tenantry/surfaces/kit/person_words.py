"""How people and their states are called and drawn on pages: the words and colours that every page has in common."""

import hashlib

STATE_LABELS = {
    "active": "Active",
    "deleted": "Deleted",
    "disabled": "Disabled",
    "suspended": "Suspended",
    "expired": "Past its end",
    "locked": "Locked",
    "pending": "Pending",
    "pending_password_reset": "Pending password reset",
    "pending_initial_password_setup": "Pending initial password set-up",
    "pending_email_verification": "Pending email verification",
    "pending_mobile_verification": "Pending mobile verification",
}
STATE_TONES = {
    "active": "good",
    "deleted": "bad",
    "disabled": "bad",
    "suspended": "bad",
    "expired": "bad",
    "locked": "bad",
    "pending_password_reset": "wait",
    "pending_initial_password_setup": "wait",
    "pending_email_verification": "wait",
    "pending_mobile_verification": "wait",
}
COLOURS = 8


def initials(name: str) -> str:
    """One or two letters that stand for somebody: of the first and the last word, or of an address."""
    words = [
        word
        for word in name.partition("@")[0].replace(".", " ").replace("_", " ").split()
        if word[0].isalnum()
    ]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


def name_colour(seed: object) -> int:
    """The number of a colour that stays the same for the same seed."""
    return hashlib.sha256(str(seed).encode()).digest()[0] % COLOURS


def said(action: str) -> str:
    """The name of an audit event as one says it: `user.password_set_by_admin` is "User: password set by admin"."""
    about, _, what = action.partition(".")
    words = what.replace(".", " ").replace("_", " ").replace("mfa", "MFA")
    subject = about.replace("_", " ").replace("api", "API")
    return f"{subject[:1].upper()}{subject[1:]}: {words}" if words else subject.capitalize()
