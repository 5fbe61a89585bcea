"""Signing in, against the bare rate of hashing; and ending ten thousand sessions, against ending one."""

import asyncio
import os
import time
from collections.abc import Iterator
from statistics import median

import httpx

from bench.bench import Bench
from bench.floors import HashFloor
from bench.report import Row
from bench.stage import BENCH, with_works
from tenantry.app.wiring import make_hasher
from tenantry.domain.credentials.hashing import HashCost
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.tenants.actions import change_settings
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.tenants.rules import OWN_SECTIONS
from tenantry.domain.users.model import NewUser
from tenantry.kernel.config import Settings, load_settings
from tenantry.kernel.work import Works

SHARE_TARGET = 0.75
REVOKE_TARGET = 1.5
PEOPLE = 200
MANY = 10_000
REVOCATIONS = 20
PASSWORD = "plum-Harbour-41-lantern"
NAME = "sign.in.%s@example.com"
BODY = f'{{"identifier":"{NAME % "@@"}","password":"{PASSWORD}"}}'


def sign_in_case(bench: Bench) -> Iterator[Row]:
    tenant, seconds, settings = bench.stage.newcomers, bench.options.seconds, _settings(bench)
    bench.say("sign-ins with a password")
    _people(bench, settings)
    wrk = bench.wrk(tenant)
    cost = HashCost(settings.hash_memory_kib, settings.hash_time_cost, settings.hash_lanes)
    rounds = bench.interleaved(
        HashFloor(cost, settings.threads, seconds),
        lambda _: wrk.post_as_visitor("/sign-in", BODY, seconds, PEOPLE),
    )
    yield Row(
        case="sign-in, password",
        people=PEOPLE,
        measured=f"{rounds.share:.0%} of the bare hash rate on {settings.threads} threads",
        target=f">= {SHARE_TARGET:.0%}",
        met=rounds.share >= SHARE_TARGET,
        **rounds.figures(),
    )


def revoke_case(bench: Bench) -> Iterator[Row]:
    bench.say(f"ending {MANY:,} sessions of one person, and one")
    _people(bench, _settings(bench))
    few = range(1, REVOCATIONS + 1)
    many = range(REVOCATIONS + 1, 2 * REVOCATIONS + 1)
    # All of them beforehand, so that what is timed is not what was just written.
    for people, count in ((few, 1), (many, MANY)):
        for number in people:
            _give_sessions(bench, number, count)
    bench.stage.ask("checkpoint")
    took: list[tuple[float, float]] = []
    with httpx.Client(base_url=bench.server.url, timeout=60) as client:
        for one, other in zip(few, many, strict=True):
            took.append((_revoke(bench, client, one), _revoke(bench, client, other)))
    of_one, of_many = (median(side) for side in zip(*took, strict=True))
    yield Row(
        case=f"end {MANY:,} sessions",
        p50_ms=of_many,
        p99_ms=max(pair[1] for pair in took),
        measured=f"{of_many:.1f} ms, one session {of_one:.1f} ms: {of_many / of_one:.2f} times as long",
        target=f"<= {REVOKE_TARGET}",
        met=of_many <= of_one * REVOKE_TARGET,
        rounds=took,
    )


def _people(bench: Bench, settings: Settings) -> None:
    """People who can sign in, in a tenant that lets them try as often as they like."""
    tenant = bench.stage.newcomers

    async def make(works: Works) -> None:
        opener = OpenTenant(tenant.id, BENCH)
        hasher = make_hasher(settings)
        password_hash = await hasher.hash(PASSWORD)
        await asyncio.to_thread(hasher.close)
        limits = {"signInsPerAddress": 100_000, "signInsPerAccount": 100_000}
        async with works.write(opener) as work:
            await change_settings(work, {"throttling": limits}, OWN_SECTIONS)
        for number in range(1, PEOPLE + 1):
            async with works.write(opener) as work:
                new = NewPerson(user=NewUser(email=NAME % number, email_verified=True))
                await create_person(work, await prepare_person(work, new), password_hash)

    present = bench.stage.ask(
        "select count(*) from users where tenant_id = %s and email = %s", tenant.id, NAME % PEOPLE
    )
    if present[0][0] == 0:
        with_works(settings, bench.stage.owner, make)


def _give_sessions(bench: Bench, number: int, count: int) -> None:
    """Exactly so many sessions that are alive."""
    tenant = bench.stage.newcomers
    bench.stage.ask(
        "delete from sessions s using users u where u.id = s.user_id and u.tenant_id = %s and u.email = %s",
        tenant.id,
        NAME % number,
    )
    bench.stage.ask(
        """
        insert into sessions (tenant_id, id, user_id, token_hash, epoch, created_at, last_seen_at, expires_at)
        select u.tenant_id, gen_random_uuid(), u.id, sha256((n || gen_random_uuid()::text)::bytea), u.credential_epoch,
            now(), now(), now() + interval '1 day'
        from users u, generate_series(1, %s) n
        where u.tenant_id = %s
          and u.email = %s
        """,
        count,
        tenant.id,
        NAME % number,
    )


def _revoke(bench: Bench, client: httpx.Client, number: int) -> float:
    """Milliseconds that the request takes."""
    tenant = bench.stage.newcomers
    began = time.perf_counter()
    answer = client.delete(
        f"/t/{tenant.slug}/api/v1/admin/users/{NAME % number}/sessions",
        headers={"Authorization": f"Bearer {tenant.key}"},
    )
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return took


def _settings(bench: Bench) -> Settings:
    return load_settings({**os.environ, **bench.stage.environ})
