"""A user: one model for everything that a person or a service is in a tenant."""

from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import msgspec


class UserKind(StrEnum):
    """A service user never signs in on pages and is exempt from MFA, invitations and lifecycle rules."""

    PERSON = "person"
    SERVICE = "service"


class PasswordPending(StrEnum):
    """Why a password is waited for: the owner never set one, or an administrator demanded a new one."""

    INITIAL_SETUP = "initial_setup"
    RESET = "reset"


class User(msgspec.Struct, frozen=True):
    """A row of `users`, in the order of `COLUMNS`.

    `email` and `username` are as their owner wrote them; what makes them unique is the normalised form beside them in the table.
    `phone` is E.164. `profile` holds the remaining OpenID Connect standard claims (Core section 5.1) in camelCase.
    `state_notes` maps a state to its reason, actor, since and until. `version` moves with every change of this object.
    """

    id: UUID
    kind: str
    email: str | None
    email_verified: bool
    phone: str | None
    phone_verified: bool
    username: str | None
    name: str | None
    given_name: str | None
    family_name: str | None
    picture: str | None
    locale: str | None
    zoneinfo: str | None
    profile: dict[str, Any]
    custom_data: dict[str, Any]
    blocked: bool
    locked: bool
    locked_until: datetime | None
    disabled: bool
    state_notes: dict[str, Any]
    password_pending: str | None
    phone_pending: bool
    must_change_password: bool
    must_enrol_mfa: bool
    mfa_enabled: bool
    application_id: UUID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int
    valid_until: datetime | None = None
    pending_email: str | None = None


COLUMNS = ", ".join(f"u.{name}" for name in User.__struct_fields__)


class NewUser(msgspec.Struct, kw_only=True):
    """What is needed to create a user: at least one of email, phone and username. All values are as the caller sent them."""

    email: str | None = None
    phone: str | None = None
    username: str | None = None
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    picture: str | None = None
    locale: str | None = None
    zoneinfo: str | None = None
    profile: dict[str, Any] = msgspec.field(default_factory=dict)
    custom_data: dict[str, Any] = msgspec.field(default_factory=dict)
    email_verified: bool = False
    phone_verified: bool = False
    kind: UserKind = UserKind.PERSON
    blocked: bool = False
    must_change_password: bool = False
    must_enrol_mfa: bool = False
    password_pending: PasswordPending | None = None
    application_id: UUID | None = None
    valid_until: datetime | None = None


class FirstMails(msgspec.Struct, frozen=True):
    """What the owner of a new account is to be sent: a way to choose their first password, by which method (None is a link by
    mail), and a welcome."""

    setup: bool = False
    setup_method: str | None = None
    welcome: bool = False


NO_MAILS = FirstMails()


class Beside(msgspec.Struct, frozen=True):
    """Rows of other modules that come into being with a user, in the same statement: `, name as (…)` for each, which select from
    `stored` the `id` of the user, and the values in them."""

    rows: LiteralString = ""
    values: tuple[Any, ...] = ()


NOTHING_BESIDE = Beside()


class CleanUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user's fields after the rules have passed them, with the normalised keys; ready to be stored."""

    email: str | None
    email_key: str | None
    phone: str | None
    username: str | None
    username_key: str | None
    name: str | None
    given_name: str | None
    family_name: str | None
    picture: str | None
    locale: str | None
    zoneinfo: str | None
    profile: dict[str, Any]
    custom_data: dict[str, Any]
    valid_until: datetime | None = None


class UserChanges(msgspec.Struct, kw_only=True):
    """A partial change: a field that is UNSET stays as it is, null clears it."""

    email: str | None | msgspec.UnsetType = msgspec.UNSET
    phone: str | None | msgspec.UnsetType = msgspec.UNSET
    username: str | None | msgspec.UnsetType = msgspec.UNSET
    name: str | None | msgspec.UnsetType = msgspec.UNSET
    given_name: str | None | msgspec.UnsetType = msgspec.UNSET
    family_name: str | None | msgspec.UnsetType = msgspec.UNSET
    picture: str | None | msgspec.UnsetType = msgspec.UNSET
    locale: str | None | msgspec.UnsetType = msgspec.UNSET
    zoneinfo: str | None | msgspec.UnsetType = msgspec.UNSET
    profile: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    custom_data: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    email_verified: bool | msgspec.UnsetType = msgspec.UNSET
    phone_verified: bool | msgspec.UnsetType = msgspec.UNSET
    must_change_password: bool | msgspec.UnsetType = msgspec.UNSET
    must_enrol_mfa: bool | msgspec.UnsetType = msgspec.UNSET
    valid_until: datetime | None | msgspec.UnsetType = msgspec.UNSET
