"""`tenantry migrate`: applies or shows what is pending. It loads Alembic and ends, so that no server carries it."""

import os

import click
import psycopg
from rich.console import Console
from rich.syntax import Syntax

from tenantry.app.refusals import StartRefused
from tenantry.app.storage import any_database, role_passwords, sealer_of
from tenantry.kernel.config import load_settings
from tenantry.migrations import runner

OLDEST = 160000


@click.command()
@click.option("--plan", is_flag=True, help="Show the SQL that is pending and change nothing.")
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
def migrate(plan: bool, quiet: bool) -> None:
    """Apply pending migrations, or show them with --plan."""
    settings = load_settings(os.environ)
    try:
        with any_database(settings) as owner:
            _check_version(owner)
            if plan:
                _show(owner)
                return
            applied = runner.migrate(owner, role_passwords(sealer_of(settings)))
    except psycopg.errors.LockNotAvailable as error:
        raise StartRefused(
            "a table is in use for longer than a migration may wait; try again in a moment"
        ) from error
    except psycopg.OperationalError as error:
        raise StartRefused(f"the database cannot be used: {_first_line(error)}") from error
    except psycopg.Error as error:
        raise StartRefused(
            f"the migration was refused and left nothing behind: {_first_line(error)}"
        ) from error
    if not quiet:
        click.echo(f"applied: {', '.join(applied)}" if applied else "nothing is pending")


def _check_version(owner: str) -> None:
    with psycopg.connect(owner, autocommit=True) as conn:
        if conn.info.server_version < OLDEST:
            found = conn.info.server_version // 10000
            raise StartRefused(
                f"the database is PostgreSQL {found}; version {OLDEST // 10000} or newer is needed"
            )


def _show(owner: str) -> None:
    console = Console()
    waiting = runner.pending(owner)
    for revision in waiting:
        console.rule(f"{revision.revision}  {revision.title}")
        if console.is_terminal:
            console.print(Syntax(revision.sql, "sql", background_color="default"))
        else:
            click.echo(revision.sql)
    click.echo(f"{len(waiting)} pending" if waiting else "nothing is pending")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
