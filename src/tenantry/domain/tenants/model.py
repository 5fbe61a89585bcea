"""A tenant, and the settings that this module owns."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
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
    """Days for which a deleted person can be restored, for each door. 0 deletes at once and for good."""

    admin_api_retention_days: Days = 0
    retention_days: Days = 30


class Registration(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Who may sign up, and whether an address must be verified before the first sign-in."""

    enabled: bool = False
    require_email_verification: bool = False


class Accounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whether accounts may be disabled, which is meant as a lasting measure and is off by default (WSO2: Account Disable)."""

    disabling_enabled: bool = False
    default_phone_region: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None


class Audit(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How long the audit log is kept, in days; with `auto_delete` off it is kept for ever."""

    retention_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90
    auto_delete: bool = False


class Links(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """For how many minutes a mailed link works. -1 is for ever, 0 is expired at once."""

    password_reset_minutes: Minutes = 1440
    password_setup_minutes: Minutes = 10080
