"""What an earlier release has stored survives the revisions that come after it, whether or not the owner is a superuser."""

from datetime import datetime, timedelta

import psycopg

from tenantry.app.catalogue import PERMISSIONS
from tenantry.domain.roles.rules import SYSTEM_ROLES, system_grants
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.ids import new_id
from tenantry.migrations import runner
from tenantry.migrations.heads import head
from tests.support.database import PASSWORDS

TENANT, USER = new_id(), new_id()
FIRST_PERMISSIONS = (
    "settings:read", "settings:write", "users:read", "users:create", "users:update", "users:delete", "groups:read",
    "groups:write", "groups:assign", "roles:read", "roles:write", "roles:assign", "apikeys:read", "apikeys:write", "audit:read",
    "audit:export",
)  # fmt: skip


def found_tenant(conn: psycopg.Connection) -> None:
    """The tenant as the first revision knows it."""
    conn.execute("select set_config('app.tenant', %s, false)", (str(TENANT),))
    conn.execute(
        """
        insert into tenants (id, slug, name, created_at, updated_at)
        values (%s, 'acme', 'Acme', now(), now())
        """,
        (TENANT,),
    )


def found_roles(conn: psycopg.Connection) -> None:
    """The tenant's system roles with what the first revision's program granted them."""
    conn.cursor().executemany(
        """
        insert into permissions (id, slug, name, description, is_system, created_at, updated_at)
        values (%s, %s, %s, 'as it was', true, now(), now())
        """,
        [(new_id(), slug, slug) for slug in FIRST_PERMISSIONS],
    )
    conn.cursor().executemany(
        """
        insert into roles (id, slug, name, is_system, created_at, updated_at)
        values (%s, %s, %s, true, now(), now())
        """,
        [(new_id(), role.slug, role.name) for role in SYSTEM_ROLES],
    )
    conn.cursor().executemany(
        """
        insert into role_permissions (role_id, permission_id)
        select r.id, p.id
        from roles r, permissions p
        where r.slug = %s
          and p.slug = %s
        """,
        system_grants(FIRST_PERMISSIONS),
    )


def test_links_that_were_mailed_before_the_second_revision_go_on_working(plain_owner: str) -> None:
    assert runner.migrate(plain_owner, PASSWORDS, "0001") == ["0001"]
    with psycopg.connect(plain_owner) as conn:
        found_tenant(conn)
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
    assert next(revision.revision for revision in runner.pending(plain_owner)) == "0002"
    assert runner.migrate(plain_owner, PASSWORDS)[-1] == head()
    with psycopg.connect(plain_owner) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(TENANT),))
        rows = conn.execute(
            "select kind, form, channel, user_id, sent_to from codes where secret_hash = %s and used_at is null",
            (token_hash("mailed"),),
        ).fetchall()
        assert rows == [("password_setup", "link", "email", USER, "ann@example.com")]
        assert conn.execute("select to_regclass('recovery_codes')").fetchone() == (None,)
    assert runner.migrate(plain_owner, PASSWORDS) == []


def test_people_who_were_deleted_before_the_second_revision_are_purged_a_month_after_that(
    plain_owner: str,
) -> None:
    runner.migrate(plain_owner, PASSWORDS, "0001")
    with psycopg.connect(plain_owner) as conn:
        found_tenant(conn)
        conn.execute(
            """
            insert into users (id, email, email_key, created_at, updated_at, deleted_at)
            values (%s, 'ann@example.com', 'ann@example.com', now(), now(), '2026-01-01T00:00:00Z')
            """,
            (USER,),
        )
    runner.migrate(plain_owner, PASSWORDS)
    with psycopg.connect(plain_owner) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(TENANT),))
        assert conn.execute("select purge_at from users").fetchall() == [
            (datetime.fromisoformat("2026-01-01T00:00:00Z") + timedelta(days=30),)
        ]


def test_the_system_roles_of_a_tenant_of_the_first_revision_are_given_what_new_tenants_give_them(
    plain_owner: str,
) -> None:
    runner.migrate(plain_owner, PASSWORDS, "0001")
    with psycopg.connect(plain_owner) as conn:
        found_tenant(conn)
        found_roles(conn)
    runner.migrate(plain_owner, PASSWORDS)
    with psycopg.connect(plain_owner) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(TENANT),))
        described = conn.execute("select slug, description from permissions").fetchall()
        granted = conn.execute(
            """
            select r.slug, p.slug
            from role_permissions rp
            join roles r on r.id = rp.role_id
            join permissions p on p.id = rp.permission_id
            """
        ).fetchall()
    assert dict(described) == {
        permission.name: "as it was" if permission.name in FIRST_PERMISSIONS else permission.description
        for permission in PERMISSIONS
    }
    assert sorted(granted) == sorted(system_grants(permission.name for permission in PERMISSIONS))


def test_every_policy_binds_the_owner_again_after_the_upgrade(plain_owner: str) -> None:
    runner.migrate(plain_owner, PASSWORDS)
    with psycopg.connect(plain_owner) as conn:
        free = conn.execute(
            "select relname from pg_class where relrowsecurity and not relforcerowsecurity"
        ).fetchall()
    assert free == []
