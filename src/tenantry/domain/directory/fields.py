"""By what people can be filtered and sorted, and how each becomes SQL."""

from typing import Any, LiteralString
from uuid import UUID

import msgspec

from tenantry.domain.users.states import Status
from tenantry.kernel.criteria import Field, Fragment, Op, column
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.listing import SortBy

# An array, where IN would say the same: so the index on the id takes part in an OR.
LOCKED_OUT = "array(select a.user_id from user_activity a where a.locked_out_until > now())"
LOCKED = f"((u.locked and (u.locked_until is null or u.locked_until > now())) or u.id = any ({LOCKED_OUT}))"
EXPIRED = "u.valid_until <= now()"
STATUS: dict[str, str] = {
    Status.DELETED: "u.deleted_at is not null",
    Status.DISABLED: "u.disabled",
    Status.SUSPENDED: "u.blocked",
    Status.EXPIRED: EXPIRED,
    Status.LOCKED: LOCKED,
    Status.PENDING_PASSWORD_RESET: "u.password_pending = 'reset'",
    Status.PENDING_INITIAL_PASSWORD_SETUP: "u.password_pending = 'initial_setup'",
    Status.PENDING_EMAIL_VERIFICATION: "not u.email_verified and u.email is not null",
    Status.PENDING_MOBILE_VERIFICATION: "u.phone_pending",
    "pending": "(u.password_pending is not null or (not u.email_verified and u.email is not null) or u.phone_pending)",
    Status.ACTIVE: (
        f"not u.disabled and not u.blocked and {LOCKED} is not true and {EXPIRED} is not true and u.password_pending is null"
        " and (u.email_verified or u.email is null) and not u.phone_pending"
    ),
}
STATUSES = tuple(str(name) for name in STATUS)


def _status(op: Op, value: Any) -> Fragment:
    text = STATUS.get(value)
    if text is None or op is not Op.EQ:
        problem = f"must be one of {', '.join(STATUSES)}"
        raise DomainError(Kind.INVALID, "validation_error", f"status {problem}.", {"status": problem})
    return text, []


class MaySignIn(msgspec.Struct, frozen=True):
    """Whether people may sign in, and what besides their states keeps them out in this tenant."""

    wanted: bool
    verified_email_required: bool
    reset_keeps_out: bool


def _can_sign_in(_op: Op, value: MaySignIn) -> Fragment:
    # Written as what keeps people out, because each of these has a small index of its own.
    reasons = [
        "u.disabled",
        "u.blocked",
        EXPIRED,
        LOCKED,
        "(u.password_pending = 'initial_setup' and u.kind = 'person')",
    ]
    if value.reset_keeps_out:
        reasons.append(STATUS[Status.PENDING_PASSWORD_RESET])
    if value.verified_email_required:
        reasons.append(f"({STATUS[Status.PENDING_EMAIL_VERIFICATION]})")
    kept_out = f"({' or '.join(reasons)})"
    return (f"{kept_out} is not true" if value.wanted else kept_out), []


class RoleHolders(msgspec.Struct, frozen=True):
    """A role that was looked up: its id, and the groups through which people hold it. No id means that there is no such role."""

    role_id: UUID | None
    group_ids: list[UUID]


def _role(_op: Op, value: RoleHolders) -> Fragment:
    if value.role_id is None:
        return "false", []
    if not value.group_ids:
        return "exists (select from user_roles ur where ur.user_id = u.id and ur.role_id = %s)", [
            value.role_id
        ]
    return (
        """u.id in (
            select ur.user_id
            from user_roles ur
            where ur.role_id = %s
            union all
            select m.user_id
            from group_members m
            where m.group_id = any (%s))""",
        [value.role_id, value.group_ids],
    )


def _group(_op: Op, value: UUID | None) -> Fragment:
    if value is None:
        return "false", []
    return "exists (select from group_members m where m.user_id = u.id and m.group_id = %s)", [value]


def _last_login(op: Op, value: Any) -> Fragment:
    return (
        f"""u.id in (
            select a.user_id
            from user_activity a
            where a.last_login_at is not null
              and {LAST_LOGIN} {op.value} %s)""",
        [value],
    )


LAST_LOGIN: LiteralString = (
    "case when a.last_login_at is null then timestamptz '1970-01-01 00:00:00+00' else a.last_login_at end"
)
"""As the index of `user_activity` has it. COALESCE would say the same, but it does not count as leakproof, so under a policy
no index would serve it (PostgreSQL, contain_leaked_vars)."""


def _ids(_op: Op, value: list[UUID]) -> Fragment:
    return "u.id = any (%s)", [value]


FIELDS: dict[str, Field] = {
    "status": Field(_status),
    "active": Field(_can_sign_in),
    "blocked": column("u.blocked"),
    "suspensionEnds": column("((u.state_notes #>> '{suspended,until}') is not null)"),
    "verified": column("u.email_verified"),
    "role": Field(_role),
    "group": Field(_group),
    "createdAt": column("u.created_at"),
    "updatedAt": column("u.updated_at"),
    "lastLoginAt": Field(_last_login),
    "email": column("u.email_key"),
    "username": column("u.username_key"),
    "phoneNumber": column("u.phone"),
    "id": column("u.id"),
    "ids": Field(_ids),
}


class SortOrder(SortBy, frozen=True):
    """An order that an index has, perhaps one of the activity beside the user."""

    joins_activity: bool = False

    @property
    def id(self) -> str:
        """The id beside the expression in its index: one of another table would keep the index from being used."""
        return "a.user_id" if self.joins_activity else "u.id"


SORTS: dict[str, SortOrder] = {
    # Ids are UUIDv7, so their order is the order of creation and needs no index of its own.
    "createdAt": SortOrder("u.id", "uuid"),
    "updatedAt": SortOrder("u.updated_at", "timestamptz"),
    "email": SortOrder("case when u.email_key is null then '' else u.email_key end", "text"),
    "name": SortOrder("u.name_key", "text"),
    "lastLoginAt": SortOrder(LAST_LOGIN, "timestamptz", joins_activity=True),
}
