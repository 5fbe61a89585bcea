"""A start on an existing data directory, and the memory of a server that has nothing to do."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.options import Options
from bench.report import Row
from bench.server import serving
from bench.stage import environ_of

READY_TARGET = 2.0
MEMORY_TARGET_MIB = 120.0
# What follows a start, such as the first poll for jobs, is over by then.
IDLE_AFTER_SECONDS = 3.0


def start_case(options: Options, data_dir: Path) -> Iterator[Row]:
    """Starts `tenantry serve` with its embedded PostgreSQL, which must not be running."""
    ready: list[float] = []
    memory: list[float] = []
    environ = environ_of(data_dir, None)
    for _ in range(options.rounds):
        with serving(environ, data_dir / "serve.log") as server:
            time.sleep(IDLE_AFTER_SECONDS)
            ready.append(server.ready_seconds)
            memory.append(server.memory_mib())
    yield Row(
        case="ready after start",
        people=options.small + options.large,
        measured=f"{median(ready):.2f} s, PostgreSQL included (slowest {max(ready):.2f} s)",
        target=f"<= {READY_TARGET:.0f} s",
        met=median(ready) <= READY_TARGET,
        rounds=ready,
    )
    yield Row(
        case="memory when idle",
        memory_mib=median(memory),
        measured=f"{median(memory):.0f} MiB in all processes but PostgreSQL's",
        target=f"<= {MEMORY_TARGET_MIB:.0f} MiB",
        met=median(memory) <= MEMORY_TARGET_MIB,
        rounds=memory,
    )
