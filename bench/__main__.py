"""`python -m bench`: runs the cases, prints the table, and writes bench/results/<UTC time>.json.

Ends with 0 whatever the figures are; with --strict, 1 when a target is missed.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from bench.bench import Bench
from bench.cases.creates import create_case, password_case
from bench.cases.depth import cursor_case
from bench.cases.neighbours import neighbours_case
from bench.cases.portal import portal_case
from bench.cases.reads import email_case, id_case, list_case
from bench.cases.search import search_case
from bench.cases.sign_ins import revoke_case, sign_in_case
from bench.cases.start import start_case
from bench.cases.total import total_case
from bench.cases.upkeep import upkeep_case
from bench.options import Options, parse, share_two_cores
from bench.report import Row, facts_of, keep, show
from bench.server import StartFailed, serving
from bench.stage import data_directory, stage
from bench.wrk import LoadFailed
from tools.programs import WRK, ProgramMissing, ensure

START = "start"
# In this order: the cursor's rate comes from the list, and creates grow the tables.
CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "list": list_case,
    "neighbours": neighbours_case,
    "id": id_case,
    "email": email_case,
    "cursor": cursor_case,
    "search": search_case,
    "total": total_case,
    "portal": portal_case,
    "upkeep": upkeep_case,
    "create": create_case,
    "password": password_case,
    "sign-in": sign_in_case,
    "revoke": revoke_case,
}


def main() -> int:
    options = parse(sys.argv[1:], [*CASES, START])
    console = Console(stderr=True)
    try:
        ensure(WRK)
        rows, path = _run(options, console)
    except (LoadFailed, StartFailed, ProgramMissing) as error:
        console.print(str(error), style="red", highlight=False)
        return 2
    console.print(f"written to {path}", highlight=False)
    missed = [row.case for row in rows if row.met is False]
    return 1 if missed and options.strict else 0


def _run(options: Options, console: Console) -> tuple[list[Row], Path]:
    cores, load, started = share_two_cores(), os.getloadavg()[0], time.monotonic()
    rows: list[Row] = []
    with data_directory(options) as folder:
        postgres = _under_load(options, folder, console, rows)
        if _wanted(options, START):
            console.print("  start and memory")
            rows += _told(console, start_case(options, folder))
    facts = facts_of(options, cores, load, postgres)
    facts["took_seconds"] = round(time.monotonic() - started)
    show(rows, facts)
    return rows, keep(rows, facts, options.results)


def _under_load(options: Options, folder: Path, console: Console, rows: list[Row]) -> str:
    """Fills the database, runs the cases against one server, and gives PostgreSQL's version."""
    with stage(options, folder) as ready:
        postgres = str(ready.ask("show server_version")[0][0])
        with serving(ready.environ, folder / "bench.log", "--no-worker") as server:
            bench = Bench(ready, server, console)
            for name, case in CASES.items():
                if _wanted(options, name):
                    bench.settle()
                    rows += _told(console, case(bench))
    return postgres


def _told(console: Console, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, each said as soon as it is there: a run takes some minutes."""
    for row in rows:
        console.print(f"    {row.measured}   ({row.target})", highlight=False)
        yield row


def _wanted(options: Options, name: str) -> bool:
    return not options.only or name in options.only


if __name__ == "__main__":
    sys.exit(main())
