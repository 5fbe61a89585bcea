"""The filters of the list of users, as an address of the portal has them: a day where the API has a moment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tenantry.surfaces.kit.person_words import STATE_LABELS
from tenantry.surfaces.portal.addresses import ListAddress

STATUSES = (
    "active", "pending", "pending_initial_password_setup", "pending_password_reset", "pending_email_verification",
    "pending_mobile_verification", "locked", "suspended", "disabled", "expired", "deleted",
)  # fmt: skip
DATES = {
    "createdFrom": "Created from",
    "createdTo": "Created until",
    "lastLoginFrom": "Signed in from",
    "lastLoginTo": "Signed in until",
}
FILTERS = ("search", "status", "role", "group", *DATES)
OF_THE_PAGE = ("columns", "told")


def asked_of(given: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the list as the API has them: a day stands for its whole length, in UTC."""
    asked = {name: value for name, value in given.items() if name not in OF_THE_PAGE}
    for name in DATES:
        if name in asked:
            asked[name] = _moment(asked[name], end=name.endswith("To"))
    return asked


def filters_on(where: ListAddress) -> list[tuple[str, str]]:
    """The filters that are on, in words, each with the address of the list without it."""
    return [(words, where.changed(**{name: None})) for name, words in _words(where.given)]


def filter_words(given: Mapping[str, str]) -> list[str]:
    """The filters in words alone."""
    return [words for _, words in _words(given)]


def _words(given: Mapping[str, str]) -> list[tuple[str, str]]:
    labels = {"role": "Role", "group": "Group", **DATES}
    found = []
    for name in FILTERS:
        value = given.get(name)
        if not value:
            continue
        if name == "search":
            found.append((name, f"“{value}”"))
        elif name == "status":
            found.append((name, STATE_LABELS.get(value, value)))
        else:
            # Of a moment the day is enough.
            shown = value.partition("T")[0] if name in DATES else value
            found.append((name, f"{labels[name]}: {shown}"))
    return found


def _moment(day: str, *, end: bool) -> str:
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        return (start + timedelta(days=1) if end else start).isoformat()
    except (ValueError, OverflowError):
        # Whatever else it is, the list itself says what is wrong with it.
        return day
