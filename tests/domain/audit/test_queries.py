"""Reading the audit log: filters, order, pages, counts, export."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
import pytest_asyncio

from tenantry.domain.audit.errors import EntryNotFound
from tenantry.domain.audit.model import Entries, Entry, Range
from tenantry.domain.audit.queries import (
    NEWEST_FIRST,
    count_actions,
    get_entry,
    list_actions,
    list_entries,
    stream_entries,
)
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import (
    AllOf,
    AnyOf,
    Compare,
    Criteria,
    Node,
    Not,
    Op,
    Page,
    Position,
    Sort,
    encode_cursor,
)
from tenantry.kernel.errors import DomainError
from tenantry.kernel.events import Event, Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.listing import COUNT_BOUND, OFFSET_BOUND
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission, system_actor
from tenantry.kernel.work import ReadWork
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
TARGET, OTHER = new_id(), new_id()


class Created(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "thing.created"
    target_type: ClassVar[str] = "thing"


class Removed(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "thing.removed"
    target_type: ClassVar[str] = "thing"


class SignedIn(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "user.signed_in"
    target_type: ClassVar[str] = "user"


async def record(home: Home, *events: Event) -> list[UUID]:
    async with home.works.write(home.opener()) as work:
        return [work.record(event) for event in events]


@pytest_asyncio.fixture
async def log(home: Home, neighbour: Home, clock: FrozenClock) -> list[UUID]:
    """Five entries an hour apart, oldest first; the neighbour has the same ones."""
    events = (
        Created(target_id=TARGET),
        SignedIn(target_id=OTHER),
        SignedIn(target_id=OTHER, outcome=Outcome.FAILURE),
        Removed(target_id=TARGET, outcome=Outcome.DENIED),
        Created(target_id=OTHER),
    )
    ids = []
    for event in events:
        clock.advance(timedelta(hours=1))
        ids += await record(home, event)
        await record(neighbour, event)
    return ids


@pytest_asyncio.fixture
async def work(home: Home, log: list[UUID]) -> AsyncIterator[ReadWork]:
    """Opened after the log was filled, since all works of a test share one connection."""
    async with home.works.read(home.opener()) as opened:
        yield opened


def asked(*parts: Node, limit: int = 20, offset: int = 0, cursor: str | None = None) -> Criteria:
    return Criteria(AllOf(parts), NEWEST_FIRST, Page(limit, offset, cursor))


def equal(field: str, value: object) -> Compare:
    return Compare(field, Op.EQ, value)


def things(found: Entries, log: list[UUID]) -> list[int]:
    """Which of the five were found; founding the tenant left entries of its own."""
    return [log.index(entry.id) for entry in found.entries if entry.id in log]


async def test_the_newest_entry_comes_first(work: ReadWork, log: list[UUID]) -> None:
    assert things(await list_entries(work, asked()), log) == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((equal("action", "thing.created"),), [4, 0]),
        ((equal("action", "thing.*"),), [4, 3, 0]),
        ((equal("action", "thing.*"), equal("targetId", TARGET)), [3, 0]),
        ((equal("action", "nothing.*"),), []),
        ((equal("action", "nothing"),), []),
        ((equal("category", "authentication"),), [2, 1]),
        ((equal("category", "configuration"), equal("action", "thing.c*")), [4, 0]),
        ((equal("category", "authorization"), equal("action", "thing.*")), []),
        ((equal("targetId", TARGET),), [3, 0]),
        ((equal("actorId", new_id()),), []),
        ((equal("outcome", "failure"),), [2]),
        ((equal("outcome", "denied"),), [3]),
        ((equal("outcome", "success"), equal("action", "*")), [4, 1, 0]),
        ((equal("outcome", "failure"), equal("action", "user.*")), [2]),
        ((equal("outcome", "success"), equal("action", "thing.*")), [4, 0]),
        ((Not(equal("action", "*")),), []),
        ((Not(equal("category", "authentication")), equal("targetId", TARGET)), [3, 0]),
        ((AnyOf((equal("action", "thing.r*"), equal("outcome", "failure"))),), [3, 2]),
    ],
)
async def test_filters(work: ReadWork, log: list[UUID], where: tuple[Node, ...], expected: list[int]) -> None:
    assert things(await list_entries(work, asked(*where)), log) == expected


async def test_entries_are_found_by_the_network_address_that_they_came_from(
    home: Home, neighbour: Home
) -> None:
    for tenant, ip in ((home, "2001:db8::7"), (home, "2001:db8::8"), (neighbour, "2001:db8::7")):
        actor = Actor(ActorKind.ANONYMOUS, None, "", frozenset({"*"}), ip)
        async with tenant.works.write(OpenTenant(tenant.id, actor)) as work:
            work.record(Created(target_id=TARGET))
    async with home.works.read(home.opener()) as work:
        found = await list_entries(work, asked(equal("ip", "2001:0db8:0::7")))
        assert [entry.ip for entry in found.entries] == ["2001:db8::7"]
        for bad in ("somewhere", "10.0.", "2001:db8::/32"):
            with pytest.raises(DomainError) as refusal:
                await list_entries(work, asked(equal("ip", bad)))
            assert "network address" in refusal.value.fields["ip"]


async def test_a_total_counts_what_the_filter_finds(work: ReadWork, log: list[UUID]) -> None:
    totals = {"thing.*": 3, "user.signed_in": 2, "thing.removed": 1}
    for action, total in totals.items():
        found = await list_entries(work, asked(equal("action", action), limit=1))
        assert (found.total, found.total_is_exact, len(found.entries)) == (total, True, 1)


async def test_a_range_begins_with_its_start_and_stops_before_its_end(
    work: ReadWork, log: list[UUID], clock: FrozenClock
) -> None:
    last = clock.now()
    where = (
        Compare("timestamp", Op.GE, last - timedelta(hours=3)),
        Compare("timestamp", Op.LT, last - timedelta(hours=1)),
    )
    assert things(await list_entries(work, asked(*where)), log) == [2, 1]


@pytest.mark.parametrize(
    "where",
    [
        (),
        (equal("action", "thing.*"),),
        (equal("category", "configuration"),),
        (equal("outcome", "success"),),
        (equal("action", "*"),),
    ],
)
async def test_pages_by_cursor_and_by_number_see_every_entry_once(
    work: ReadWork, log: list[UUID], where: tuple[Node, ...]
) -> None:
    everything = [entry.id for entry in (await list_entries(work, asked(*where, limit=100))).entries]
    by_cursor: list[UUID] = []
    by_number: list[UUID] = []
    cursor: str | None = None
    for number in range(len(everything)):
        found = await list_entries(work, asked(*where, limit=1, cursor=cursor))
        by_cursor += [entry.id for entry in found.entries]
        by_number += [
            entry.id for entry in (await list_entries(work, asked(*where, limit=1, offset=number))).entries
        ]
        cursor = found.next_cursor
    assert cursor is None
    assert by_cursor == by_number == everything


async def test_a_cursor_holds_for_every_alternative_of_a_filter(work: ReadWork, log: list[UUID]) -> None:
    where = AnyOf((equal("targetId", TARGET), equal("targetId", OTHER)))
    first = await list_entries(work, Criteria(where, NEWEST_FIRST, Page(3)))
    rest = await list_entries(work, Criteria(where, NEWEST_FIRST, Page(3, cursor=first.next_cursor)))
    assert (things(first, log), things(rest, log)) == ([4, 3, 2], [1, 0])


async def test_entries_of_one_moment_are_in_the_order_in_which_they_were_recorded(
    home: Home, work: ReadWork
) -> None:
    target = new_id()
    ids = await record(home, *(Created(target_id=target) for _ in range(5)))
    found = await list_entries(work, asked(equal("targetId", target), limit=3))
    rest = await list_entries(work, asked(equal("targetId", target), limit=3, cursor=found.next_cursor))
    assert [entry.id for entry in (*found.entries, *rest.entries)] == ids[::-1]


async def many(home: Home, action: str, count: int) -> None:
    """So many entries of one action, the newest of this moment."""
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            insert into events (id, type, actor_kind, occurred_at)
            select gen_random_uuid(), %s, 'system', %s - n * interval '1 second'
            from generate_series(0, %s - 1) n
            """,
            (action, work.now, count),
        )


async def test_a_count_stops_at_its_bound_and_says_so(home: Home, clock: FrozenClock) -> None:
    await many(home, "thing.counted", COUNT_BOUND)
    await many(home, "thing.else", 1)
    async with home.works.read(home.opener()) as work:
        for action, exact in (("thing.counted", True), ("thing.*", False)):
            found = await list_entries(work, asked(equal("action", action)))
            assert (found.total, found.total_is_exact) == (COUNT_BOUND, exact)
    until_now = Range(end=clock.now() + timedelta(seconds=1))
    for exact in (True, False):
        async with home.works.read(home.opener()) as work:
            counts = {counted.action: counted for counted in (await count_actions(work, until_now)).actions}
        assert counts["thing.counted"].count == COUNT_BOUND
        assert counts["thing.counted"].count_is_exact is exact
        await many(home, "thing.counted", 1)


@pytest.mark.parametrize("where", [(), (equal("action", "*"),), (equal("action", "thing.*"),)])
async def test_a_page_beyond_the_bound_is_empty_or_sent_to_the_cursor(
    home: Home, log: list[UUID], where: tuple[Node, ...]
) -> None:
    beyond = asked(*where, offset=OFFSET_BOUND + 1)
    async with home.works.read(home.opener()) as work:
        assert (await list_entries(work, beyond)).entries == []
    await many(home, "thing.counted", COUNT_BOUND + 1)
    async with home.works.read(home.opener()) as work:
        assert (await list_entries(work, asked(*where, offset=OFFSET_BOUND))).entries == []
        with pytest.raises(DomainError, match="cursor") as refused:
            await list_entries(work, beyond)
    assert list(refused.value.fields) == ["page"]


@pytest.mark.parametrize(
    "criteria",
    [
        asked(equal("category", "nonsense")),
        asked(equal("outcome", "nonsense")),
        asked(equal("action", "a*b")),
        asked(equal("colour", "red")),
        asked(Compare("outcome", Op.NE, "success")),
        asked(cursor="nonsense"),
        asked(cursor=encode_cursor(Position("timestamp", True, "nonsense", TARGET))),
        asked(cursor=encode_cursor(Position("timestamp", True, None, TARGET))),
        Criteria(AllOf(()), Sort("action"), Page(20)),
        Criteria(AllOf(()), NEWEST_FIRST, Page(20), search="ann"),
    ],
)
async def test_what_cannot_be_asked_is_refused(work: ReadWork, log: list[UUID], criteria: Criteria) -> None:
    with pytest.raises(DomainError):
        await list_entries(work, criteria)


async def test_an_entry_tells_what_was_recorded(home: Home, clock: FrozenClock) -> None:
    event = Created(target_id=TARGET, data={"via": "test"}, personal={"email": "ann@example.com"})
    async with home.works.write(OpenTenant(home.id, system_actor("makers")), "req-1") as write:
        event_id = write.record(event)
    async with home.works.read(home.opener()) as work:
        entry = await get_entry(work, event_id)
    assert entry == Entry(
        event_id, "thing.created", Outcome.SUCCESS, "system", None, "thing", TARGET, {"via": "test"},
        {"email": "ann@example.com", "actor": "makers"}, None, None, "req-1", clock.now(),
    )  # fmt: skip


async def test_an_unknown_entry_is_not_found(work: ReadWork) -> None:
    with pytest.raises(EntryNotFound):
        await get_entry(work, new_id())


async def test_the_actions_are_those_that_were_recorded(work: ReadWork, log: list[UUID]) -> None:
    names = await list_actions(work)
    assert names == sorted(set(names))
    assert {"thing.created", "thing.removed", "user.signed_in"} <= set(names)


async def test_counts_are_of_the_range_alone(work: ReadWork, log: list[UUID], clock: FrozenClock) -> None:
    stats = await count_actions(work, Range(clock.now() - timedelta(hours=3), clock.now()))
    assert {counted.action: counted.count for counted in stats.actions} == {
        "user.signed_in": 2,
        "thing.removed": 1,
    }


async def test_an_export_holds_every_entry_of_its_range(
    work: ReadWork, log: list[UUID], clock: FrozenClock
) -> None:
    whole = [entry.id async for entry in stream_entries(work, Range())]
    assert [event_id for event_id in whole if event_id in log] == log[::-1]
    part = [
        entry.id async for entry in stream_entries(work, Range(clock.now() - timedelta(hours=1), clock.now()))
    ]
    assert part == [log[3]]


async def test_a_neighbours_log_is_neither_seen_nor_counted(neighbour: Home, log: list[UUID]) -> None:
    async with neighbour.works.read(neighbour.opener()) as work:
        found = await list_entries(work, asked(limit=100))
        assert things(found, log) == []
        assert (await list_entries(work, asked(equal("action", "thing.*")))).total == 3
        with pytest.raises(EntryNotFound):
            await get_entry(work, log[0])
        assert not {entry.id async for entry in stream_entries(work, Range())} & set(log)


@pytest.mark.parametrize(
    ("where", "statements"),
    [(equal("category", "authentication"), 2), (equal("action", "thing.*"), 2), (equal("action", "*"), 1)],
)
async def test_a_list_costs_at_most_two_statements(
    work: ReadWork, log: list[UUID], where: Node, statements: int
) -> None:
    before = work.db.statements
    await list_entries(work, asked(where))
    assert work.db.statements - before == statements


async def test_without_the_permission_nothing_is_read(home: Home, log: list[UUID]) -> None:
    async with home.works.read(OpenTenant(home.id, Actor(ActorKind.ANONYMOUS))) as work:
        with pytest.raises(MissingPermission):
            await list_entries(work, asked())
        with pytest.raises(MissingPermission):
            await anext(stream_entries(work, Range()))
