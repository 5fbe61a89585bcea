"""So many jobs of a tenant are open at once, also when two are asked for in the same moment."""

import asyncio

import pytest

from tenantry.domain.bulk_jobs.actions import cancel_bulk_job, start_bulk
from tenantry.domain.bulk_jobs.errors import TooManyBulkJobs
from tenantry.domain.bulk_jobs.model import MOST_OPEN, Action, BulkJob, BulkRequest
from tenantry.kernel.criteria import EVERYTHING
from tests.support.bulk_jobs import ask
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def test_of_two_at_once_the_second_is_counted_with_the_first(busy_home: Home) -> None:
    jobs = [await ask(busy_home, Action.RESEND) for _ in range(MOST_OPEN - 1)]
    async with busy_home.works.write(busy_home.opener()) as work:
        await start_bulk(work, BulkRequest(action=Action.RESEND, where=EVERYTHING))
        second = asyncio.create_task(ask(busy_home, Action.RESEND))
        await asyncio.wait({second}, timeout=0.5)
        assert not second.done()
    with pytest.raises(TooManyBulkJobs):
        await second
    async with busy_home.works.write(busy_home.opener()) as work:
        await cancel_bulk_job(work, jobs[0].id)
    assert isinstance(await ask(busy_home, Action.RESEND), BulkJob)
