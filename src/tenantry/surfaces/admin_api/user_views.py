"""The user object of the admin API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from tenantry.domain.directory.model import Person
from tenantry.domain.tenants.model import Recovery, Registration
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.model import UserKind
from tenantry.domain.users.states import Status, details_of, is_active, is_expired, states_of
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.conditions import version_tag
from tenantry.surfaces.kit.wire import Moment
from tenantry.surfaces.kit.works import Answer

STATUSES = [status.value for status in Status]


class Named(msgspec.Struct, frozen=True):
    """A role or a group, by its slug and name."""

    slug: str
    name: str


class Identity(msgspec.Struct, frozen=True):
    """A way to sign in."""

    kind: Annotated[
        str,
        msgspec.Meta(extra_json_schema={"enum": ["password", "social", "oidc", "saml", "ldap", "passkey"]}),
    ]


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
    kind: Annotated[str, msgspec.Meta(extra_json_schema={"enum": [kind.value for kind in UserKind]})]
    is_active: bool
    blocked: bool
    status: Annotated[
        str, msgspec.Meta(description="The strongest of `states`.", extra_json_schema={"enum": STATUSES})
    ]
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
    created_at: Moment
    updated_at: Moment
    last_login_at: Moment | None
    login_count: int
    valid_until: Moment | None
    pending_email: str | None
    version: int


class UserWithPassword(UserView, frozen=True, rename="camel", omit_defaults=True):
    """A user, with the password that was made up for them in this very request."""

    password: str | msgspec.UnsetType = msgspec.UNSET


PASSWORD = [Identity("password")]


def user_view(work: ReadWork, person: Person) -> UserView:
    """The person in the API's words, with their states as of now."""
    user = person.user
    states = states_of(user, work.now, person.locked_out_until)
    required = section(work.tenant, "registration", Registration).require_email_verification
    old_works = section(work.tenant, "recovery", Recovery).old_password_works_until_reset
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
        is_active(
            user,
            work.now,
            verified_email_required=required,
            reset_keeps_out=not old_works,
            locked_out_until=person.locked_out_until,
        ),
        user.blocked,
        states[0].value,
        [state.value for state in states],
        details_of(user, work.now, person.locked_out_since, person.locked_out_until),
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
        user.valid_until,
        user.pending_email,
        user.version,
    )


def showing(answer: Answer, view: UserView, password: str) -> Answer:
    """The answer with a password that is shown this once: a replay of the request is without it."""
    shown = UserWithPassword(**msgspec.structs.asdict(view), password=password)
    answer.replay = answer.body
    answer.body = {**answer.body, "data": shown}
    return answer


def etag(person: Person) -> dict[str, str]:
    """The ETag of a user: its version, which activity never moves (RFC 9110 section 8.8.3)."""
    return version_tag(person.user.version)


def ages(person: Person, now: datetime) -> bool:
    """Whether time has changed the user since their version was written: what ends by itself moves no version."""
    user = person.user
    lock_ended = user.locked and user.locked_until is not None and user.locked_until <= now
    return lock_ended or is_expired(user, now) or person.locked_out_until is not None
