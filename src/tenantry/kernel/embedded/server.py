"""Starts, finds and stops the embedded PostgreSQL of a data directory."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tenantry.kernel.embedded.complaints import Complaints
from tenantry.kernel.embedded.errors import EmbeddedError
from tenantry.kernel.embedded.identity import choose_accounts
from tenantry.kernel.embedded.lock import Lock, TakenError, is_held, read_notes
from tenantry.kernel.embedded.tuning import server_settings
from tenantry.kernel.embedded.wheel import Wheel, find_wheel

# For a bare interpreter (no site packages), which finds this package in the folder given as its first
# argument.
_LAUNCHER = "\n".join(
    (
        "import sys",
        "sys.path.append(sys.argv[1])",
        "from tenantry.kernel.embedded.launch import main",
        "main(sys.argv[2])",
    )
)
_SOURCES = str(Path(__file__).resolve().parents[3])
_SOCKET = ".s.PGSQL.5432"
# unix(7): the address of a socket holds 108 bytes, the closing zero among them.
_SOCKET_PATH_BYTES = 107
# How long a fast shutdown, then an immediate one, may take before the next harder signal.
_STOP_SECONDS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


class EmbeddedServer:
    """The PostgreSQL server of one data directory, a child of this process and gone with it, however it ends.

    `settings` are PostgreSQL settings by name; those that keep the server private can't be changed. `wheel`
    names the binaries where they are not the installed ones. An instance belongs to the process that started
    it, and only that process stops it.
    """

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str] | None = None, wheel: Wheel | None = None
    ) -> None:
        self._home = data_dir.absolute()
        self._settings = dict(settings or {})
        self._wheel = wheel
        self._lock: Lock | None = None
        self._complaints: Complaints | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: int | None = None
        self._owner = os.getpid()

    @property
    def pid(self) -> int | None:
        """The process id of the server, None when it was not started or is stopped."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """`begin` and `wait` in one."""
        self.begin()
        return self.wait()

    def begin(self) -> None:
        """Launches the server and returns at once. On the first start the cluster is made as well.

        Raises EmbeddedError when the data directory is in use, unusable or of another PostgreSQL version, or
        when this machine can't run the server; RuntimeError outside the main thread and on a second call.
        """
        if sys.platform != "linux":
            raise EmbeddedError(
                f"the embedded PostgreSQL runs on Linux, not on {sys.platform}; set TENANTRY_DATABASE_URL to "
                "your own server"
            )
        if threading.current_thread() is not threading.main_thread():
            # The kernel takes the end of the starting thread for the end of the parent.
            raise RuntimeError("the embedded PostgreSQL must be started from the main thread")
        if self._process:
            raise RuntimeError("this embedded PostgreSQL was started already")
        self._lock = _lock(self._home)
        try:
            self._launch()
        except BaseException:
            self._let_go()
            raise

    def wait(self, timeout: float = 90.0) -> str:
        """Blocks until the server accepts connections, at most `timeout` seconds; returns the owner's URL.

        The URL names the database `tenantry` and its superuser. It is good for every process of this user on
        this machine as long as the server runs. Raises EmbeddedError when the server ends or is not ready in
        time.
        """
        process = self._process
        if process is None or self._lock is None or self._complaints is None:
            raise RuntimeError("the embedded PostgreSQL was not begun")
        deadline = time.monotonic() + timeout
        while not _is_ready(_cluster(self._home), process.pid):
            if process.poll() is not None:
                self._let_go()
                raise EmbeddedError(f"the embedded PostgreSQL did not start: {self._complaints.reason()}")
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(
                    f"the embedded PostgreSQL was not ready within {timeout:.0f} s; see {_log(self._home)}"
                )
            time.sleep(0.005)
        host = self._reachable_host()
        self._lock.note({"owner": self._owner, "server": process.pid, "host": host})
        return _url(self._home, host)

    def stop(self) -> None:
        """Ends all connections, shuts the server down and waits for its end. Not running: does nothing."""
        if self._process is None or os.getpid() != self._owner:
            return
        for number, patience in _STOP_SECONDS:
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        self._let_go()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        wheel = self._wheel or find_wheel()
        cluster = _cluster(self._home)
        _check_version(cluster, wheel)
        accounts = choose_accounts(cluster)
        password_file = _password_file(self._home)
        if not _has_content(password_file):
            _make_password(self._home, cluster)
        plan = {
            "parent": os.getpid(),
            "cluster": str(cluster),
            "password_file": str(password_file),
            "package": str(wheel.package),
            "libraries": str(wheel.libraries) if wheel.libraries else None,
            "server": accounts.server if accounts else None,
            "builder": accounts.builder if accounts else None,
            "settings": server_settings(self._settings),
        }
        self._complaints = Complaints(_log(self._home), cluster / "log")
        with open(_log(self._home), "wb", opener=_open_private) as log:
            # A group of its own: an interrupt typed at the terminal must not reach the server before the
            # requests in flight have ended.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, _SOURCES, json.dumps(plan)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _reachable_host(self) -> str:
        """The socket's folder, short and plain enough for libpq, which takes 107 bytes and splits at commas.

        Where the path is neither, it is an open file of this process: other processes of the same user can
        enter it by that name, and there is nothing to clean up when we die.
        """
        cluster = str(_cluster(self._home))
        if cluster.isascii() and "," not in cluster and len(cluster) + len(_SOCKET) < _SOCKET_PATH_BYTES:
            return cluster
        if self._folder is None:
            self._folder = os.open(cluster, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/{os.getpid()}/fd/{self._folder}"

    def _let_go(self) -> None:
        if self._folder is not None:
            os.close(self._folder)
        if self._lock is not None:
            self._lock.release()
        self._folder = self._lock = self._process = None


def url_for(data_dir: Path) -> str | None:
    """The owner's URL of the server that runs below `data_dir` now, in any process, or None."""
    home = data_dir.absolute()
    lock = _lock_file(home)
    host = read_notes(lock).get("host") if is_held(lock) else None
    return _url(home, host) if isinstance(host, str) else None


def has_cluster(data_dir: Path) -> bool:
    """Whether a start would find a cluster below `data_dir` instead of making one; yes where that can't be seen."""
    try:
        _cluster(data_dir.absolute()).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def check_unused(data_dir: Path) -> None:
    """Raises EmbeddedError when a living process has a server on `data_dir`."""
    home = data_dir.absolute()
    if is_held(_lock_file(home)):
        raise _taken(home)


def _taken(home: Path) -> EmbeddedError:
    owner = read_notes(_lock_file(home)).get("owner", "unknown")
    return EmbeddedError(
        f"the data directory {home} is in use: Tenantry is already running on it (process {owner}); stop that "
        "first, or name another directory by TENANTRY_DATA_DIR"
    )


def _url(home: Path, host: str) -> str:
    try:
        password = _password_file(home).read_text(encoding="ascii").strip()
    except OSError as error:
        raise EmbeddedError(f"{_password_file(home)} can't be read: {error.strerror}") from error
    return f"postgresql://tenantry:{password}@/tenantry?host={quote(host, safe='')}&port=5432"


def _lock(home: Path) -> Lock:
    path = _lock_file(home)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Lock(path)
    except TakenError as error:
        raise _taken(home) from error
    except OSError as error:
        raise EmbeddedError(f"the data directory {home} can't be written: {error.strerror}") from error


def _check_version(cluster: Path, wheel: Wheel) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        if cluster.exists():
            raise EmbeddedError(
                f"{cluster} exists but holds no PostgreSQL data; move it away or restore it"
            ) from None
        return
    except PermissionError:
        return  # Somebody else's cluster; the choice of accounts says so.
    if found != wheel.major:
        raise EmbeddedError(
            f"{cluster} was written by PostgreSQL {found}, the installed one is {wheel.major}; dump it with "
            "the old version and restore it into a new data directory"
        )


def _has_content(path: Path) -> bool:
    try:
        return bool(path.read_bytes().strip())
    except FileNotFoundError:
        return False


def _make_password(home: Path, cluster: Path) -> None:
    """Writes a new random password; whole or not at all, so that a crash leaves no half of one."""
    path = _password_file(home)
    if cluster.exists():
        raise EmbeddedError(
            f"{path} is missing or empty, but {cluster} exists; restore the file from a backup"
        )
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(os.urandom(24).hex().encode() + b"\n")
            file.flush()
            os.fsync(descriptor)
        draft.rename(path)
    except OSError as error:
        raise EmbeddedError(f"the data directory {home} can't be written: {error.strerror}") from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _is_ready(cluster: Path, pid: int) -> bool:
    """Whether postmaster.pid (its lines: PostgreSQL's miscadmin.h) says that this very process is ready."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _cluster(home: Path) -> Path:
    return home / "postgres"


def _lock_file(home: Path) -> Path:
    return home / "postgres.lock"


def _password_file(home: Path) -> Path:
    return home / "postgres.password"


def _log(home: Path) -> Path:
    return home / "postgres.start.log"
