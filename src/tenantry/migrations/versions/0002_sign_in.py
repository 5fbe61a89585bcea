"""Sign-in: codes, attempts, throttles, invitations, mail templates, and what an account's states need"""

from tenantry.migrations.sql_files import read_sql, run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FILES = (
    "0010_accounts.sql",
    "0011_codes.sql",
    "0012_sign_in.sql",
    "0013_invitations_messages.sql",
    "0014_deletion.sql",
)


def plan() -> str:
    """The SQL that `upgrade` runs."""
    return "\n".join(read_sql(name) for name in FILES)


def upgrade() -> None:
    run_sql(plan())
