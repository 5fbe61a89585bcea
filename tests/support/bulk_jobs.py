"""Asking for bulk jobs in tests, and running them to their end."""

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from tenantry.domain.bulk_jobs.actions import start_bulk
from tenantry.domain.bulk_jobs.model import OPEN, Action, BulkJob, BulkParams, BulkRequest, BulkResult
from tenantry.domain.bulk_jobs.queries import get_bulk_job, list_bulk_results
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.domain.directory.model import Person
from tenantry.kernel.criteria import EVERYTHING, Compare, Node, Op, Page
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Opening, Works
from tests.support.makers import Home
from tests.support.running import task_env

MOST_RUNS = 50


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


async def finish(home: Home, env: TaskEnv, job: BulkJob, size: int = 200) -> BulkJob:
    """Goes on with the job, from run to run as it hands itself on, until it is over; one that is over is given one run more."""
    for _ in range(MOST_RUNS):
        [(number,)] = await rows(home, "select round from bulk_jobs where id = %s", job.id)
        await run(env, arguments(home, job, number), size)
        now = await stored(home, job.id)
        if now.state not in OPEN:
            return now
    raise AssertionError(f"The job is not over after {MOST_RUNS} runs.")


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


async def rows(home: Home, query: LiteralString, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def suspensions(home: Home) -> list[UUID]:
    """Who was suspended, in the order of the events; somebody who was twice stands there twice."""
    return [
        row[0]
        for row in await rows(home, "select target_id from events where type = 'user.suspended' order by id")
    ]


class Killed(Exception):
    """The worker is gone."""


class MortalWorks(Works):
    """Units of work of a worker that is killed after so many commits."""

    def __init__(self, works: Works, commits: int) -> None:
        super().__init__(works.database, works.clock)
        self._left = commits

    @asynccontextmanager
    async def write(self, opener: Any, request_id: str = "") -> Any:
        async with super().write(opener, request_id) as work:
            yield work
        self._left -= 1
        if self._left == 0:
            raise Killed


def mortal(env: TaskEnv, commits: int, folder: Path) -> TaskEnv:
    return task_env(MortalWorks(env.works, commits), folder)
