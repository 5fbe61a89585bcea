"""What every case gets: the stage, the server under load, and rounds in which floor and server take turns."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import msgspec
from rich.console import Console

from bench.floors import Floor, run_floor
from bench.options import Options
from bench.server import RunningServer
from bench.stage import Stage, Tenant
from bench.wrk import Load, Wrk

SETTLED_WITHIN = 120.0
CLEANING_UP = "select from pg_stat_activity where backend_type = 'autovacuum worker'"


class Round(msgspec.Struct, frozen=True):
    """One turn of each."""

    floor: Load
    server: Load

    @property
    def share(self) -> float:
        return self.server.rate / self.floor.rate


class Rounds(msgspec.Struct, frozen=True):
    """All turns of a case, with the SQL statements of one request and the server's memory at the end."""

    rounds: list[Round]
    statements: float
    memory_mib: float

    @property
    def share(self) -> float:
        """The server's rate as a share of the floor's: the median of what each round came to."""
        return median(each.share for each in self.rounds)

    def figures(self) -> dict[str, Any]:
        """The columns of a row that come straight from the rounds."""
        return {
            "rate": median(each.server.rate for each in self.rounds),
            "p50_ms": median(each.server.p50_ms for each in self.rounds),
            "p99_ms": median(each.server.p99_ms for each in self.rounds),
            "statements": self.statements,
            "memory_mib": self.memory_mib,
            "floor_rate": median(each.floor.rate for each in self.rounds),
            "rounds": self.rounds,
        }


class Bench:
    """One run against one server."""

    def __init__(self, stage: Stage, server: RunningServer, console: Console) -> None:
        self.stage = stage
        self.server = server
        self._console = console
        self._page_one: dict[str, float] = {}

    @property
    def options(self) -> Options:
        return self.stage.options

    def say(self, what: str) -> None:
        """Tells the one who waits what is being measured."""
        self._console.print(f"  {what}", highlight=False)

    def wrk(self, tenant: Tenant, connections: int | None = None) -> Wrk:
        return Wrk(self.server, tenant, connections or self.options.connections)

    def settle(self) -> None:
        """Lets PostgreSQL clean up after the case before, so that the next one does not pay for it."""
        self.stage.ask("checkpoint")
        end = time.monotonic() + SETTLED_WITHIN
        while time.monotonic() < end and self.stage.ask(CLEANING_UP):
            time.sleep(0.2)

    def interleaved(self, floor: Floor, load: Callable[[int], Load]) -> Rounds:
        """Floor, server, floor, server ...; `load` is given the number of the round. A first, short turn of the server, which
        fills its caches, does not count."""
        load(0)
        before = self.server.counters()
        rounds = [Round(run_floor(floor), load(number + 1)) for number in range(self.options.rounds)]
        return Rounds(rounds, self.server.counters().since(before), self.server.memory_mib())

    def page_one_rate(self, tenant: Tenant) -> float:
        """Answers a second of the first page of the list at full load, as the list's own case measured it."""
        if tenant.slug not in self._page_one:
            self.remember_page_one(tenant, self.wrk(tenant).get(["/users"], self.options.seconds).rate)
        return self._page_one[tenant.slug]

    def remember_page_one(self, tenant: Tenant, rate: float) -> None:
        self._page_one[tenant.slug] = rate
