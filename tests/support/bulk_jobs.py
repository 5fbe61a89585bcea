"""Asking for bulk jobs in tests, and running them to their end."""

from typing import Any
from uuid import UUID

from tenantry.domain.bulk_jobs.actions import start_bulk
from tenantry.domain.bulk_jobs.model import Action, BulkJob, BulkParams, BulkRequest, BulkResult
from tenantry.domain.bulk_jobs.queries import get_bulk_job, list_bulk_results
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.domain.directory.model import Person
from tenantry.kernel.criteria import EVERYTHING, Compare, Node, Op, Page
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opening
from tests.support.makers import Home


class ActingAs:
    """Opens as a person who may do everything, as they were when they asked."""

    def __init__(self, home: Home, person: Person) -> None:
        self._home = home
        self._actor = Actor(ActorKind.USER, person.user.id, person.user.email or "", frozenset({"*"}))

    async def __call__(self, db: Any, *, for_transaction: bool) -> Opening:
        opening = await self._home.opener()(db, for_transaction=for_transaction)
        return Opening(opening.tenant, self._actor)


def group(slug: str) -> Node:
    return Compare("group", Op.EQ, slug)


async def ask(home: Home, action: Action, opener: Any = None, **request: Any) -> BulkJob:
    """A job for everybody, unless `where` or `ids` say whom; the other arguments are parameters or parts of the request."""
    params = {name: request.pop(name) for name in BulkParams.__struct_fields__ if name in request}
    if "ids" not in request:
        request.setdefault("where", EVERYTHING)
    async with home.works.write(opener or home.opener()) as work:
        return await start_bulk(work, BulkRequest(action=action, params=BulkParams(**params), **request))


async def finish(home: Home, env: TaskEnv, job: BulkJob, size: int = 200, round_: int = 0) -> BulkJob:
    """Runs the job until it is over."""
    await run(env, arguments(home, job, round_), size, 1000)
    return await stored(home, job.id)


def arguments(home: Home, job: BulkJob, round_: int = 0) -> dict[str, Any]:
    """What the queue keeps of a job."""
    return {"tenant": str(home.id), "job": str(job.id), "round": round_}


async def stored(home: Home, job_id: UUID) -> BulkJob:
    async with home.works.read(home.opener()) as work:
        return await get_bulk_job(work, job_id)


async def results(home: Home, job: BulkJob) -> dict[str | None, BulkResult]:
    """What became of each person, by address; None for somebody who is gone."""
    async with home.works.read(home.opener()) as work:
        found = await list_bulk_results(work, job.id, Page(100))
    return {one.email: one for one in found.results}


async def outcomes(home: Home, job: BulkJob) -> dict[str | None, tuple[str, str | None]]:
    """Outcome and code of each person, by address."""
    return {email: (one.outcome.value, one.code) for email, one in (await results(home, job)).items()}
