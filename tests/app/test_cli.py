"""The command line, as somebody types it."""

import stat
from pathlib import Path

import pytest

from tests.app.processes import environ_of, free_port, tenantry

ADMIN = ("--admin-email", "ada@example.com")


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation that has been migrated and holds one tenant."""
    data_dir = tmp_path_factory.mktemp("cli") / "data"
    made = environ_of(data_dir, port=str(free_port()), hash_memory_kib="64", hash_time_cost="1")
    result = tenantry(made, "tenant", "create", "acme", "--name", "Acme", *ADMIN)
    assert result.returncode == 0, result.stderr
    return made


def test_a_command_makes_and_migrates_the_database_that_it_needs(environ: dict[str, str]) -> None:
    result = tenantry(environ, "migrate")
    assert result.stdout == "nothing is pending\n"


def test_the_data_directory_and_its_secrets_are_private(environ: dict[str, str]) -> None:
    data_dir = Path(environ["TENANTRY_DATA_DIR"])
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((data_dir / "secret.key").stat().st_mode) == 0o600


def test_a_tenant_of_a_taken_name_is_refused_in_one_line(environ: dict[str, str]) -> None:
    result = tenantry(environ, "tenant", "create", "acme", "--name", "Acme", *ADMIN)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "acme" in result.stderr


def test_a_refused_password_leaves_no_tenant_behind(environ: dict[str, str]) -> None:
    create = ("tenant", "create", "later", "--name", "Later", *ADMIN)
    refused = tenantry(environ, *create, "--admin-password", "abc")
    assert refused.returncode == 2
    assert "password" in refused.stderr
    assert tenantry(environ, *create).returncode == 0


def test_a_key_is_printed_once_and_an_unknown_scope_is_named(environ: dict[str, str]) -> None:
    create = ("apikey", "create", "--tenant", "acme", "--name", "Sync", "--scope")
    assert tenantry(environ, *create, "admin:read").stdout.startswith("sk_live_")
    refused = tenantry(environ, *create, "admin:everything")
    assert refused.returncode == 2
    assert "admin:everything" in refused.stderr


def test_generated_users_are_counted_exactly_and_twice_is_no_clash(environ: dict[str, str]) -> None:
    generate = ("users", "generate", "--tenant", "acme", "--count")
    assert "300 users" in tenantry(environ, *generate, "300").stdout
    assert "200 users" in tenantry(environ, *generate, "200").stdout


def test_an_unknown_tenant_is_named(environ: dict[str, str]) -> None:
    result = tenantry(environ, "users", "generate", "--tenant", "nobody", "--count", "1")
    assert result.returncode == 2
    assert "nobody" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_doctor_finds_a_sound_installation_sound_and_shows_no_secret(environ: dict[str, str]) -> None:
    given = {**environ, "TENANTRY_METRICS_TOKEN": "very-secret-token"}
    result = tenantry(given, "doctor")
    assert result.returncode == 0, result.stdout
    assert "0 wrong" in result.stdout
    assert "very-secret-token" not in result.stdout


def test_the_doctor_says_what_to_do_about_each_fault(environ: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    broken = {
        **environ,
        "TENANTRY_DATA_DIR": str(tmp_path / "none"),
        "TENANTRY_DATABASE_URL": f"postgresql://nobody:hidden@127.0.0.1:{port}/none",
        "TENANTRY_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "TENANTRY_SMS_URL": "gateway.example.com",
    }
    result = tenantry(broken, "doctor")
    assert result.returncode == 1
    assert "3 wrong" in result.stdout
    assert result.stdout.count("->") == 4
    assert "hidden" not in result.stdout


def test_the_doctor_makes_nothing_where_there_is_nothing_yet(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    result = tenantry(environ_of(data_dir), "doctor")
    assert result.returncode == 0, result.stderr
    assert "there is none yet" in result.stdout
    assert "`tenantry serve` makes one" in result.stdout
    assert list(data_dir.iterdir()) == []


def test_the_doctor_tells_where_the_secret_key_is_and_aligns_what_it_found(environ: dict[str, str]) -> None:
    said = tenantry(environ, "doctor").stdout
    assert f"generated, in {environ['TENANTRY_DATA_DIR']}/secret.key" in said
    assert "up to date (revision" in said
    checks = said.partition("Checks\n")[2].partition("\n\n")[0].splitlines()
    found = checks[0].index(environ["TENANTRY_DATA_DIR"])
    assert all(line[found - 2 : found].isspace() and not line[found].isspace() for line in checks)


def test_a_wrong_secret_key_is_found_without_words_of_the_databases_log(environ: dict[str, str]) -> None:
    said = tenantry({**environ, "TENANTRY_SECRET_KEY": "x" * 40}, "doctor").stdout
    assert 'password authentication failed for user "tenantry_app"' in said
    assert "FATAL" not in said


def test_the_doctor_misses_a_lost_secret_key_and_makes_no_other(environ: dict[str, str]) -> None:
    key = Path(environ["TENANTRY_DATA_DIR"], "secret.key")
    kept = key.rename(key.with_suffix(".kept"))
    try:
        result = tenantry(environ, "doctor")
        assert result.returncode == 1
        assert "1 wrong" in result.stdout
        assert str(key) in result.stdout
        assert not key.exists()
    finally:
        kept.rename(key)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TENANTRY_PORT", "99999"),
        ("TENANTRY_PORT", "eighty"),
        ("TENANTRY_SECRET_KEY", "short"),
        ("TENANTRY_HOST", "no.such.host.invalid"),
        ("TENANTRY_DATABASE_URL", "this is no url"),
        ("TENANTRY_CONFIG", "/nowhere.toml"),
        ("TENANTRY_TRUSTED_PROXIES", "10.0.0.300"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(environ: dict[str, str], name: str, value: str) -> None:
    result = tenantry({**environ, name: value}, "serve")
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert name in result.stderr or value in result.stderr


def test_the_plan_shows_the_sql_and_changes_nothing(tmp_path: Path) -> None:
    environ = environ_of(tmp_path / "fresh")
    planned = tenantry(environ, "migrate", "--plan")
    assert "create table users" in planned.stdout
    pending = int(planned.stdout.split()[-2])
    assert planned.stdout.endswith(f"{pending} pending\n")
    applied = tenantry(environ, "migrate").stdout
    assert applied.startswith("applied: 0001")
    assert len(applied.split(",")) == pending


def test_a_tenant_is_suspended_and_activated_again(environ: dict[str, str]) -> None:
    assert tenantry(environ, "tenant", "create", "paused", "--name", "Paused", *ADMIN).returncode == 0
    assert "is suspended" in tenantry(environ, "tenant", "suspend", "paused").stdout
    refused = tenantry(
        environ, "apikey", "create", "--tenant", "paused", "--name", "x", "--scope", "admin:read"
    )
    assert refused.returncode == 2
    assert "suspended" in refused.stderr
    assert "is active" in tenantry(environ, "tenant", "activate", "paused").stdout
