"""The server under load: a real `tenantry serve` in its own processes."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

READY_WITHIN = 60.0
DATABASE = "postgres"
STATEMENTS = "tenantry_sql_statements_total"
REQUESTS = "tenantry_http_requests_total"


class StartFailed(Exception):
    """The server did not get ready; the text says what it printed last."""


class Counters(msgspec.Struct, frozen=True):
    """SQL statements of units of work, and answers of the API."""

    statements: float
    requests: float

    def since(self, before: "Counters") -> float:
        """SQL statements a request between two looks."""
        return (self.statements - before.statements) / max(1.0, self.requests - before.requests)


class RunningServer(msgspec.Struct, frozen=True):
    """A server that answers, and how many seconds it took from the start of its process until it was ready."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    ready_seconds: float

    def memory_mib(self) -> float:
        """Resident memory of all processes of the server but PostgreSQL's, in MiB; pages that they share count in each."""
        sizes = [_resident_kib(pid) for pid in _family(self.process.pid) if _name(pid) != DATABASE]
        return sum(sizes) / 1024

    def counters(self) -> "Counters":
        """What the server has counted since its start, as /metrics says."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        answers = [line for line in lines if 'surface="api"' in line]
        return Counters(_sum(lines, STATEMENTS), _sum(answers, REQUESTS))


def _sum(lines: list[str], name: str) -> float:
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@contextmanager
def serving(environ: Mapping[str, str], log: Path, *arguments: str) -> Iterator[RunningServer]:
    """Starts `tenantry serve`, waits until it is ready, and stops it in an orderly way. Raises StartFailed."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tenantry.app.cli", "serve", *arguments]
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env={**environ, "TENANTRY_PORT": str(port)}, stdout=output, stderr=output
        )
        try:
            _wait(process, url, log)
            yield RunningServer(url, port, process, time.perf_counter() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            return
        time.sleep(0.01)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
    raise StartFailed("\n".join(["the server did not get ready:", *said]))


def _family(pid: int) -> list[int]:
    """The process and all that descend from it, by proc_pid_task_children(5)."""
    children: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, path.read_text(encoding="ascii").split())
    return [pid, *(member for child in children for member in _family(child))]


def _name(pid: int) -> str:
    return _status(pid).get("Name", "")


def _resident_kib(pid: int) -> int:
    return int(_status(pid).get("VmRSS", "0 kB").split()[0])


def _status(pid: int) -> dict[str, str]:
    """Lines of /proc/PID/status; none for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
