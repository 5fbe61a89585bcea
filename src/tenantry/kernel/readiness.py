"""Whether the database answers, and how far its tables have been migrated."""

import asyncio

import psycopg

from tenantry.kernel.db import Database, Handle, connection
from tenantry.kernel.errors import DomainError

PATIENCE_SECONDS = 2.0


async def applied_revision(database: Database) -> str | None:
    """The revision that the tables have, or None when the database does not answer within two seconds or was never migrated."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), connection(database.reader) as conn:
            found = await Handle(conn).value("select version_num from alembic_version")
    except (psycopg.Error, DomainError, TimeoutError):
        return None
    return None if found is None else str(found)
