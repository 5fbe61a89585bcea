"""A page deep in the list by cursor, beside the first page, both at half of what the server bears."""

from collections.abc import Iterator
from statistics import median
from uuid import UUID

from bench.bench import Bench
from bench.paced import Pace, begin_paced, end_paced, get
from bench.report import Row
from bench.wrk import LoadFailed
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
    pace = Pace(rate, options.long * 2, options.connections, [first, deep])
    before, rounds = bench.server.counters(), []
    for _ in range(options.rounds):
        result = end_paced(begin_paced(bench.server, pace))
        if result.statuses.keys() != {200} or result.unanswered:
            raise LoadFailed(f"lists at half load: {result.statuses}, {result.unanswered} unanswered")
        rounds.append(result)
    near, far = (median(each.groups[side].p99_ms for each in rounds) for side in (0, 1))
    yield Row(
        case=f"cursor at {depth:,}",
        people=tenant.size,
        rate=rate,
        p50_ms=median(each.groups[1].p50_ms for each in rounds),
        p99_ms=far,
        statements=bench.server.counters().since(before),
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
