"""A tenant, and the settings that this module owns."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]
Minutes = Annotated[int, msgspec.Meta(ge=-1, le=5_256_000)]


class TenantStatus(StrEnum):
    """A suspended tenant refuses every call."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Tenant(msgspec.Struct, frozen=True):
    """One tenant. `settings` holds only what differs from the defaults, as JSON."""

    id: UUID
    slug: str
    name: str
    status: TenantStatus
    settings: msgspec.Raw
    version: int
    created_at: datetime
    updated_at: datetime


class Deletion(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Days for which a deleted person can be restored, for each door; 0 deletes at once and for good. `keep_identifiers` holds
    their address, number and username back while they can be restored; otherwise others may take these at once."""

    admin_api_retention_days: Days = 0
    retention_days: Days = 30
    keep_identifiers: bool = True


class Registration(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Who may sign up, whether an address must be verified before the first sign-in, and whether signing up signs in.

    `mode` `invitation_only` admits only invited people. `allowed_email_domains` empty allows every domain, and a domain does
    not stand for those below it. `sign_in_at_once` shows who has an account already: without it everybody is sent to their mail.
    `assign_roles` are slugs; one that brings rights in the administration is never given to whoever comes by themselves.
    """

    enabled: bool = False
    mode: Literal["open", "invitation_only"] = "open"
    allowed_email_domains: Annotated[list[str], msgspec.Meta(max_length=200)] = msgspec.field(
        default_factory=list
    )
    require_email_verification: bool = False
    sign_in_at_once: bool = False
    assign_roles: Annotated[list[str], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)


class Accounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whether accounts may be disabled, which is meant as a lasting measure and is off by default (WSO2: Account Disable), and
    how people who are made without a password come to their first one (WSO2: Invite User to Set Password)."""

    disabling_enabled: bool = False
    setup_method: Literal["email_link", "email_otp", "sms_otp"] = "email_link"
    default_phone_region: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None


class Audit(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How long the audit log is kept, in days; with `auto_delete` off it is kept for ever."""

    retention_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90
    auto_delete: bool = False


class Links(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """For how many minutes a mailed link works. -1 is for ever, 0 is expired at once."""

    password_reset_minutes: Minutes = 1440
    password_setup_minutes: Minutes = 10080
    email_verification_minutes: Minutes = 1440
    invitation_minutes: Minutes = 10080
    email_change_minutes: Minutes = 1440
    email_revert_minutes: Minutes = 4320


class OneTimeCodes(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How one-time codes look, for how many minutes they work, how many wrong tries they bear, and how often codes and links are
    sent to one person: at most so many of a kind in an hour, with so many seconds between them."""

    length: Annotated[int, msgspec.Meta(ge=4, le=10)] = 6
    charset: Literal["numeric", "alphanumeric"] = "numeric"
    minutes: Annotated[int, msgspec.Meta(ge=-1, le=1440)] = 10
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 5
    max_sends_per_hour: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    seconds_between_sends: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 30


class Verification(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How an address is verified: by a link, or by a one-time code that is typed."""

    email_form: Literal["link", "otp"] = "link"


class SignIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """By which identifiers people sign in, and whether they may stay signed in."""

    identifiers: Annotated[
        list[Literal["email", "username", "phone"]], msgspec.Meta(min_length=1, max_length=3)
    ] = msgspec.field(default_factory=lambda: ["email", "username", "phone"])
    remember_me: bool = True


class Lockout(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """After so many failures in a row an account is locked for some minutes, the next time for `factor` times as long, up to
    `max_minutes`. Failures further apart than `reset_minutes` do not add up."""

    enabled: bool = True
    max_failures: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 30
    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2
    max_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)] = 1440
    reset_minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 60


class Throttling(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How often a minute something may be tried from one address or for one account, counted over all server processes."""

    sign_ins_per_address: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 10
    sign_ins_per_account: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 10
    registrations_per_address: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 5
    recoveries_per_address: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 10
    recoveries_per_account: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 3
    codes_per_address: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 20


class SessionLimits(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How long a session lasts in all, and unseen; how long one lasts for somebody who asked to be remembered; and how many
    sessions one person may have (0: any number). `at_limit` says whether one more ends the oldest or is refused."""

    absolute_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)] = 1440
    idle_minutes: Annotated[int, msgspec.Meta(ge=0, le=525_600)] = 30
    remember_me_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)] = 43_200
    max_concurrent: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    at_limit: Literal["end_oldest", "refuse"] = "end_oldest"


class Recovery(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """By which ways people recover a forgotten password themselves, whether they are told afterwards, and whether the old
    password still signs in while a reset that an administrator demanded is pending."""

    methods: Annotated[list[Literal["email_link", "email_otp", "sms_otp"]], msgspec.Meta(max_length=3)] = (
        msgspec.field(default_factory=lambda: ["email_link"])
    )
    notify_on_success: bool = True
    old_password_works_until_reset: bool = False


class Looks(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The accent colour of the tenant's pages and mails, as `#rrggbb`; where it could not be read it is shown darker or lighter.
    The logo is a resource of its own."""

    accent_color: Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$", max_length=7)] | None = None
