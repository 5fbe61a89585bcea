"""From what a caller sent to what may be stored: every field checked, all faults named at once."""

from typing import Any

import msgspec

from tenantry.domain.users.custom_data import clean_custom_data
from tenantry.domain.users.fields import email_key, normal_email, normal_phone, normal_username, username_key
from tenantry.domain.users.model import CleanUser, NewUser, User, UserChanges
from tenantry.domain.users.names import completed_names
from tenantry.domain.users.profile import (
    clean_locale,
    clean_profile,
    clean_url,
    clean_zoneinfo,
    merged_profile,
)
from tenantry.kernel.problems import Problems, checked_moment, clean_text

MAX_NAME = 128
ONE_IS_NEEDED = "at least one of email, phoneNumber and username is required"


def clean_new_user(new: NewUser, region: str | None, problems: Problems) -> CleanUser:
    """The fields of a new user as they are stored; faults go into `problems`.

    Given and family name are split from `name` where the caller gave none. `region` is the country (ISO 3166-1) of phone
    numbers without a country code.
    """
    email = problems.attempt(normal_email, new.email) if new.email else None
    phone = problems.attempt(normal_phone, new.phone, region) if new.phone else None
    username = problems.attempt(normal_username, new.username) if new.username else None
    if not (new.email or new.phone or new.username):
        problems.add("email", ONE_IS_NEEDED)
    names = completed_names(
        problems.attempt(clean_text, "name", new.name, MAX_NAME),
        problems.attempt(clean_text, "givenName", new.given_name, MAX_NAME),
        problems.attempt(clean_text, "familyName", new.family_name, MAX_NAME),
    )
    return CleanUser(
        email=email.original if email else None,
        email_key=email.key if email else None,
        phone=phone,
        username=username.original if username else None,
        username_key=username.key if username else None,
        name=names.name,
        given_name=names.given,
        family_name=names.family,
        picture=problems.attempt(clean_url, "picture", new.picture),
        locale=problems.attempt(clean_locale, new.locale),
        zoneinfo=problems.attempt(clean_zoneinfo, new.zoneinfo),
        profile=merged_profile({}, problems.attempt(clean_profile, new.profile) or {}),
        custom_data=problems.attempt(clean_custom_data, new.custom_data) or {},
        valid_until=None
        if new.valid_until is None
        else problems.attempt(checked_moment, "validUntil", new.valid_until),
    )


def clean_changes(user: User, changes: UserChanges, region: str | None) -> CleanUser:
    """All fields of the user after a partial change. Raises one DomainError that names every faulty field.

    A new `name` splits anew into given and family name unless these come with it; the claims of `profile` are merged, and
    `customData` is replaced as a whole.
    """
    problems = Problems()
    given = {name: value for name, value in _given(changes).items() if value is not None and value != ""}
    cleared = {name for name, value in _given(changes).items() if value is None or value == ""}
    email, key = user.email, email_key(user.email) if user.email else None
    if "email" in given:
        address = problems.attempt(normal_email, given["email"])
        email, key = (address.original, address.key) if address else (None, None)
    elif "email" in cleared:
        email, key = None, None
    username, name_key = user.username, username_key(user.username) if user.username else None
    if "username" in given:
        chosen = problems.attempt(normal_username, given["username"])
        username, name_key = (chosen.original, chosen.key) if chosen else (None, None)
    elif "username" in cleared:
        username, name_key = None, None
    phone = user.phone
    if "phone" in given:
        phone = problems.attempt(normal_phone, given["phone"], region)
    elif "phone" in cleared:
        phone = None
    names = _changed_names(user, changes, problems)
    clean = CleanUser(
        email=email,
        email_key=key,
        phone=phone,
        username=username,
        username_key=name_key,
        name=names[0],
        given_name=names[1],
        family_name=names[2],
        picture=_changed(
            user.picture, changes.picture, lambda value: problems.attempt(clean_url, "picture", value)
        ),
        locale=_changed(user.locale, changes.locale, lambda value: problems.attempt(clean_locale, value)),
        zoneinfo=_changed(
            user.zoneinfo, changes.zoneinfo, lambda value: problems.attempt(clean_zoneinfo, value)
        ),
        profile=_changed(
            user.profile,
            changes.profile,
            lambda value: merged_profile(user.profile, problems.attempt(clean_profile, value) or {}),
        ),
        custom_data=_changed(
            user.custom_data,
            changes.custom_data,
            lambda value: problems.attempt(clean_custom_data, value) or {},
        ),
        valid_until=_changed(
            user.valid_until,
            changes.valid_until,
            lambda value: None if value is None else problems.attempt(checked_moment, "validUntil", value),
        ),
    )
    problems.raise_if_any()
    if not (clean.email or clean.phone or clean.username):
        problems.add("email" if "email" in cleared else "username", ONE_IS_NEEDED)
        problems.raise_if_any()
    return clean


def verified_after(user: User, changes: UserChanges, clean: CleanUser) -> tuple[bool, bool]:
    """Whether email and phone count as verified after the change: a new one does not unless the caller says so."""
    email_stays = user.email is not None and clean.email_key == email_key(user.email)
    email = (
        user.email_verified and email_stays
        if changes.email_verified is msgspec.UNSET
        else changes.email_verified
    )
    phone_stays = user.phone_verified and clean.phone == user.phone
    phone = phone_stays if changes.phone_verified is msgspec.UNSET else changes.phone_verified
    return bool(email), bool(phone)


def demanded_after(user: User, changes: UserChanges) -> tuple[bool, bool]:
    """Whether the next sign-in asks for a new password, and for a second factor to be set up, after the change."""
    password, factor = changes.must_change_password, changes.must_enrol_mfa
    return (
        user.must_change_password if password is msgspec.UNSET else password,
        user.must_enrol_mfa if factor is msgspec.UNSET else factor,
    )


def _given(changes: UserChanges) -> dict[str, Any]:
    return {
        name: getattr(changes, name)
        for name in changes.__struct_fields__
        if getattr(changes, name) is not msgspec.UNSET
    }


def _changed(old: Any, new: Any, check: Any) -> Any:
    return old if new is msgspec.UNSET else check(new)


def _changed_names(
    user: User, changes: UserChanges, problems: Problems
) -> tuple[str | None, str | None, str | None]:
    def checked(field: str, old: str | None, new: Any) -> str | None:
        return old if new is msgspec.UNSET else problems.attempt(clean_text, field, new, MAX_NAME)

    name = checked("name", user.name, changes.name)
    given = checked("givenName", user.given_name, changes.given_name)
    family = checked("familyName", user.family_name, changes.family_name)
    if changes.name is msgspec.UNSET or name == user.name or name is None:
        return name, given, family
    # A new full name brings its parts along, where the caller did not give them as well.
    split = completed_names(
        name,
        None if changes.given_name is msgspec.UNSET else given,
        None if changes.family_name is msgspec.UNSET else family,
    )
    return split.name, split.given, split.family
