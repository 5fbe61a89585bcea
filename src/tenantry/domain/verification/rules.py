"""Whom a link or code would be of no use to."""

from datetime import datetime

from tenantry.domain.users.model import User
from tenantry.domain.users.states import is_locked
from tenantry.domain.verification.errors import VerificationUseless


def is_useless(user: User, now: datetime) -> bool:
    """Whether the account is in a state in which no link or code works."""
    ended = user.valid_until is not None and user.valid_until <= now
    return user.blocked or user.disabled or is_locked(user, now) or ended


def refuse_useless(user: User, now: datetime) -> None:
    """Raises VerificationUseless for such an account."""
    if is_useless(user, now):
        raise VerificationUseless
