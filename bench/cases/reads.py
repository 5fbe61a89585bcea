"""List, get by id and get by email: as a share of the floor, on both tenants."""

from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from bench.bench import Bench
from bench.floors import ReadFloor, caller
from bench.report import Row
from bench.stage import Tenant

LIST_TARGET = 0.40
GET_TARGET = 0.30
# So many different people are got in turn: more than any cache of a plan, few enough to lie in memory.
PEOPLE = 2000


class Read(msgspec.Struct, frozen=True):
    """What is asked for: of the floor by values, of the server by paths."""

    case: str
    kind: str
    target: float
    values: list[str]
    paths: list[str]


def list_case(bench: Bench) -> Iterator[Row]:
    for tenant in (bench.stage.small, bench.stage.large):
        row = _row(bench, tenant, Read("list, page 1", "list", LIST_TARGET, [""], ["/users"]))
        assert row.rate is not None
        bench.remember_page_one(tenant, row.rate)
        yield row


def id_case(bench: Bench) -> Iterator[Row]:
    for tenant in (bench.stage.small, bench.stage.large):
        ids = [str(row[0]) for row in _people(bench, tenant)]
        yield _row(
            bench, tenant, Read("get by id", "id", GET_TARGET, ids, [f"/users/{name}" for name in ids])
        )


def email_case(bench: Bench) -> Iterator[Row]:
    for tenant in (bench.stage.small, bench.stage.large):
        emails = [str(row[1]) for row in _people(bench, tenant)]
        paths = [f"/users/{quote(email, safe='@')}" for email in emails]
        yield _row(bench, tenant, Read("get by email", "email", GET_TARGET, emails, paths))


def _row(bench: Bench, tenant: Tenant, read: Read) -> Row:
    bench.say(f"{read.case}, {tenant.size:,} people")
    seconds, wrk = bench.options.seconds, bench.wrk(tenant)
    floor = ReadFloor(caller(bench.stage, tenant), seconds, read.kind, read.values)
    rounds = bench.interleaved(floor, lambda number: wrk.get(read.paths, seconds, number * 101))
    return Row(
        case=read.case,
        people=tenant.size,
        measured=f"{rounds.share:.0%} of the floor",
        target=f">= {read.target:.0%}",
        met=rounds.share >= read.target,
        **rounds.figures(),
    )


def _people(bench: Bench, tenant: Tenant) -> list[tuple[object, ...]]:
    """People from all over the tenant."""
    found = bench.stage.ask(
        """
        select id, email_key
        from users
        where tenant_id = %s
          and deleted_at is null
          and email_key is not null
        order by hashtext(id::text)
        limit %s
        """,
        tenant.id,
        PEOPLE,
    )
    assert found
    return found
