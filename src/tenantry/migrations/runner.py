"""Applies and shows pending revisions. Heavy to import, so `tenantry serve` runs it in a process that ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec
import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, pool

from tenantry.migrations.sql_files import read_sql

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "15min"
# Any number will do as long as it stays the same: two servers that start at once take turns.
ADVISORY_LOCK = 7_204_118_336


class PendingRevision(msgspec.Struct, frozen=True):
    """One revision that is still to be applied, with the SQL that it would run."""

    revision: str
    title: str
    sql: str


def pending(conninfo: str) -> list[PendingRevision]:
    """The revisions that are still to be applied, in order."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        current = _current(conn)
    scripts = _scripts()
    waiting = list(scripts.walk_revisions("base", "heads"))
    waiting.reverse()
    if current is not None:
        names = [s.revision for s in waiting]
        waiting = waiting[names.index(current) + 1 :]
    return [PendingRevision(s.revision, s.doc, cast("str", s.module.plan())) for s in waiting]


def make_roles(conninfo: str) -> None:
    """Makes the cluster's roles where they are missing, as a restore needs them before it begins."""
    with psycopg.connect(conninfo) as conn:
        conn.execute(read_sql("0000_roles.sql").encode())


def migrate(conninfo: str, role_passwords: dict[str, str], target: str = "head") -> list[str]:
    """Applies what is pending up to `target`, sets the passwords of the login roles, and gives the names of the revisions that
    it applied."""
    with _connection(conninfo) as (raw, config):
        before = _current(raw)
        command.upgrade(config, target)
        applied = (
            []
            if before == _current(raw)
            else [
                p.revision for p in _between(before) if target in ("head", p.revision) or p.revision < target
            ]
        )
        for role, password in role_passwords.items():
            # A verifier instead of the password: a server that logs its DDL then logs nothing of use.
            verifier = raw.pgconn.encrypt_password(
                password.encode(), role.encode(), b"scram-sha-256"
            ).decode()
            raw.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier))
            )
        raw.execute("select ensure_event_partitions(3)")
        raw.commit()
    return applied


def _between(before: str | None) -> Iterator[Script]:
    for script in reversed(list(_scripts().walk_revisions("base", "heads"))):
        if before is None or script.revision > before:
            yield script


@contextmanager
def _connection(conninfo: str) -> Iterator[tuple[psycopg.Connection, Config]]:
    def connect() -> psycopg.Connection:
        options = f"-c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT}"
        return psycopg.connect(conninfo, options=options)

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=pool.NullPool)
    config = _config()
    with engine.connect() as connection:
        raw = cast("psycopg.Connection", connection.connection.dbapi_connection)
        raw.execute("select pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        raw.commit()
        config.attributes["connection"] = connection
        yield raw, config
    engine.dispose()


def _current(conn: psycopg.Connection) -> str | None:
    row = conn.execute("select to_regclass('public.alembic_version') is not null").fetchone()
    if row is None or not row[0]:
        return None
    found = conn.execute("select version_num from alembic_version").fetchone()
    return None if found is None else str(found[0])


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
