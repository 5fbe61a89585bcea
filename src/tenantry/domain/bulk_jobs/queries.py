"""Reading bulk jobs, and looking at what one would do."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast
from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.errors import BulkJobNotFound
from tenantry.domain.bulk_jobs.model import (
    SAMPLE,
    Action,
    BulkJob,
    BulkParams,
    BulkRequest,
    BulkResult,
    JobState,
    Preview,
    ResultOutcome,
    StopReason,
)
from tenantry.domain.bulk_jobs.objects import find_object
from tenantry.domain.bulk_jobs.rules import NEEDED, checked_request, unchanged, whom
from tenantry.domain.directory.queries import NEWEST_FIRST, list_people
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Fragment, Node, Op, Page, Sort, column
from tenantry.kernel.db import Query, Row
from tenantry.kernel.listing import Listing, Rows, SortBy, Within, list_rows, one_statement
from tenantry.kernel.work import ReadWork


class BulkJobs(msgspec.Struct, frozen=True):
    """One page of jobs."""

    jobs: list[BulkJob]
    page: Rows


class BulkResults(msgspec.Struct, frozen=True):
    """One page of what became of people."""

    results: list[BulkResult]
    page: Rows


def _not_searched(_text: str) -> Fragment:
    return "true", []


JOBS = Listing(
    source="bulk_jobs j",
    id="j.id",
    columns="""
        j.id, j.action, j.params, j.filter, cardinality(j.ids), j.snapshot_at, j.state, j.reason, j.total, j.total_is_exact,
        j.done, j.skipped, j.failed, j.actor_kind, j.actor_id,
        case j.actor_kind
            when 'user' then (select coalesce(u.email, u.username, u.phone) from users u where u.id = j.actor_id)
            when 'api_key' then (select k.name from api_keys k where k.id = j.actor_id)
        end,
        j.created_at, j.started_at, j.finished_at""",
    sorts={"createdAt": SortBy("j.id", "uuid")},
    search=_not_searched,
    fields={"state": column("j.state"), "action": column("j.action")},
)
RESULTS = Listing(
    source="bulk_job_results r",
    id="r.user_id",
    columns="""
        r.user_id,
        (select u.name from users u where u.id = r.user_id),
        (select u.email from users u where u.id = r.user_id),
        r.outcome, r.code, r.message, r.created_at""",
    sorts={"userId": SortBy("r.user_id", "uuid")},
    search=_not_searched,
    fields={"outcome": column("r.outcome")},
)


async def preview_bulk(work: ReadWork, request: BulkRequest) -> Preview:
    """Whom the request would reach, with the refusals that starting it would meet. Nothing is written.

    Raises MissingPermission, FieldError, Escalation, and DomainError for a filter that the list of people refuses.
    """
    work.require(users.READ)
    work.require(NEEDED[request.action])
    clean = checked_request(request, work.now)
    found = await find_object(work, clean.action, clean.params)
    where = whom(clean)
    people = await list_people(work, Criteria(where, NEWEST_FIRST, Page(SAMPLE), clean.search))
    there_already = unchanged(clean, None if found is None else found.slug)
    same = None
    if there_already is not None:
        both = AllOf((where, there_already))
        same = (await list_people(work, Criteria(both, NEWEST_FIRST, Page(1), clean.search))).total
    assert clean.snapshot_at is not None
    return Preview(people.total, people.total_is_exact, same, people.people, clean.snapshot_at)


async def list_bulk_jobs(
    work: ReadWork, page: Page, *, state: JobState | None = None, action: Action | None = None
) -> BulkJobs:
    """One page of the tenant's jobs, newest first. Raises DomainError for a bad cursor."""
    work.require(users.READ)
    asked = _equal(state=state, action=action)
    found = await list_rows(work.db, JOBS, Criteria(asked, NEWEST_FIRST, page))
    return BulkJobs([_job(row) for row in found.rows], found)


async def get_bulk_job(work: ReadWork, job_id: UUID) -> BulkJob:
    """The job and how far it has come, or BulkJobNotFound."""
    work.require(users.READ)
    row = await work.db.one(one_statement(JOBS, "j.id = %s"), (job_id,))
    if row is None:
        raise BulkJobNotFound(str(job_id))
    return _job(row)


async def list_bulk_results(
    work: ReadWork, job_id: UUID, page: Page, outcome: ResultOutcome | None = None
) -> BulkResults:
    """One page of what became of the people of a job, in the order in which they were met.

    Raises BulkJobNotFound, and DomainError for a bad cursor.
    """
    work.require(users.READ)
    await get_bulk_job(work, job_id)
    asked = Criteria(_equal(outcome=outcome), Sort("userId", descending=True), page)
    found = await list_rows(work.db, RESULTS, asked, Within("r.job_id = %s", [job_id]))
    return BulkResults([_result(row) for row in found.rows], found)


async def stream_bulk_results(
    work: ReadWork, job_id: UUID, outcome: ResultOutcome | None = None
) -> AsyncGenerator[BulkResult, None]:
    """What became of everybody by now, in the same order, read through a server-side cursor so that memory stays flat.

    Raises BulkJobNotFound.
    """
    work.require(users.READ)
    await get_bulk_job(work, job_id)
    statement = f"""
        select {RESULTS.columns}
        from {RESULTS.source}
        where r.job_id = %s
          and (%s::text is null or r.outcome = %s)
        order by r.user_id desc
    """
    values = (job_id, outcome, outcome)
    async with aclosing(work.db.stream(cast("Query", statement), values)) as rows:
        async for row in rows:
            yield _result(row)


def parse_job_id(text: str) -> UUID:
    """The id, or BulkJobNotFound for what is no id at all."""
    try:
        return UUID(text)
    except ValueError as error:
        raise BulkJobNotFound(text) from error


def _equal(**fields: str | None) -> Node:
    return AllOf(tuple(Compare(name, Op.EQ, value) for name, value in fields.items() if value is not None))


def _job(row: Row) -> BulkJob:
    id_, action, params, asked, picked, snapshot_at, state, reason, *others = row
    return BulkJob(
        id_,
        Action(action),
        msgspec.convert(params, BulkParams),
        asked,
        picked,
        snapshot_at,
        JobState(state),
        None if reason is None else StopReason(reason),
        *others,
    )


def _result(row: Row) -> BulkResult:
    user_id, name, email, outcome, *others = row
    return BulkResult(user_id, name, email, ResultOutcome(outcome), *others)
