"""What a run of the benchmarks can be told."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
CORES = 2


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """One run: `rounds` of a floor and the server in turn, each `seconds` long, at so many `connections`.

    `keep` is a folder for the filled database between runs; without it the run fills one and removes it. `only` names the cases
    to run; none means all.
    """

    keep: Path | None
    rounds: int
    seconds: float
    connections: int
    small: int
    large: int
    only: tuple[str, ...]
    strict: bool
    results: Path = RESULTS

    @property
    def long(self) -> float:
        """Seconds of a round that measures a 99th percentile at a low rate, which needs more time than throughput."""
        return max(self.seconds, 2.0) * 2


def parse(arguments: Sequence[str], cases: Sequence[str]) -> Options:
    """The options on the command line; `cases` are the names that --only takes."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks of a whole server.")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the filled database in DIR for the next run"
    )
    parser.add_argument(
        "--quick", action="store_true", help="3 rounds of 1 second: a first look, not a result"
    )
    parser.add_argument("--rounds", type=int, help="rounds of floor and server (5)")
    parser.add_argument("--seconds", type=float, help="seconds of each half of a round (3)")
    parser.add_argument(
        "--connections", type=int, default=16, help="connections of wrk and of the floor (16)"
    )
    parser.add_argument("--small", type=int, default=100_000, help="people in the smaller tenant (100000)")
    parser.add_argument("--large", type=int, default=1_000_000, help="people in the larger tenant (1000000)")
    parser.add_argument(
        "--only", action="append", default=[], choices=cases, help="run this case; may be repeated"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    given = parser.parse_args(arguments)
    return Options(
        keep=given.keep.absolute() if given.keep else None,
        rounds=given.rounds or (3 if given.quick else 5),
        seconds=given.seconds or (1.0 if given.quick else 3.0),
        connections=given.connections,
        small=given.small,
        large=given.large,
        only=tuple(given.only),
        strict=given.strict,
    )


def share_two_cores() -> int:
    """Keeps this process, and with it all that it starts, on two cores; gives how many there really are."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) > CORES:
        os.sched_setaffinity(0, set(allowed[:CORES]))
    return min(len(allowed), CORES)
