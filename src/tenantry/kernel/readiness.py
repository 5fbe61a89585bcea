"""Whether the database answers, and how far its tables have been migrated."""

import asyncio

import msgspec
import psycopg

from tenantry.kernel.db import Database, Handle, connection
from tenantry.kernel.errors import DomainError

# Below the second after which many who ask give up: they shall hear a reason.
PATIENCE_SECONDS = 0.8


class Readiness(msgspec.Struct, frozen=True):
    """What the database said. `revision` is None where it was never migrated, or said nothing."""

    answers: bool
    revision: str | None = None


async def database_readiness(database: Database) -> Readiness:
    """Asks the database in one statement, on a connection of its own, and waits for at most `PATIENCE_SECONDS`.

    A server whose readers all have to wait is busy, not away. To take it out of service would give its load to others.
    """
    asking = asyncio.create_task(_ask(database))
    answered, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
    if answered:
        return asking.result()
    # Where the database has gone silent, even giving up takes its time, which is not waited for.
    asking.cancel()
    return Readiness(answers=False)


async def _ask(database: Database) -> Readiness:
    try:
        async with connection(database.probe) as conn:
            found = await Handle(conn).value("select version_num from alembic_version")
    except psycopg.errors.UndefinedTable:
        return Readiness(answers=True)
    except (psycopg.Error, DomainError):
        return Readiness(answers=False)
    return Readiness(answers=True, revision=None if found is None else str(found))
