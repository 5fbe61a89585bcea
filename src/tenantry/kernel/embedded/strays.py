"""Servers whose parent is gone: found by the folder they work in, stopped, never adopted."""

import os
import signal
import time
from collections.abc import Iterator
from typing import NoReturn

from tenantry.kernel.embedded.system import RefusedError, become, child_status

# PostgreSQL's documentation, "Shutting Down the Server": fast, then immediate; then by force. With seconds to
# wait.
_SIGNALS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def stop_strays(folder: str, search: bool) -> None:
    """Stops every PostgreSQL process that works in `folder`, and waits; RefusedError when it can't.

    Looks as the folder's owner, because in a container without CAP_SYS_PTRACE a process shows the folder it
    works in to its own user alone. `search`: the server keeps CAP_DAC_READ_SEARCH, so whoever looks at it
    must have it too.
    """
    try:
        facts = os.stat(folder)
    except FileNotFoundError:
        return
    owner = (facts.st_uid, facts.st_gid) if os.geteuid() == 0 and facts.st_uid != 0 else None

    def stop() -> NoReturn:
        become(owner, search)
        for number, patience in _SIGNALS:
            _signal(facts, number)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if not _strays(facts):
                    os._exit(0)
                time.sleep(0.01)
        os._exit(1)

    if child_status(stop) != 0:
        raise RefusedError(f"a PostgreSQL server left over in {folder} can't be stopped")


def _signal(facts: os.stat_result, number: signal.Signals) -> None:
    strays = _strays(facts)
    for pid, parent in strays.items():
        # Only the first process of a server passes a shutdown on; to the others the signal means something
        # else.
        if parent not in strays or number == signal.SIGKILL:
            try:
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # One that was suspended could not obey.
            except ProcessLookupError:
                continue


def _strays(facts: os.stat_result) -> dict[int, int]:
    """Process id -> its parent's, of all PostgreSQL processes that work in the folder with these facts."""
    return {pid: parent for pid, parent in _postgres_processes() if _works_in(pid, facts)}


def _postgres_processes() -> Iterator[tuple[int, int]]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                head, _, tail = stat.read().rpartition(")")
        except OSError:
            continue
        state, parent = tail.split()[:2]
        if head.partition("(")[2] in ("postgres", "initdb") and state not in "ZX":
            yield int(name), int(parent)


def _works_in(pid: int, facts: os.stat_result) -> bool:
    try:
        there = os.stat(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (facts.st_dev, facts.st_ino)
