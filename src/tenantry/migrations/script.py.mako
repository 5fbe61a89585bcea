"""${message}"""

from tenantry.migrations.sql_files import run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("FILE.sql")
