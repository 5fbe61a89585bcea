"""A really started server: its own process, its own database, a port that was free."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.support.database import SECRET_KEY

READY_WITHIN_SECONDS = 60


class Server(msgspec.Struct, frozen=True):
    """A running `tenantry demo`: where it listens, what demo.json says, and its process."""

    url: str
    tenant: str
    api_key: str
    admin_email: str
    admin_password: str
    data_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        return f"{self.url}/t/{self.tenant}/api/v1/admin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo_server(conninfo: str, data_dir: Path, extra: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Starts `tenantry demo` on the owner's database `conninfo` and waits until it is ready."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    environ |= {
        "TENANTRY_DATA_DIR": str(data_dir),
        "TENANTRY_DATABASE_URL": conninfo,
        "TENANTRY_PORT": str(port),
        "TENANTRY_SECRET_KEY": SECRET_KEY,
        "TENANTRY_HASH_MEMORY_KIB": "1024",
        **(extra or {}),
    }
    with (data_dir / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenantry.app.cli", "demo"], env=environ, stdout=log, stderr=log
        )
        try:
            facts = _wait(process, data_dir, f"http://127.0.0.1:{port}")
            yield Server(
                url=f"http://127.0.0.1:{port}",
                tenant=facts["tenant"],
                api_key=facts["api_key"],
                admin_email=facts["admin_email"],
                admin_password=facts["admin_password"],
                data_dir=data_dir,
                process=process,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=40)


def _wait(process: subprocess.Popen[bytes], data_dir: Path, url: str) -> dict[str, str]:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (data_dir / "demo.json").exists() and _answers(f"{url}/readyz"):
            facts: dict[str, str] = json.loads((data_dir / "demo.json").read_text(encoding="utf-8"))
            return facts
        time.sleep(0.05)
    raise AssertionError(f"the server did not become ready:\n{(data_dir / 'server.log').read_text()}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
