"""Becomes the PostgreSQL server, in a process of its own that has the plan as its only argument.

A process of its own, because giving up root, entering a mount namespace and asking to die with the parent are
deeds of a whole process, unsafe between fork and exec of a program with threads. It ends by exec, so the
process id that the parent knows is the server's.

Everything PostgreSQL does with its data goes through /proc/self/cwd: the process enters the cluster while it
still may, and from then on needs no permission on any folder above it, and no path is ever too long for a
socket.

Prints `refused: <one line>` on standard error and exits with 3 when it can't go on.
"""

import json
import locale
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import NamedTuple, NoReturn

from tenantry.kernel.embedded.reach import Binaries, Way, choose_way
from tenantry.kernel.embedded.strays import stop_strays
from tenantry.kernel.embedded.system import RefusedError, become, child_status, die_with_parent

_HERE = "/proc/self/cwd"
_LOG_LIMIT_BYTES = 64 << 20
_FIRST_SQL = b"create database tenantry;\n"


class Plan(NamedTuple):
    """What the parent decided. `server` and `builder` are (user id, group id), None to stay who we are.

    The builder makes the cluster and must have a name, the server need not.
    """

    parent: int
    cluster: str
    password_file: str
    package: str
    libraries: str | None
    server: tuple[int, int] | None
    builder: tuple[int, int] | None
    settings: dict[str, str]


def main(argument: str) -> NoReturn:
    """Runs the plan, given as JSON."""
    plan = Plan(**json.loads(argument))
    try:
        die_with_parent(plan.parent, signal.SIGKILL)
        way = _way(plan)
        staging = f"{plan.cluster}.new"
        for folder in (plan.cluster, staging):
            stop_strays(folder, way.search)
        if not os.path.isdir(plan.cluster):
            _build(plan, way, staging)
        _serve(plan, way)
    except RefusedError as error:
        print(f"refused: {error}", file=sys.stderr, flush=True)
    except OSError as error:
        print(f"refused: PostgreSQL can't be started: {error}", file=sys.stderr, flush=True)
    os._exit(3)


def _way(plan: Plan) -> Way:
    users = [user for user in (plan.server, plan.builder) if user]
    if not users:
        return Way(plan.package)
    return choose_way(Binaries(plan.package, plan.libraries, users, [plan.cluster, plan.password_file]))


def _serve(plan: Plan, way: Way) -> NoReturn:
    os.chdir(plan.cluster)
    # The lock is ours and strays are stopped, so these are left over from a crash. PostgreSQL would be misled
    # by them if the process id in them belonged to somebody else by now.
    for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        Path(name).unlink(missing_ok=True)
    for log in Path("log").glob("*.log"):
        if log.stat().st_size > _LOG_LIMIT_BYTES:
            log.unlink()
    become(plan.server, way.search)
    # Last, because a change of user undoes it. An interrupt means fast shutdown to PostgreSQL.
    die_with_parent(plan.parent, signal.SIGINT)
    _execute(way, "postgres", ["-D", _HERE, *(f"--{name}={value}" for name, value in plan.settings.items())])


def _build(plan: Plan, way: Way, staging: str) -> None:
    """Makes the cluster beside its place and moves it there when it is whole."""
    shutil.rmtree(staging, ignore_errors=True)
    os.mkdir(staging, 0o700)
    if plan.builder:
        os.chown(staging, *plan.builder)
    password = Path(plan.password_file).read_bytes()
    durable = plan.settings.get("fsync") != "off"

    def initialise() -> NoReturn:
        os.chdir(staging)
        become(plan.builder, way.search)
        _initdb(way, password, durable)

    def create_database() -> NoReturn:
        os.chdir(staging)
        become(plan.builder, way.search)
        os.dup2(_pipe_with(_FIRST_SQL)[0], 0)
        fsync = f"--fsync={'on' if durable else 'off'}"
        quiet = ["--exit_on_error=on", "--log_min_messages=fatal", fsync]
        _execute(way, "postgres", ["--single", "-D", _HERE, *quiet, "postgres"])

    for step in (initialise, create_database):
        if child_status(step) != 0:
            raise RefusedError("a new database cluster can't be made")
    if plan.server:
        _give_away(staging, *plan.server)
    os.rename(staging, plan.cluster)
    os.fsync(os.open(os.path.dirname(plan.cluster), os.O_RDONLY | os.O_DIRECTORY))


def _initdb(way: Way, password: bytes, durable: bool) -> NoReturn:
    reading, writing = _pipe_with(password)
    # The writing end stays open, too: initdb opens the reading end by name, which waits for a writer.
    os.set_inheritable(reading, True)
    os.set_inheritable(writing, True)
    options = [
        "-D",
        _HERE,
        "--username=tenantry",
        f"--pwfile=/dev/fd/{reading}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-locale",
        # pg_trgm asks the C library what a letter is, and in the plain C locale only ASCII has letters.
        f"--lc-ctype={_character_locale()}",
        "--no-instructions",
    ]
    _execute(way, "initdb", options if durable else [*options, "--no-sync"])


def _character_locale() -> str:
    for name in ("C.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        return name
    return "C"


def _give_away(folder: str, uid: int, gid: int) -> None:
    for top, _, files in os.walk(folder):
        for path in (top, *(os.path.join(top, name) for name in files)):
            os.chown(path, uid, gid, follow_symlinks=False)


def _pipe_with(content: bytes) -> tuple[int, int]:
    reading, writing = os.pipe()
    os.write(writing, content)
    return reading, writing


def _execute(way: Way, program: str, arguments: list[str]) -> NoReturn:
    path = os.path.join(way.package, "pginstall", "bin", program)
    # Nothing else of the parent's environment: it may hold secrets, and PG* variables would change what we
    # ask for.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    os.execve(path, [path, *arguments], {"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC", **kept})
