"""A large tenant's list on connections that a small one used before: what PostgreSQL remembers must fit both."""

from collections.abc import Iterator

from bench.bench import Bench
from bench.report import Row

PATH = "/users?sortBy=name&sortDir=ASC"
TARGET = 0.5


def neighbours_case(bench: Bench) -> Iterator[Row]:
    small, large, seconds = bench.stage.newcomers, bench.stage.large, bench.options.seconds
    bench.say(f"a list of {large.size:,} people after one of a few")
    usual = bench.page_one_rate(large)
    # Nobody has asked for this order so far, so every connection plans it for the few.
    bench.wrk(small).get([PATH], seconds)
    before = bench.server.counters()
    load = bench.wrk(large).get([PATH], seconds)
    statements = bench.server.counters().since(before)
    yield Row(
        case="list by name after a few",
        people=large.size,
        rate=load.rate,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        statements=statements,
        measured=f"{load.rate / usual:.0%} of the rate of page 1",
        target=f">= {TARGET:.0%}",
        met=load.rate >= usual * TARGET,
    )
