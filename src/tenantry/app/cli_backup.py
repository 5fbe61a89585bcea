"""`tenantry backup` and `tenantry restore`: the whole database in one file, taken while the server runs."""

import os
from pathlib import Path

import click
import psycopg

from tenantry.app.refusals import StartRefused
from tenantry.app.storage import any_database, role_passwords, sealer_of
from tenantry.kernel.config import load_settings
from tenantry.kernel.embedded import run_client
from tenantry.migrations import runner


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the database to FILE, as it is at this moment; the server may go on running.

    Keep the secret key as well, but not beside the file: without it what is sealed cannot be opened.
    """
    if file.exists():
        raise StartRefused(f"{file} exists already; a backup never overwrites another")
    part = file.with_name(f"{file.name}.part")
    with any_database(load_settings(os.environ)) as owner:
        conninfo, password = _apart(owner)
        # The file holds password hashes and addresses: only its owner may read it, from its first byte on.
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        try:
            run_client("pg_dump", ["--format", "custom", "--file", str(part)], conninfo, password)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    part.rename(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Read FILE, written by `tenantry backup`, into an empty database; nothing is written if it is not empty."""
    settings = load_settings(os.environ)
    passwords = role_passwords(sealer_of(settings))
    with any_database(settings) as owner:
        if not _is_empty(owner):
            raise StartRefused(
                "the database is not empty; restore into a new data directory or a new database"
            )
        runner.make_roles(owner)
        conninfo, password = _apart(owner)
        arguments = ["--exit-on-error", "--single-transaction", "--no-comments", str(file)]
        run_client("pg_restore", arguments, conninfo, password)
        runner.migrate(owner, passwords)
    click.echo(f"restored from {file}")


def _apart(owner: str) -> tuple[str, str | None]:
    """The conninfo without its password, and the password."""
    parts = psycopg.conninfo.conninfo_to_dict(owner)
    password = parts.pop("password", None)
    return psycopg.conninfo.make_conninfo("", **parts), None if password is None else str(password)


def _is_empty(owner: str) -> bool:
    with psycopg.connect(owner, autocommit=True) as conn:
        row = conn.execute(
            """
            select count(*)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public'
              and c.relkind in ('r', 'p')
            """
        ).fetchone()
    return row is not None and row[0] == 0
