"""What lists notice of a job that cleans away expired codes."""

import time
from collections.abc import Iterator
from statistics import median

from bench.bench import Bench
from bench.paced import Pace, Paced, begin_paced, end_paced, get
from bench.report import Row
from bench.stage import Stage, with_works
from tenantry.app.storage import sealer_of
from tenantry.domain.rollups.actions import remove_dead_codes
from tenantry.kernel.config import load_settings
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.mail import make_mailer
from tenantry.kernel.sms import make_texter
from tenantry.kernel.work import Works

TARGET = 1.5
CODES = 100_000
LISTS_A_SECOND = 100.0


def upkeep_case(bench: Bench) -> Iterator[Row]:
    tenant, options = bench.stage.large, bench.options
    bench.say(f"lists while a job cleans {CODES:,} expired codes")
    _expire(bench.stage)
    began = time.perf_counter()
    _clean(bench.stage)
    cleaning = time.perf_counter() - began
    pace = Pace(LISTS_A_SECOND, max(cleaning, 2.0), 8, [[get(tenant, "/users")]])
    before: list[Paced] = []
    during: list[Paced] = []
    for _ in range(options.rounds):
        _expire(bench.stage)
        before.append(end_paced(begin_paced(bench.server, pace)))
        loading = begin_paced(bench.server, pace)
        time.sleep(pace.warm_up)
        _clean(bench.stage)
        during.append(end_paced(loading))
    calm, busy = (median(each.groups[0].p99_ms for each in side) for side in (before, during))
    good = all(each.statuses.keys() == {200} and not each.unanswered for each in (*before, *during))
    yield Row(
        case="list beside cleaning codes",
        people=tenant.size,
        rate=LISTS_A_SECOND,
        p50_ms=median(each.groups[0].p50_ms for each in during),
        p99_ms=busy,
        memory_mib=bench.server.memory_mib(),
        measured=f"p99 is {busy / calm:.2f} of {calm:.1f} ms before; {CODES / cleaning:,.0f} codes a second",
        target=f"<= {TARGET}",
        met=good and busy <= TARGET * calm,
        rounds=[*before, *during],
    )


def _expire(stage: Stage) -> None:
    """Gives people of the large tenant codes that nobody needs any more."""
    stage.ask(
        """
        insert into codes (tenant_id, id, kind, form, channel, user_id, secret_hash, created_at, expires_at)
        select u.tenant_id, gen_random_uuid(), 'password_reset', 'link', 'email', u.id, uuid_send(gen_random_uuid()),
               now() - interval '90 days', now() - interval '60 days'
        from users u
        where u.tenant_id = %s
        limit %s
        """,
        stage.large.id,
        CODES,
    )


def _clean(stage: Stage) -> None:
    settings = load_settings({"TENANTRY_DATA_DIR": str(stage.data_dir), "TENANTRY_DATABASE_URL": stage.owner})

    async def run(works: Works) -> int:
        mailer, texter = make_mailer(settings), make_texter(settings)
        return await remove_dead_codes(
            TaskEnv(works, works.clock, sealer_of(settings), settings, mailer, texter)
        )

    removed = with_works(settings, stage.owner, run)
    if removed < CODES:
        raise RuntimeError(f"the job removed {removed} codes of {CODES}")
