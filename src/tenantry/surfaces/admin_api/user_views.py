"""The user object of the admin API."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.directory.model import Person
from tenantry.domain.tenants.model import Registration
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.states import is_active, states_of
from tenantry.kernel.work import ReadWork


class Named(msgspec.Struct, frozen=True):
    """A role or a group, by its slug and name."""

    slug: str
    name: str


class Identity(msgspec.Struct, frozen=True):
    """A way in: `password`, `social`, `oidc`, `saml`, `ldap` or `passkey`."""

    kind: str


class UserView(msgspec.Struct, frozen=True, rename="camel"):
    """A user as the admin API shows one. Times are ISO 8601 in UTC; `version` is the ETag."""

    id: UUID
    email: str | None
    username: str | None
    name: str | None
    given_name: str | None
    family_name: str | None
    picture: str | None
    locale: str | None
    zoneinfo: str | None
    profile: dict[str, Any]
    custom_data: dict[str, Any]
    email_verified: bool
    phone_number: str | None
    phone_number_verified: bool
    kind: str
    is_active: bool
    blocked: bool
    status: str
    states: list[str]
    state_details: dict[str, Any]
    must_change_password: bool
    must_enrol_mfa: bool
    mfa_enabled: bool
    has_password: bool
    identities: list[Identity]
    roles: list[Named] | msgspec.Raw
    groups: list[Named] | msgspec.Raw
    application_id: UUID | None
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    login_count: int
    version: int


PASSWORD = [Identity("password")]


def user_view(work: ReadWork, person: Person) -> UserView:
    """The person in the API's words, with their states as of now."""
    user = person.user
    states = states_of(user, work.now)
    required = section(work.tenant, "registration", Registration).require_email_verification
    return UserView(
        user.id,
        user.email,
        user.username,
        user.name,
        user.given_name,
        user.family_name,
        user.picture,
        user.locale,
        user.zoneinfo,
        user.profile,
        user.custom_data,
        user.email_verified,
        user.phone,
        user.phone_verified,
        user.kind,
        is_active(user, work.now, verified_email_required=required),
        user.blocked,
        states[0].value,
        [state.value for state in states],
        user.state_notes,
        user.must_change_password,
        user.must_enrol_mfa,
        user.mfa_enabled,
        person.has_password,
        PASSWORD if person.has_password else [],
        person.roles,
        person.groups,
        user.application_id,
        user.created_at,
        user.updated_at,
        person.last_login_at,
        person.login_count,
        user.version,
    )


def etag(person: Person) -> dict[str, str]:
    """The ETag of a user: its version, which activity never moves (RFC 9110 section 8.8.3)."""
    return {"ETag": f'"{person.user.version}"'}
