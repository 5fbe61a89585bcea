"""What the tests of the embedded PostgreSQL share: other processes, other users, and waiting for facts."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

import tenantry
from tenantry.kernel.embedded import url_for
from tenantry.kernel.embedded.wheel import find_wheel

FAST = {"fsync": "off", "shared_buffers": "32MB"}

SOURCES = Path(tenantry.__file__).parents[1]

_PRELUDE = """
import os, sys, time
from pathlib import Path
sys.path.append(sys.argv.pop(1))
from tenantry.kernel.embedded import EmbeddedError, EmbeddedServer, url_for
from tenantry.kernel.embedded.wheel import wheel_at
FAST = {"fsync": "off", "shared_buffers": "32MB"}
"""


def script(code: str, *arguments: Path) -> subprocess.Popen[str]:
    """Another Python that runs `code` with the embedded package at hand; `arguments` start at sys.argv[1]."""
    command = [sys.executable, "-c", _PRELUDE + code, str(SOURCES), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def output_without(capabilities: list[int], code: str, *arguments: Path) -> str:
    """What `code` prints in a process of root that has lost `capabilities` for good, as in a container."""
    # PR_CAPBSET_DROP of prctl(2): what is dropped here, even root does not get back by exec.
    lose = "for n in map(int, sys.argv[1].split(',')): ctypes.CDLL(None).prctl(24, n, 0, 0, 0)\n"
    drop = "import ctypes, os, sys\n" + lose
    run = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-c', *sys.argv[2:]])"
    lost = ",".join(map(str, capabilities))
    command = [sys.executable, "-c", drop + run, lost, _PRELUDE + code, str(SOURCES), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def run_as(uid: int, python: str, code: str, workshop: Path, home: Path) -> str:
    """What `code` prints when user `uid` runs it with the package in `workshop` and `home` as sys.argv[1]."""
    done = subprocess.run(
        [python, "-c", _PRELUDE + code, str(workshop), str(home)],
        user=uid,
        group=uid,
        extra_groups=[],
        cwd="/",
        env={},
        timeout=60,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def psql_as(uid: int, psql: Path, host: Path) -> str:
    """What psql complains of when user `uid` calls the server at `host`, without a password."""
    command = [str(psql), "-w", "-U", "tenantry", "-h", str(host), "-c", "select 1"]
    done = subprocess.run(
        command, user=uid, group=uid, extra_groups=[], cwd="/", env={}, capture_output=True, text=True
    )
    assert done.returncode != 0
    return done.stderr


def open_workshop(folder: Path) -> None:
    """Puts the package and the wheel into `folder`, for every user to run."""
    package = folder / "tenantry" / "kernel"
    package.mkdir(parents=True)
    shutil.copytree(SOURCES / "tenantry" / "kernel" / "embedded", package / "embedded")
    copy_wheel(folder)
    subprocess.run(["chmod", "-R", "go+rX", folder], check=True)


def connect(home: Path) -> psycopg.Connection[psycopg.rows.TupleRow]:
    """A connection to the server that runs on `home`."""
    url = url_for(home)
    assert url
    return psycopg.connect(url)


def copy_wheel(folder: Path) -> Path:
    """Copies the wheel into `folder`; the path of its package folder there."""
    wheel = find_wheel()
    for source in filter(None, (wheel.package, wheel.libraries)):
        shutil.copytree(
            source, folder / source.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
        )
    return folder / wheel.package.name


def gone(pid: int) -> bool:
    """Whether the process has ended, collected by its parent or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(fact: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits until `fact` holds."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def server_of(home: Path) -> int:
    """The process id that PostgreSQL noted in the cluster."""
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def is_ready(home: Path) -> bool:
    try:
        return "ready" in (home / "postgres" / "postmaster.pid").read_text()
    except FileNotFoundError:
        return False
