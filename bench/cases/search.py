"""Substring search among a million people: parts of names and addresses, as somebody types them, each found up to 1,000 times."""

from collections.abc import Iterator
from statistics import median
from urllib.parse import quote

from bench.bench import Bench
from bench.floors import ReadFloor, caller
from bench.report import Row

P99_TARGET_MS = 25.0
RATE_TARGET = 100.0
MOST_FOUND = 1000
FEWEST_TERMS = 40
TERMS = (
    "neu", "ovo", "edv", "pav", "cap", "gur", "doy", "weg", "bax", "rii",
    "rijn", "shei", "alez", "haze", "nice", "kean", "maud", "wyat", "rnau",
    "macha", "marte", ".yang", "amble", "ccann", "gentr", "ickie", "senia",
    "milena", "amilla", "paulet", "eppard", "lqvist", "arcela", "e.barr", "corbac",
    "johnson", "kirstin", "allison", "ullmann", "jenkins", ".barker", "iolanda", ".riddle",
    "giovanni", "stefania", "damien.s", "claesson", "geronimo", "vanderla", "e.herman", "urkhardt",
)  # fmt: skip


def search_case(bench: Bench) -> Iterator[Row]:
    tenant, options = bench.stage.large, bench.options
    bench.say(f"search, {tenant.size:,} people")
    hits = _hits(bench)
    terms = [term for term in TERMS if 0 < hits[term] <= MOST_FOUND]
    if len(terms) < FEWEST_TERMS:
        raise RuntimeError(f"only {len(terms)} of the {len(TERMS)} terms find 1 to {MOST_FOUND} people")
    found = sorted(hits[term] for term in terms)
    what = f"{len(terms)} terms that find {found[0]} to {found[-1]}, half of them over {median(found):.0f}"
    paths = [f"/users?search={quote(term, safe='')}" for term in terms]

    alone = bench.wrk(tenant, connections=1)
    single = [alone.get(paths, options.long, number * 7) for number in range(options.rounds)]
    p99 = median(each.p99_ms for each in single)
    yield Row(
        case="search, 1 connection",
        people=tenant.size,
        rate=median(each.rate for each in single),
        p50_ms=median(each.p50_ms for each in single),
        p99_ms=p99,
        measured=f"p99 {p99:.1f} ms; {what}",
        target=f"p99 < {P99_TARGET_MS:.0f} ms",
        met=p99 < P99_TARGET_MS,
        rounds=single,
    )

    floor = ReadFloor(caller(bench.stage, tenant), options.seconds, "search", terms)
    many = bench.wrk(tenant)
    rounds = bench.interleaved(floor, lambda number: many.get(paths, options.seconds, number * 7))
    figures = rounds.figures()
    yield Row(
        case=f"search, {options.connections} connections",
        people=tenant.size,
        measured=f"{figures['rate']:.0f} a second, {rounds.share:.0%} of the floor",
        target=f">= {RATE_TARGET:.0f} a second",
        met=figures["rate"] >= RATE_TARGET,
        **figures,
    )


def _hits(bench: Bench) -> dict[str, int]:
    """How many people each term finds."""
    rows = bench.stage.ask(
        """
        select t.term, count(u.id)
        from unnest(%s::text[]) as t(term)
        left join users u on u.tenant_id = %s
            and u.deleted_at is null
            and u.search_text like '%%' || t.term || '%%'
        group by t.term
        """,
        list(TERMS),
        bench.stage.large.id,
    )
    return {str(term): int(str(number)) for term, number in rows}
