"""How people and their states are called and drawn on pages: the words and colours that every page has in common."""

import hashlib

from tenantry.domain.users.model import User

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


def names_of(user: User) -> list[str]:
    """By what somebody is known, the best first: to call them by the first, and to tell them apart by the others."""
    known = [text for text in (user.name, user.email, user.username, user.phone) if text]
    return known or [str(user.id)]


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
