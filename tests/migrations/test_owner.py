"""The owner of the database needs no superuser's rights: CREATEROLE, or admin option on the roles, is enough."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE
from tenantry.migrations import runner
from tenantry.migrations.heads import head
from tests.support.database import PASSWORDS, named

ROLES = (APP_ROLE, SYSTEM_ROLE, "tenantry_definer")


@pytest.fixture
def plain_owner(server_conninfo: str) -> Iterator[str]:
    """The conninfo of an owner who may make roles, and of an empty database of theirs."""
    name = f"owner_{uuid4().hex}"
    who = sql.Identifier(name)
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    with psycopg.connect(named(server_conninfo, "postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("create role {} login createrole password 'owner'").format(who))
        try:
            # The roles of this cluster are there already; who makes them has the option without being given it.
            conn.execute(sql.SQL("grant {} to {} with admin option").format(roles, who))
            conn.execute(sql.SQL("create database {} owner {}").format(who, who))
            yield make_conninfo(server_conninfo, user=name, password="owner", dbname=name)
        finally:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(who))
            conn.execute(sql.SQL("drop owned by {}").format(who))
            conn.execute(sql.SQL("drop role {}").format(who))


def test_an_owner_who_is_no_superuser_can_migrate(plain_owner: str) -> None:
    runner.migrate(plain_owner, PASSWORDS)
    with psycopg.connect(plain_owner) as conn:
        assert conn.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (
            False,
        )
        assert conn.execute("select version_num from alembic_version").fetchone() == (head(),)
        creators = conn.execute(
            """
            select array_agg(r.rolname)
            from pg_roles r
            where r.rolname = any (%s)
              and has_schema_privilege(r.oid, 'public', 'create')
            """,
            (list(ROLES),),
        ).fetchone()
        assert creators == (None,)
