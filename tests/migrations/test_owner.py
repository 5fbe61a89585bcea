"""The owner of the database needs no superuser's rights: CREATEROLE, or admin option on the roles, is enough."""

import psycopg

from tenantry.migrations import runner
from tenantry.migrations.heads import head
from tests.migrations.conftest import ROLES
from tests.support.database import PASSWORDS


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
