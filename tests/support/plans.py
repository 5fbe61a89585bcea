"""What PostgreSQL does for a statement: which tables and indexes it goes through, and how many rows it looks at."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec
import psycopg
from psycopg import sql
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from tenantry.kernel.db import Query

SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan")
TIMES = 8


class Scan(msgspec.Struct, frozen=True):
    """One scan in a plan. `rows` counts what was looked at, filtered rows included, over all loops; 0 where it did not run."""

    kind: str
    table: str | None
    index: str | None
    rows: float


def explain(conn: psycopg.Connection[Any], query: Query, params: Sequence[Any]) -> list[Scan]:
    """Runs the statement with these values and gives the scans of its plan."""
    text = _text(conn, query)
    row = conn.execute(cast("Any", "explain (analyze, timing off, format json) " + text), params).fetchone()
    assert row is not None
    return list(scans(row[0][0]["Plan"]))


def plans_in_use(conn: psycopg.Connection[Any], query: Query, params: Sequence[Any]) -> list[list[Scan]]:
    """The scans of each plan that serves the statement on a connection that has run it many times.

    That is the plan for these values, and the one for all values if PostgreSQL has turned to it, which it may from the sixth
    time on (PREPARE, "Notes").
    """
    conn.execute("deallocate all")
    for _ in range(TIMES):
        conn.execute(query, params, prepare=True)
    row = conn.execute("select sum(generic_plans) from pg_prepared_statements", prepare=False).fetchone()
    assert row is not None
    found = [explain(conn, query, params)]
    return [*found, _explain_generic(conn, query, params)] if row[0] else found


def _explain_generic(conn: psycopg.Connection[Any], query: Query, params: Sequence[Any]) -> list[Scan]:
    converted = PostgresQuery(Transformer(conn))
    converted.convert(_text(conn, query), params)
    row = conn.execute(cast("Any", b"explain (generic_plan, format json) " + converted.query)).fetchone()
    assert row is not None
    return list(scans(row[0][0]["Plan"]))


def scans(plan: dict[str, Any]) -> Iterator[Scan]:
    """The scans of one node and all below it."""
    if plan["Node Type"] in SCANS:
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        rows = (plan.get("Actual Rows", 0) + removed) * plan.get("Actual Loops", 0)
        yield Scan(plan["Node Type"], plan.get("Relation Name"), plan.get("Index Name"), rows)
    for part in plan.get("Plans", ()):
        yield from scans(part)


def whole_table(found: list[Scan]) -> list[Scan]:
    """The scans that went through a whole table."""
    return [scan for scan in found if scan.kind == "Seq Scan"]


def _text(conn: psycopg.Connection[Any], query: Query) -> str:
    return query if isinstance(query, str) else cast("sql.Composable", query).as_string(conn)
