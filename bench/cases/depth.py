"""A page deep in the list by cursor, beside the first page, both at half of what the server bears."""

from collections.abc import Iterator
from statistics import median
from uuid import UUID

from bench.bench import Bench
from bench.paced import Pace, Paced, begin_paced, end_paced, get
from bench.report import Row
from tenantry.domain.directory.queries import NEWEST_FIRST
from tenantry.kernel.criteria import Position, encode_cursor

TARGET = 1.5
DEPTH = 0.9
# So many pages in a row, one after the other.
PAGES, PAGE = 200, 20


def cursor_case(bench: Bench) -> Iterator[Row]:
    tenant, options = bench.stage.large, bench.options
    depth = int(tenant.size * DEPTH)
    rate = bench.page_one_rate(tenant) / 2
    bench.say(f"cursor at depth {depth:,}, {rate:,.0f} requests a second")
    first = [get(tenant, "/users")]
    deep = [get(tenant, f"/users?cursor={cursor}") for cursor in _cursors(bench, depth)]

    def load(requests: list[str]) -> Paced:
        pace = Pace(0, rate, options.long, options.connections, requests)
        result = end_paced(begin_paced(bench.server, pace))
        if result.statuses.keys() != {200} or result.unanswered:
            raise RuntimeError(f"lists at half load: {result.statuses}, {result.unanswered} unanswered")
        return result

    before = bench.server.statements()
    rounds = [(load(first), load(deep)) for _ in range(options.rounds)]
    requests = sum(sum(each.statuses.values()) for pair in rounds for each in pair)
    statements = (bench.server.statements() - before) / requests
    near, far = (median(pair[side].p99_ms for pair in rounds) for side in (0, 1))
    yield Row(
        case=f"cursor at {depth:,}",
        people=tenant.size,
        rate=rate,
        p50_ms=median(pair[1].p50_ms for pair in rounds),
        p99_ms=far,
        statements=statements,
        memory_mib=bench.server.memory_mib(),
        measured=f"p99 is {far / near:.2f} of page 1's {near:.1f} ms, both at half load",
        target=f"<= {TARGET}",
        met=far <= TARGET * near,
        rounds=rounds,
    )


def _cursors(bench: Bench, depth: int) -> list[str]:
    """Cursors of consecutive pages from that depth on, as the API would give them after walking there."""
    found = bench.stage.ask(
        """
        select id
        from users
        where tenant_id = %s
          and deleted_at is null
        order by id desc
        offset %s
        limit %s
        """,
        bench.stage.large.id,
        depth - 1,
        PAGES * PAGE,
    )
    ids = [UUID(str(row[0])) for row in found[::PAGE]]
    return [encode_cursor(Position(NEWEST_FIRST.field, NEWEST_FIRST.descending, None, id_)) for id_ in ids]
