"""What an earlier release has stored survives the revisions that come after it."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tenantry.kernel.crypto import token_hash
from tenantry.kernel.ids import new_id
from tenantry.migrations import runner
from tenantry.migrations.heads import head
from tests.support.database import PASSWORDS, named, run_as_owner

TENANT, USER = new_id(), new_id()


@pytest.fixture
def empty_database(server_conninfo: str) -> Iterator[str]:
    name = f"tenantry_{uuid4().hex}"
    made = sql.Identifier(name)
    run_as_owner(server_conninfo, sql.SQL("create database {}").format(made))
    try:
        yield named(server_conninfo, name)
    finally:
        run_as_owner(server_conninfo, sql.SQL("drop database {} with (force)").format(made))


def test_links_that_were_mailed_before_the_second_revision_go_on_working(empty_database: str) -> None:
    assert runner.migrate(empty_database, PASSWORDS, "0001") == ["0001"]
    with psycopg.connect(empty_database) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(TENANT),))
        conn.execute(
            """
            insert into tenants (id, slug, name, created_at, updated_at)
            values (%s, 'acme', 'Acme', now(), now())
            """,
            (TENANT,),
        )
        conn.execute(
            """
            insert into users (id, email, email_key, created_at, updated_at)
            values (%s, 'ann@example.com', 'ann@example.com', now(), now())
            """,
            (USER,),
        )
        conn.execute(
            """
            insert into recovery_codes (id, user_id, purpose, token_hash, sent_to, epoch, created_at, expires_at)
            values (%s, %s, 'password_setup', %s, 'ann@example.com', 0, now(), now() + interval '1 day')
            """,
            (new_id(), USER, token_hash("mailed")),
        )
    assert next(revision.revision for revision in runner.pending(empty_database)) == "0002"
    assert runner.migrate(empty_database, PASSWORDS)[-1] == head()
    with psycopg.connect(empty_database) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(TENANT),))
        rows = conn.execute(
            "select kind, form, channel, user_id, sent_to from codes where secret_hash = %s and used_at is null",
            (token_hash("mailed"),),
        ).fetchall()
        assert rows == [("password_setup", "link", "email", USER, "ann@example.com")]
        assert conn.execute("select to_regclass('recovery_codes')").fetchone() == (None,)
    assert runner.migrate(empty_database, PASSWORDS) == []
