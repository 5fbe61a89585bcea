"""Tenants, users, roles, groups, keys, credentials, events and jobs"""

from procrastinate import schema

from tenantry.migrations.sql_files import read_sql, run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FILES = (
    "0000_roles.sql",
    "0001_kernel.sql",
    "0002_tenants_users.sql",
    "0003_access.sql",
    "0004_credentials.sql",
)


def plan() -> str:
    """The SQL that `upgrade` runs."""
    jobs = schema.SchemaManager.get_schema()
    return "\n".join([*(read_sql(name) for name in FILES), jobs, read_sql("0005_jobs.sql")])


def upgrade() -> None:
    run_sql(plan())
