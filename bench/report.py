"""The results: one line for each figure, a table for people and a file for programs."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.options import Options

# A load per core above which others take part of the machine.
QUIET = 0.25
PACKAGES = ("granian", "litestar", "msgspec", "psycopg", "uvloop")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure. `met` is None where there is no target; `rounds` is what it was made from.

    Rates are answers a second, of which the floor has its own; `statements` are SQL statements a request, opening by the key
    included, BEGIN and COMMIT not; memory is that of the server's processes without PostgreSQL.
    """

    case: str
    people: int | None = None
    rate: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    statements: float | None = None
    memory_mib: float | None = None
    floor_rate: float | None = None
    measured: str
    target: str
    met: bool | None
    rounds: Any = None


def show(rows: Sequence[Row], facts: dict[str, Any]) -> None:
    """Prints the table."""
    table = Table(title=f"Tenantry {facts['tenantry']}: {facts['rounds']} rounds of {facts['seconds']:g} s")
    table.add_column("case", no_wrap=True)
    for name in ("people", "requests/s", "p50 ms", "p99 ms", "SQL", "MiB", "floor/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("measured")
    table.add_column("target")
    table.add_column("")
    for row in rows:
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}[row.met]
        table.add_row(
            row.case,
            _figure(row.people, 0),
            _figure(row.rate, 0),
            _figure(row.p50_ms, 1),
            _figure(row.p99_ms, 1),
            _figure(row.statements, 1),
            _figure(row.memory_mib, 0),
            _figure(row.floor_rate, 0),
            row.measured,
            row.target,
            mark,
        )
    if facts["load_before"] > QUIET * facts["cores_of_the_machine"]:
        table.caption = (
            f"The machine was busy before the run (load {facts['load_before']:.1f}):"
            " times come out too long, and shares of the floor too high. Run it again on a quiet one."
        )
    console = Console()
    # A pipe has no width of its own, and a table that is cut is of no use.
    Console(width=None if console.is_terminal else 170).print(table)


def keep(rows: Sequence[Row], facts: dict[str, Any], folder: Path) -> Path:
    """Writes the file of results and gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    content = msgspec.json.format(msgspec.json.encode({"facts": facts, "rows": rows}))
    path.write_bytes(content + b"\n")
    return path


def facts_of(options: Options, cores: int, load: float, postgres: str) -> dict[str, Any]:
    """What one must know to read the figures. `load` is the machine's load before the run."""
    return {
        "tenantry": version("tenantry"),
        "python": platform.python_version(),
        "postgres": postgres,
        "system": platform.platform(),
        "processor": _processor(),
        "cores": cores,
        "cores_of_the_machine": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "load_before": load,
        "packages": {name: version(name) for name in PACKAGES},
        "rounds": options.rounds,
        "seconds": options.seconds,
        "connections": options.connections,
    }


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
