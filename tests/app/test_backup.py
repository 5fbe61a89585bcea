"""What was backed up comes back: people, keys, roles of the database and the walls between tenants."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from psycopg import sql

from tenantry.app.cli import cli
from tests.support import database


def run(conninfo: str, folder: Path, *arguments: str) -> str:
    environ = {
        "TENANTRY_DATABASE_URL": conninfo,
        "TENANTRY_DATA_DIR": str(folder),
        "TENANTRY_SECRET_KEY": database.SECRET_KEY,
    }
    result = CliRunner().invoke(cli, arguments, env=environ)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def empty_database(server_conninfo: str) -> object:
    name = sql.Identifier("tenantry_restored")
    database.run_as_owner(server_conninfo, sql.SQL("drop database if exists {} with (force)").format(name))
    database.run_as_owner(server_conninfo, sql.SQL("create database {}").format(name))
    yield database.named(server_conninfo, "tenantry_restored")
    database.run_as_owner(server_conninfo, sql.SQL("drop database {} with (force)").format(name))


@pytest.mark.slow
def test_a_backup_restores_into_an_empty_database_and_nowhere_else(
    own_database: str, empty_database: str, tmp_path: Path
) -> None:
    run(own_database, tmp_path, "migrate")
    run(
        own_database,
        tmp_path,
        "tenant",
        "create",
        "acme-corp",
        "--name",
        "Acme",
        "--admin-email",
        "ann@example.com",
    )
    file = tmp_path / "acme.dump"
    assert "bytes" in run(own_database, tmp_path, "backup", str(file))
    assert file.stat().st_mode & 0o077 == 0, "the file holds password hashes"

    run(empty_database, tmp_path, "restore", str(file))
    assert "nothing is pending" in run(empty_database, tmp_path, "migrate")
    made = run(
        empty_database,
        tmp_path,
        "apikey",
        "create",
        "--tenant",
        "acme-corp",
        "--name",
        "x",
        "--scope",
        "admin:read",
    )
    assert "sk_live_" in made

    environ = {
        "TENANTRY_DATABASE_URL": empty_database,
        "TENANTRY_DATA_DIR": str(tmp_path),
        "TENANTRY_SECRET_KEY": database.SECRET_KEY,
    }
    again = CliRunner().invoke(cli, ["restore", str(file)], env=environ)
    assert again.exit_code == 2
    assert "not empty" in again.output
