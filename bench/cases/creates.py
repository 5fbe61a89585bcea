"""Creating people, without and with a password, and what lists see of a full hash queue."""

import os
from collections.abc import Iterator
from statistics import median

from bench.bench import Bench
from bench.floors import CreateFloor, HashFloor, caller
from bench.paced import Pace, Paced, begin_paced, end_paced, get, post
from bench.report import Row
from tenantry.domain.credentials.hashing import HashCost
from tenantry.kernel.config import Settings, load_settings
from tenantry.kernel.ids import new_id

CREATE_TARGET = 0.40
PASSWORD_TARGET = 0.75
BESIDE_TARGET_MS = 50.0
LISTS_A_SECOND = 20.0
# The queue is offered so many times what it can hash, and has so long to fill before lists are measured.
OVERLOAD, FILLING_SECONDS = 2.0, 3.0
BODY = '{"email":"%s.@@@example.com","name":"Nova Newman"%s}'
PASSWORD = ',"password":"plum-Harbour-41-lantern"'


def create_case(bench: Bench) -> Iterator[Row]:
    tenant, seconds = bench.stage.newcomers, bench.options.seconds
    bench.say("create without a password")
    wrk = bench.wrk(tenant)
    rounds = bench.interleaved(
        CreateFloor(caller(bench.stage, tenant), seconds),
        lambda _: wrk.post("/users", _body(""), seconds),
    )
    yield Row(
        case="create, no password",
        measured=f"{rounds.share:.0%} of the bare transaction",
        target=f">= {CREATE_TARGET:.0%}",
        met=rounds.share >= CREATE_TARGET,
        **rounds.figures(),
    )


def password_case(bench: Bench) -> Iterator[Row]:
    tenant, seconds, settings = bench.stage.newcomers, bench.options.seconds, _settings(bench)
    bench.say("create with a password")
    wrk = bench.wrk(tenant)
    cost = HashCost(settings.hash_memory_kib, settings.hash_time_cost, settings.hash_lanes)
    rounds = bench.interleaved(
        HashFloor(cost, settings.threads, seconds),
        lambda _: wrk.post("/users", _body(PASSWORD), seconds),
    )
    figures = rounds.figures()
    yield Row(
        case="create, password",
        measured=f"{rounds.share:.0%} of the bare hash rate on {settings.threads} threads",
        target=f">= {PASSWORD_TARGET:.0%}",
        met=rounds.share >= PASSWORD_TARGET,
        **figures,
    )
    yield from _full_queue(bench, settings, figures["rate"] * OVERLOAD)


def _full_queue(bench: Bench, settings: Settings, offered: float) -> Iterator[Row]:
    """Lists at a steady rate while more passwords arrive than can be hashed, so that the queue is full and refuses some."""
    newcomers, large = bench.stage.newcomers, bench.stage.large
    places = settings.threads + settings.hash_queue
    bench.say(f"lists beside a full hash queue of {places}, {offered:.0f} creates a second offered")
    measured = bench.options.long * 2
    lists: list[Paced] = []
    creates: list[Paced] = []
    steady = Pace(LISTS_A_SECOND, measured, 4, [[get(large, "/users")]], warm_up=FILLING_SECONDS)
    for _ in range(bench.options.rounds):
        request = post(newcomers, "/users", _body(PASSWORD))
        flood = Pace(offered, measured + FILLING_SECONDS, places * 2, [[request]])
        creating = begin_paced(bench.server, flood)
        lists.append(end_paced(begin_paced(bench.server, steady)))
        creates.append(end_paced(creating))
    p99 = median(each.groups[0].p99_ms for each in lists)
    slowest = max(each.groups[0].max_ms for each in lists)
    good = all(each.statuses.keys() == {200} and not each.unanswered for each in lists)
    yield Row(
        case="list beside full hash queue",
        people=large.size,
        rate=LISTS_A_SECOND,
        p50_ms=median(each.groups[0].p50_ms for each in lists),
        p99_ms=p99,
        memory_mib=bench.server.memory_mib(),
        measured=f"p99 {p99:.1f} ms, slowest {slowest:.0f} ms",
        target=f"p99 < {BESIDE_TARGET_MS:.0f} ms",
        met=good and p99 < BESIDE_TARGET_MS,
        rounds=lists,
    )
    yield _refusals(creates, offered)


def _refusals(creates: list[Paced], offered: float) -> Row:
    made, refused = (sum(each.statuses.get(status, 0) for each in creates) for status in (201, 503))
    odd = {status for each in creates for status in each.statuses} - {201, 503}
    unmarked, unanswered = sum(each.unmarked for each in creates), sum(each.unanswered for each in creates)
    faults = [
        *([f"statuses {sorted(odd)}"] if odd else []),
        *([f"{unmarked} without Retry-After"] if unmarked else []),
        *([f"{unanswered} unanswered"] if unanswered else []),
    ]
    return Row(
        case="past the hash queue",
        rate=offered,
        measured=", ".join([f"{made} created, {refused} answered 503", *faults]),
        target="503 with Retry-After, nothing else",
        met=refused > 0 and not faults,
        rounds=creates,
    )


def _body(password: str) -> str:
    return BODY % (f"new.{new_id().hex[-12:]}", password)


def _settings(bench: Bench) -> Settings:
    return load_settings({**os.environ, **bench.stage.environ})
