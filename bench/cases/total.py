"""The unfiltered list and its total: how many rows one page makes the database look at."""

from collections.abc import Iterator

import psycopg

from bench.bench import Bench
from bench.floors import PAGE, statement_of
from bench.report import Row
from tests.support.plans import explain, whole_table

# Per row of the page: itself, its order, activity, roles and groups; and the handful of counters behind the total.
ROWS_PER_PERSON = 10


def total_case(bench: Bench) -> Iterator[Row]:
    tenant = bench.stage.large
    query, params = statement_of("list", "")
    with psycopg.connect(bench.stage.app, autocommit=True) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(tenant.id),))
        scans = explain(conn, query, params)
        row = conn.execute(query, params).fetchone()
    looked_at = sum(scan.rows for scan in scans)
    tables = {scan.table for scan in whole_table(scans)}
    total = int(row[0]) if row else -1
    exact = bench.stage.ask(
        "select count(*) from users where tenant_id = %s and deleted_at is null", tenant.id
    )[0][0]
    yield Row(
        case="total, no filter",
        people=tenant.size,
        measured=f"{looked_at:.0f} rows looked at; {total:,} said, {exact:,} counted",
        target="no scan of the tenant, exact",
        met=looked_at <= PAGE * ROWS_PER_PERSON and "users" not in tables and total == exact,
        rounds=scans,
    )
