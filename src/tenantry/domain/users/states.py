"""The state table: from the facts on a user's row to the words that every door uses.

Several states may hold at once; `status` is the first of them in the order of `Status`. `is_active` says whether the person may
sign in now: a pending verification alone does not stop a sign-in unless the tenant demands it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from tenantry.domain.users.model import User


class Status(StrEnum):
    """Every state, the strongest first."""

    DELETED = "deleted"
    DISABLED = "disabled"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    LOCKED = "locked"
    PENDING_PASSWORD_RESET = "pending_password_reset"
    PENDING_INITIAL_PASSWORD_SETUP = "pending_initial_password_setup"
    PENDING_EMAIL_VERIFICATION = "pending_email_verification"
    PENDING_MOBILE_VERIFICATION = "pending_mobile_verification"
    ACTIVE = "active"


LOCKED_OUT = "MAX_ATTEMPTS_EXCEEDED"
"""The reason of an automatic lockout, in the word that WSO2 has for it."""

PENDING = (
    Status.PENDING_PASSWORD_RESET,
    Status.PENDING_INITIAL_PASSWORD_SETUP,
    Status.PENDING_EMAIL_VERIFICATION,
    Status.PENDING_MOBILE_VERIFICATION,
)


def states_of(user: User, now: datetime, locked_out_until: datetime | None = None) -> list[Status]:
    """All states that hold at `now`, the strongest first; `[ACTIVE]` when none does.

    `locked_out_until` is the end of an automatic lockout, which stands beside the user's row.
    """
    found = []
    if user.deleted_at is not None:
        found.append(Status.DELETED)
    if user.disabled:
        found.append(Status.DISABLED)
    if user.blocked:
        found.append(Status.SUSPENDED)
    if is_expired(user, now):
        found.append(Status.EXPIRED)
    if is_locked(user, now) or is_locked_out(locked_out_until, now):
        found.append(Status.LOCKED)
    if user.password_pending == "reset":
        found.append(Status.PENDING_PASSWORD_RESET)
    elif user.password_pending == "initial_setup":
        found.append(Status.PENDING_INITIAL_PASSWORD_SETUP)
    if user.email is not None and not user.email_verified:
        found.append(Status.PENDING_EMAIL_VERIFICATION)
    if user.phone_pending:
        found.append(Status.PENDING_MOBILE_VERIFICATION)
    return found or [Status.ACTIVE]


def is_locked(user: User, now: datetime) -> bool:
    """A lock that a person set holds until its end, or until somebody lifts it when it has none."""
    return user.locked and (user.locked_until is None or user.locked_until > now)


def is_locked_out(until: datetime | None, now: datetime) -> bool:
    """Whether an automatic lockout still lasts."""
    return until is not None and until > now


def is_expired(user: User, now: datetime) -> bool:
    """An account with an end is over from that moment on."""
    return user.valid_until is not None and user.valid_until <= now


def is_active(
    user: User,
    now: datetime,
    *,
    verified_email_required: bool,
    reset_keeps_out: bool = False,
    locked_out_until: datetime | None = None,
) -> bool:
    """Whether the person may sign in now. A password that is still to be set stops a sign-in of a person, not of a service.

    `reset_keeps_out` says that a demanded new password has killed the old one, as the tenant has set.
    """
    if user.deleted_at is not None or user.disabled or user.blocked:
        return False
    if is_expired(user, now) or is_locked(user, now) or is_locked_out(locked_out_until, now):
        return False
    if user.password_pending == "initial_setup" and user.kind == "person":
        return False
    if user.password_pending == "reset" and reset_keeps_out:
        return False
    return not (verified_email_required and user.email is not None and not user.email_verified)


def details_of(
    user: User,
    now: datetime,
    locked_out_since: datetime | None = None,
    locked_out_until: datetime | None = None,
) -> dict[str, Any]:
    """Why, by whom, since and until when each state holds that is not `active`; null stands for what is not known.

    The two moments are those of an automatic lockout, which stands beside the user's row.
    """
    since = {Status.EXPIRED: user.valid_until, Status.PENDING_INITIAL_PASSWORD_SETUP: user.created_at}
    details: dict[str, Any] = {}
    for state in states_of(user, now, locked_out_until):
        if state is Status.LOCKED and not is_locked(user, now):
            details[state.value] = note(LOCKED_OUT, "", locked_out_since or now, locked_out_until)
        elif state is not Status.ACTIVE:
            details[state.value] = user.state_notes.get(state.value) or note(None, "", since.get(state))
    return details


def note(
    reason: str | None, actor: str, since: datetime | None, until: datetime | None = None
) -> dict[str, Any]:
    """What is remembered of a state: why, by whom, since when and until when (ISO 8601)."""
    return {
        "reason": reason,
        "by": actor or None,
        "since": since.isoformat().replace("+00:00", "Z") if since else None,
        "until": until.isoformat().replace("+00:00", "Z") if until else None,
    }
