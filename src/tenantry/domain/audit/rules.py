"""Which category an action belongs to, and which actions a pattern means."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tenantry.domain.audit.model import Category, Range
from tenantry.kernel.errors import DomainError, Kind

LONGEST_ACTION = 128
EVERY_ACTION = "*"
DEFAULT_STATS_DAYS = 30
MOST_STATS_DAYS = 366

# The longest prefix that fits decides. The categories are those of LumoAuth's audit log.
_PREFIXES: dict[str, Category] = {
    "": Category.CONFIGURATION,
    "auth.": Category.AUTHENTICATION,
    "mfa.": Category.AUTHENTICATION,
    "session.": Category.AUTHENTICATION,
    "security.": Category.AUTHENTICATION,
    "user.signed_": Category.AUTHENTICATION,
    "user.session_": Category.AUTHENTICATION,
    "user.mfa_": Category.AUTHENTICATION,
    "role.": Category.AUTHORIZATION,
    "permission.": Category.AUTHORIZATION,
    "user.role.": Category.AUTHORIZATION,
    "group.role.": Category.AUTHORIZATION,
    "user.": Category.USER_MANAGEMENT,
    "group.": Category.USER_MANAGEMENT,
    "invitation.": Category.USER_MANAGEMENT,
    "gdpr.": Category.USER_MANAGEMENT,
    "apikey.": Category.TOKEN_MANAGEMENT,
    "token.": Category.TOKEN_MANAGEMENT,
}


def category_of(action: str) -> Category:
    """The category of an action; what no prefix claims is configuration."""
    fitting = [prefix for prefix in _PREFIXES if action.startswith(prefix)]
    return _PREFIXES[max(fitting, key=len)]


def is_pattern(action: str) -> bool:
    """Whether the text means several actions."""
    return action.endswith("*")


def checked_action(action: str) -> str:
    """An action's name, or a beginning of one followed by `*`; DomainError INVALID otherwise."""
    body = action[:-1] if is_pattern(action) else action
    if len(action) > LONGEST_ACTION or "*" in body or not (action and action.isprintable()):
        problem = "must be the name of an action, or its beginning followed by *, as in user.*"
        raise _invalid("action", problem)
    return action


def matching(actions: Iterable[str], pattern: str) -> list[str]:
    """The actions that a name or a pattern means."""
    if is_pattern(pattern):
        return [action for action in actions if action.startswith(pattern[:-1])]
    return [action for action in actions if action == pattern]


def checked_range(wanted: Range, start_name: str, end_name: str) -> Range:
    """The range, if it does not end before it begins; DomainError INVALID naming `end_name` otherwise."""
    if wanted.start is not None and wanted.end is not None and wanted.end < wanted.start:
        raise _invalid(end_name, f"must not lie before {start_name}")
    return wanted


def bounded_range(wanted: Range, now: datetime) -> tuple[datetime, datetime]:
    """Both ends of a range to count in: the last 30 days where nothing is said, at most 366 days.

    Raises DomainError INVALID for a longer one.
    """
    end = wanted.end or (now if wanted.start is None else min(_after(wanted.start, MOST_STATS_DAYS), now))
    start = wanted.start or _before(end, DEFAULT_STATS_DAYS)
    if end - start > timedelta(days=MOST_STATS_DAYS):
        raise _invalid("startDate", f"must lie at most {MOST_STATS_DAYS} days before endDate")
    return start, max(start, end)


def _after(moment: datetime, days: int) -> datetime:
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return moment


def _before(moment: datetime, days: int) -> datetime:
    try:
        return moment - timedelta(days=days)
    except OverflowError:
        return moment


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
