"""The SQL files of the revisions, and how a revision runs one."""

from pathlib import Path
from typing import cast

import psycopg
from alembic import op

FOLDER = Path(__file__).parent / "sql"


def read_sql(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def run_sql(text: str) -> None:
    """Runs a script of several statements as it stands; percent signs and colons have no meaning in it."""
    raw = cast("psycopg.Connection", op.get_bind().connection.dbapi_connection)
    raw.execute(text)
