"""wrk: as many requests as the connections bear, each connection sending its next one when the last is answered."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.server import RunningServer
from bench.stage import Tenant
from tools.programs import WRK, ensure

SCRIPT = Path(__file__).parent / "wrk" / "load.lua"
MARK = "RESULT "


class LoadFailed(Exception):
    """The server refused or dropped requests that it should have answered."""


class Load(msgspec.Struct, frozen=True):
    """What came of one run: `refused` are statuses of 400 and more, `broken` are connections, reads and writes that failed."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int = 0
    broken: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


class Wrk:
    """Loads one server in the name of one tenant, from one thread of wrk."""

    def __init__(self, server: RunningServer, tenant: Tenant, connections: int) -> None:
        self._server = server
        self._tenant = tenant
        self._connections = connections
        self._program = ensure(WRK)

    @property
    def base(self) -> str:
        return f"/t/{self._tenant.slug}/api/v1/admin"

    def get(self, paths: Sequence[str], seconds: float, offset: int = 0) -> Load:
        """GETs the paths below the admin API in turn, beginning at `offset`. Raises LoadFailed."""
        with tempfile.NamedTemporaryFile("w", suffix=".paths", encoding="ascii") as file:
            file.writelines(f"{self.base}{path}\n" for path in paths)
            file.flush()
            return self._run(seconds, "get", file.name, str(offset))

    def post(self, path: str, body: str, seconds: float) -> Load:
        """POSTs the body with `@@` replaced by a number that grows. Raises LoadFailed."""
        return self._run(seconds, "post", f"{self.base}{path}", body)

    def post_as_visitor(self, path: str, body: str, seconds: float, people: int) -> Load:
        """POSTs to a path of the tenant's API for everybody, `@@` being 1 to `people` in turn. Raises LoadFailed."""
        address = f"/t/{self._tenant.slug}/api/v1{path}"
        return self._run(seconds, "post", address, body, str(people))

    def _run(self, seconds: float, *arguments: str) -> Load:
        # wrk takes whole seconds only.
        command = [
            self._program,
            *(
                "-t",
                "1",
                "-c",
                str(self._connections),
                "-d",
                f"{max(1, round(seconds))}s",
                "--timeout",
                "30s",
            ),
            *("-H", f"Authorization: Bearer {self._tenant.key}"),
            *("-s", str(SCRIPT), self._server.url, "--", *arguments),
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line for line in result.stdout.splitlines() if line.startswith(MARK)]
        if result.returncode or not lines:
            raise LoadFailed(f"wrk failed: {result.stderr.strip() or result.stdout.strip()}")
        load = msgspec.json.decode(lines[0].removeprefix(MARK), type=Load)
        if load.refused or load.broken or not load.requests:
            raise LoadFailed(
                f"{arguments[1]}: {load.requests} requests, {load.refused} refused, {load.broken} broken"
            )
        return load
