"""Portal: bulk jobs, saved views, figures by the day, and what a tenant looks like"""

from tenantry.migrations.sql_files import read_sql, run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILES = (
    "0020_bulk_jobs.sql",
    "0021_figures.sql",
    "0022_branding.sql",
    "0023_audit_log.sql",
    "0024_whole_rights.sql",
    "0025_statistics.sql",
)


def plan() -> str:
    """The SQL that `upgrade` runs."""
    return "\n".join(read_sql(name) for name in FILES)


def upgrade() -> None:
    run_sql(plan())
