"""What a new invitation must fulfil, and how often one may be mailed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tenantry.domain.invitations.model import MAX_MESSAGE, CleanInvitation, NewInvitation
from tenantry.domain.tenants.model import OneTimeCodes
from tenantry.domain.users.fields import normal_email
from tenantry.domain.users.rules import MAX_NAME
from tenantry.kernel.problems import Problems, clean_text

HOUR = timedelta(hours=1)


def clean_invitation(new: NewInvitation) -> CleanInvitation:
    """The fields as they are stored. Raises one DomainError that names every faulty one."""
    problems = Problems()
    email = problems.attempt(normal_email, new.email)
    name = problems.attempt(clean_text, "name", new.name, MAX_NAME)
    message = problems.attempt(_clean_message, new.message)
    problems.raise_if_any()
    assert email is not None
    return CleanInvitation(email.original, email.key, name, message)


def _clean_message(text: object) -> str | None:
    return clean_text("message", text, MAX_MESSAGE, multiline=True)


def seconds_to_wait(asks: Sequence[datetime], now: datetime, limits: OneTimeCodes) -> int:
    """For how many seconds no further mail may be asked for, after those that were asked for at `asks`; 0 when one may."""
    recent = recent_asks(asks, now)
    if not recent:
        return 0
    waits = [recent[-1] + timedelta(seconds=limits.seconds_between_sends) - now]
    if len(recent) >= limits.max_sends_per_hour:
        waits.append(recent[-limits.max_sends_per_hour] + HOUR - now)
    wait = max(waits)
    return int(wait.total_seconds()) + 1 if wait > timedelta(0) else 0


def recent_asks(asks: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those of the last hour, the newest last."""
    return sorted(ask for ask in asks if ask > now - HOUR)
