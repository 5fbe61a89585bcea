"""Really started servers, each on a data directory and a port of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ_of(data_dir: Path, **settings: str) -> dict[str, str]:
    """A bare environment: what the machine needs to run a program, and our settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TZ", "TMPDIR")}
    own = {f"TENANTRY_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "HOME": str(data_dir.parent), "TENANTRY_DATA_DIR": str(data_dir), **own}


def tenantry(environ: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end."""
    command = [sys.executable, "-m", "tenantry.app.cli", *arguments]
    return subprocess.run(command, env=dict(environ), capture_output=True, text=True, timeout=PATIENCE * 2)


class Running:
    """A started server: its process, its address, and what it has printed so far."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, output: Path) -> None:
        self.process = process
        self.url = url
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE, **kwargs)

    def stop(self) -> int:
        """Asks for the end and gives the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def wait_for(self, text: str) -> None:
        """Returns once the text was printed."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.said:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.said}"
            assert time.monotonic() < deadline, f"never said {text!r}: {self.said}"
            time.sleep(0.01)


@contextmanager
def running(data_dir: Path, *arguments: str, until: str = "listens on", **settings: str) -> Iterator[Running]:
    """A server from its first word to its end."""
    port = settings.setdefault("port", str(free_port()))
    output = data_dir.parent / f"output-{port}.txt"
    command = [sys.executable, "-m", "tenantry.app.cli", *arguments]
    with output.open("wb") as sink:
        process = subprocess.Popen(command, env=environ_of(data_dir, **settings), stdout=sink, stderr=sink)
    server = Running(process, f"http://127.0.0.1:{port}", output)
    try:
        server.wait_for(until)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def children_of(pid: int) -> list[int]:
    """The processes that were started by this one and still run."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def demo_file(data_dir: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((data_dir / "demo.json").read_text(encoding="utf-8"))
    return found
