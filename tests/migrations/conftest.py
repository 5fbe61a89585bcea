"""An owner of the database as an operator may have one: no superuser."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE
from tests.support.database import named

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
            conn.execute(sql.SQL("grant {} to {} with admin true, inherit false").format(roles, who))
            conn.execute(sql.SQL("create database {} owner {}").format(who, who))
            yield make_conninfo(server_conninfo, user=name, password="owner", dbname=name)
        finally:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(who))
            conn.execute(sql.SQL("drop owned by {}").format(who))
            conn.execute(sql.SQL("drop role {}").format(who))
