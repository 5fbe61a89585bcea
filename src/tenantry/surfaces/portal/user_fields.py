"""A user's profile as the fields of a form: every value as text, and from text back to a change."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from tenantry.domain.users.model import User, UserChanges
from tenantry.kernel.problems import FieldError, Problems
from tenantry.surfaces.kit.forms import Form

PLAIN = {
    "email": "email",
    "username": "username",
    "phoneNumber": "phone",
    "name": "name",
    "givenName": "given_name",
    "familyName": "family_name",
    "picture": "picture",
    "locale": "locale",
    "zoneinfo": "zoneinfo",
}
"""Fields that are one text, and their attribute."""
CLAIMS = ("middleName", "nickname", "preferredUsername", "gender", "birthdate", "profile", "website")
ADDRESS = ("streetAddress", "postalCode", "locality", "region", "country", "formatted")
LABELS = {
    "email": "Email address",
    "username": "Username",
    "phoneNumber": "Phone number",
    "name": "Full name",
    "givenName": "Given name",
    "familyName": "Family name",
    "picture": "Picture (address)",
    "locale": "Language",
    "zoneinfo": "Time zone",
    "validUntil": "Account ends (UTC)",
    "profile.middleName": "Middle name",
    "profile.nickname": "Nickname",
    "profile.preferredUsername": "Preferred username",
    "profile.gender": "Gender",
    "profile.birthdate": "Date of birth",
    "profile.profile": "Profile page",
    "profile.website": "Website",
    "profile.address.streetAddress": "Street and number",
    "profile.address.postalCode": "Postal code",
    "profile.address.locality": "Town",
    "profile.address.region": "Region",
    "profile.address.country": "Country",
    "profile.address.formatted": "Whole address, as on a letter",
    "customData": "Custom data",
}
MINUTES = "%Y-%m-%dT%H:%M"


def as_fields(user: User) -> dict[str, str]:
    """Every field of the form as the user has it now."""
    address = user.profile.get("address") or {}
    fields = {name: getattr(user, attribute) or "" for name, attribute in PLAIN.items()}
    fields["validUntil"] = (
        "" if user.valid_until is None else user.valid_until.astimezone(UTC).strftime(MINUTES)
    )
    fields |= {f"profile.{claim}": user.profile.get(claim) or "" for claim in CLAIMS}
    fields |= {f"profile.address.{part}": address.get(part) or "" for part in ADDRESS}
    fields["customData"] = (
        json.dumps(user.custom_data, indent=2, ensure_ascii=False) if user.custom_data else ""
    )
    return fields


def typed_fields(form: Form, present: Mapping[str, str]) -> dict[str, str]:
    """Every field as it was typed, without the browser's own line ends; one that the form lacks is as it is now."""
    return {
        name: form.get(name).replace("\r\n", "\n").strip() if name in form else text
        for name, text in present.items()
    }


def changes_of(typed: Mapping[str, str], present: Mapping[str, str], problems: Problems) -> UserChanges:
    """What the form changes; what it leaves as it is is not among it. Faults of what cannot be read go into `problems`."""
    touched = {name: typed[name] or None for name in typed if typed[name] != present[name].strip()}
    changes = UserChanges()
    for name, attribute in PLAIN.items():
        if name in touched:
            setattr(changes, attribute, touched[name])
    profile: dict[str, Any] = {
        claim: touched[f"profile.{claim}"] for claim in CLAIMS if f"profile.{claim}" in touched
    }
    # An address is changed as a whole, so the parts that nobody has touched go along.
    if any(f"profile.address.{part}" in touched for part in ADDRESS):
        profile["address"] = {part: typed[f"profile.address.{part}"] for part in ADDRESS}
    if profile:
        changes.profile = profile
    if "validUntil" in touched:
        changes.valid_until = problems.attempt(parsed_moment, "validUntil", typed["validUntil"])
    if "customData" in touched:
        changes.custom_data = problems.attempt(parsed_object, "customData", typed["customData"]) or {}
    return changes


def parsed_moment(field: str, text: str) -> datetime | None:
    """A moment in UTC as a browser's field for date and time has it. Raises FieldError."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
    except ValueError as error:
        raise FieldError(field, "must be a date and a time, as in 2030-01-15T10:30") from error


def parsed_object(field: str, text: str) -> dict[str, Any]:
    """A JSON object; an empty text is an empty one. Raises FieldError naming line and position of the first fault."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_no_constant(field))
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        where = f"line {error.lineno}, position {error.colno}"
        raise FieldError(field, f"is no JSON: {where}: {reason}") from error
    except RecursionError as error:
        raise FieldError(field, "is nested too deeply") from error
    except ValueError as error:
        raise FieldError(field, "holds a number that is too long") from error
    if not isinstance(value, dict):
        raise FieldError(field, 'must be an object: names and values in braces, as in {"plan": "pro"}')
    return value


def _no_constant(field: str) -> Callable[[str], NoReturn]:
    def refuse(word: str) -> NoReturn:
        raise FieldError(field, f"holds {word}, which is no number of JSON")

    return refuse
