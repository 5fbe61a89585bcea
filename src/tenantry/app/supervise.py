"""Several server processes on one port: started, watched, started again when one dies, and stopped together."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from tenantry.app.refusals import StartRefused
from tenantry.kernel.config import Settings
from tenantry.kernel.embedded.system import die_with_parent
from tenantry.kernel.logs import logger

# A process that ends sooner than this after its start did not get anywhere.
SHORTEST_LIFE = 5.0
MOST_FAILURES = 3
# What the processes may take to end, beyond what requests in flight are given.
MARGIN_SECONDS = 5
# Where the processes write their figures, so that any of them can show those of all.
SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
WAITED_FOR = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
log = logger("supervise")


class Supervisor:
    """Keeps `count` processes of the command `tenantry serve-one` running until a signal comes."""

    def __init__(self, settings: Settings, count: int, arguments: list[str]) -> None:
        self._settings = settings
        self._count = count
        self._arguments = arguments
        self._children: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
        self._environ = dict(os.environ)
        self._stopping = False
        self._failures = 0

    def run(self, stopping: Callable[[], None]) -> None:
        """Returns after SIGTERM or SIGINT and the end of all processes; `stopping` is called when the signal has come.

        Raises StartRefused when the processes do not stay up.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        figures = tempfile.TemporaryDirectory(prefix="tenantry-figures-", ignore_cleanup_errors=True)
        self._environ[SHARED_FIGURES] = figures.name
        for _ in range(self._count):
            self._start()
        try:
            while not self._stopping:
                self._wait_for_one()
            stopping()
        finally:
            self._end_all()
            figures.cleanup()

    def _start(self) -> None:
        command = [sys.executable, "-m", "tenantry.app.cli", "serve-one", "--supervisor", str(os.getpid())]
        child = subprocess.Popen([*command, *self._arguments], env=self._environ)
        self._children[child.pid] = (child, time.monotonic())

    def _wait_for_one(self) -> None:
        """Sleeps until a process ends or a signal comes; a process that ended is replaced."""
        if signal.sigwait(WAITED_FOR) != signal.SIGCHLD:
            self._stopping = True
            return
        for child, started in list(self._children.values()):
            if child.poll() is None:
                continue
            del self._children[child.pid]
            log.error("a server process ended and is replaced", pid=child.pid, code=child.returncode)
            self._failures = self._failures + 1 if time.monotonic() - started < SHORTEST_LIFE else 0
            if self._failures >= MOST_FAILURES:
                raise StartRefused("the server processes end right after their start; the log says why")
            self._start()

    def _end_all(self) -> None:
        for child, _ in self._children.values():
            child.terminate()
        deadline = time.monotonic() + self._settings.shutdown_seconds + MARGIN_SECONDS
        for child, _ in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def end_with(supervisor: int) -> None:
    """Has the kernel end this process at once when the supervisor is gone, however it went.

    At once, because its port is wanted by the one that is started next, and an embedded PostgreSQL is gone with it.
    """
    # The supervisor holds its signals back to wait for them, and its children inherit that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
    die_with_parent(supervisor, signal.SIGKILL)
