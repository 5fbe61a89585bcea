"""Loading many made-up or migrated people at once: COPY into a temporary table, then one INSERT for each table.

COPY cannot write to a table with row-level security, and it is right so: the rows pass the policy in the INSERT. Each row is
what `clean_new_user` makes of a person, like one that comes in by the API. No event is recorded: the people were not created by
anybody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users import permissions
from tenantry.domain.users.model import CleanUser
from tenantry.kernel.db import Handle, connection
from tenantry.kernel.work import Works

# What the database may hold back before it merges new words into the search index: large batches cost a fifth of small ones.
PENDING_LIST_KIB = 256 * 1024
COLUMNS = (
    "id", "email", "email_key", "email_verified", "phone", "phone_verified", "username", "username_key",
    "name", "given_name", "family_name", "locale", "zoneinfo", "profile", "custom_data",
    "blocked", "locked", "disabled", "state_notes", "password_pending", "phone_pending", "mfa_enabled",
    "created_at", "updated_at", "deleted_at", "last_login_at", "login_count", "role_id",
)  # fmt: skip
TYPES = (
    "uuid", "text", "text", "boolean", "text", "boolean", "text", "text",
    "text", "text", "text", "text", "text", "jsonb", "jsonb",
    "boolean", "boolean", "boolean", "jsonb", "text", "boolean", "boolean",
    "timestamptz", "timestamptz", "timestamptz", "timestamptz", "int4", "uuid",
)  # fmt: skip
STAGING = f"""
    create temporary table if not exists loading (
        {", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))}
    ) on commit delete rows
"""
COPY = f"copy loading ({', '.join(COLUMNS)}) from stdin (format binary)"
OWN = ", ".join(COLUMNS[:-3])
NO_OBJECT = Jsonb({})


class LoadedPerson(msgspec.Struct, kw_only=True):
    """One person to store: checked fields, the facts of their states, and what is known of their past."""

    id: UUID
    clean: CleanUser
    created_at: datetime
    role_id: UUID | None = None
    email_verified: bool = True
    phone_verified: bool = True
    blocked: bool = False
    locked: bool = False
    disabled: bool = False
    state_notes: dict[str, Any] = msgspec.field(default_factory=dict)
    password_pending: str | None = None
    phone_pending: bool = False
    mfa_enabled: bool = False
    deleted_at: datetime | None = None
    last_login_at: datetime | None = None
    login_count: int = 0


async def load_people(works: Works, opener: OpenTenant, people: Sequence[LoadedPerson]) -> None:
    """Stores all of them or none, in one transaction. Raises ConstraintBroken when an identifier is taken."""
    async with connection(works.database.writer) as conn, conn.transaction():
        db = Handle(conn)
        opening = await opener(db, for_transaction=True)
        if not opening.actor.may(permissions.CREATE):
            raise PermissionError(permissions.CREATE.name)
        # Losing the last moments of a bulk load in a crash loses nothing that cannot be loaded again.
        await db.run("set local synchronous_commit = off")
        await db.run(f"set local gin_pending_list_limit = {PENDING_LIST_KIB}")
        await db.run(STAGING)
        async with conn.cursor().copy(COPY) as copy:
            copy.set_types(TYPES)
            for person in people:
                await copy.write_row(_row(person))
        await _distribute(db)


async def _distribute(db: Handle) -> None:
    await db.run(f"insert into users ({OWN}) select {OWN} from loading order by id")
    await db.run(
        """
        insert into user_activity (user_id, last_login_at, login_count)
        select id, last_login_at, login_count
        from loading
        order by id
        """
    )
    await db.run(
        """
        insert into user_roles (user_id, role_id, added_at)
        select id, role_id, created_at
        from loading
        where role_id is not null
        order by id
        """
    )


def _row(person: LoadedPerson) -> tuple[Any, ...]:
    clean = person.clean
    return (
        person.id, clean.email, clean.email_key, person.email_verified and clean.email is not None,
        clean.phone, person.phone_verified and clean.phone is not None, clean.username, clean.username_key,
        clean.name, clean.given_name, clean.family_name, clean.locale, clean.zoneinfo,
        Jsonb(clean.profile) if clean.profile else NO_OBJECT,
        Jsonb(clean.custom_data) if clean.custom_data else NO_OBJECT,
        person.blocked, person.locked, person.disabled,
        Jsonb(person.state_notes) if person.state_notes else NO_OBJECT,
        person.password_pending, person.phone_pending, person.mfa_enabled,
        person.created_at, person.created_at, person.deleted_at,
        person.last_login_at, person.login_count, person.role_id,
    )  # fmt: skip
