"""Asking for a bulk job, cancelling it, and doing its next people."""

from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs.acting import Asker, rights_now
from tenantry.domain.bulk_jobs.errors import BulkJobNotFound, BulkJobOver, TooManyBulkJobs
from tenantry.domain.bulk_jobs.events import BulkJobCancelled, BulkJobStarted
from tenantry.domain.bulk_jobs.model import MOST_OPEN, OPEN, Action, BulkJob, BulkRequest, JobState
from tenantry.domain.bulk_jobs.objects import FoundObject, find_object
from tenantry.domain.bulk_jobs.queries import get_bulk_job
from tenantry.domain.bulk_jobs.rules import NEEDED, checked_request, to_json, whom
from tenantry.domain.directory.queries import NEWEST_FIRST, list_people
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import Criteria, Page
from tenantry.kernel.escalation import Grant, refuse_taking_away
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.work import Job, Work, as_json

RUN = "bulk_jobs.run"


async def start_bulk(work: Work, request: BulkRequest) -> BulkJob:
    """Stores what is asked for and has a job do it; nobody is changed before this work is committed.

    Raises MissingPermission, FieldError, Escalation for a role or group that the actor could give to nobody, DomainError for a
    filter that the list of people refuses, and TooManyBulkJobs.
    """
    work.require(users.READ)
    work.require(NEEDED[request.action])
    # First, so that who is signed out everywhere while this waits for others is signed out for the job as well.
    epoch = await work.db.value("select credential_epoch from users where id = %s", (work.actor.id,))
    clean = checked_request(request, work.now)
    found = await find_object(work, clean.action, clean.params)
    job_id = new_id()
    total, exact = await _counted(work, clean)
    await _refuse_too_many(work)
    await work.db.run(
        """
        insert into bulk_jobs (
            id, action, params, object_id, filter, criteria, ids, snapshot_at, total, total_is_exact, actor_kind, actor_id,
            actor_epoch, created_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            job_id,
            clean.action.value,
            as_json(_params(clean, found)),
            None if found is None else found.id,
            None if clean.where is None else as_json(clean.asked),
            None if clean.where is None else as_json({"where": to_json(clean.where), "search": clean.search}),
            clean.ids,
            clean.snapshot_at,
            total,
            exact,
            work.actor.kind.value,
            work.actor.id,
            epoch,
            work.now,
        ),
    )
    data = {"action": clean.action.value, "total": total, "totalIsExact": exact}
    work.record(BulkJobStarted(target_id=job_id, data=data))
    work.defer(next_run(work.tenant.id, job_id, 0))
    return await get_bulk_job(work, job_id)


async def cancel_bulk_job(work: Work, job_id: UUID) -> BulkJob:
    """Ends a job before its next people; what is done stays done. One that is cancelled already stays as it is.

    It takes the permission that asking for the job takes, and as much as whoever asked may do: else somebody could ward off what
    is about to be done to them. Raises BulkJobNotFound, BulkJobOver, MissingPermission and Escalation.
    """
    work.require(users.READ)
    # A batch that is being done holds the row, so this waits until it is committed.
    row = await work.db.one(
        """
        select action, state, actor_kind, actor_id, actor_epoch
        from bulk_jobs
        where id = %s
        for update
        """,
        (job_id,),
    )
    if row is None:
        raise BulkJobNotFound(str(job_id))
    action, state, asker = Action(row[0]), JobState(row[1]), Asker(ActorKind(row[2]), row[3], row[4])
    work.require(NEEDED[action])
    if asker.id != work.actor.id:
        refuse_taking_away(work.actor, "id", [Grant("this bulk action", await rights_now(work, asker))])
    if state is JobState.CANCELLED:
        return await get_bulk_job(work, job_id)
    if state not in OPEN:
        raise BulkJobOver(state)
    # What the filter means was kept for the walk alone, and may name somebody.
    await work.db.run(
        """
        update bulk_jobs
        set state = 'cancelled',
            criteria = case when criteria is not null then '{}'::jsonb end,
            finished_at = %s
        where id = %s
        """,
        (work.now, job_id),
    )
    job = await get_bulk_job(work, job_id)
    counts = {"done": job.done, "skipped": job.skipped, "failed": job.failed}
    work.record(BulkJobCancelled(target_id=job_id, data={"action": action.value, **counts}))
    return job


def next_run(tenant_id: UUID, job_id: UUID, number: int) -> Job:
    """The job that goes on with a bulk job; of several runs only the one with this number does."""
    return Job(RUN, {"tenant": str(tenant_id), "job": str(job_id), "round": number}, behind=True)


async def _refuse_too_many(work: Work) -> None:
    # One after the other, so that of two at once the second is counted with the first.
    await work.db.run("select pg_advisory_xact_lock(hashtextextended(current_tenant()::text, 5820417716))")
    waiting: int = await work.db.value(
        """
        select count(*)
        from bulk_jobs
        where state in ('queued', 'running')
        """
    )
    if waiting >= MOST_OPEN:
        raise TooManyBulkJobs


async def _counted(work: Work, request: BulkRequest) -> tuple[int, bool]:
    """How many people there are to visit. Everybody who was picked is visited, also to say that they are not there."""
    if request.ids is not None:
        return len(request.ids), True
    people = await list_people(work, Criteria(whom(request), NEWEST_FIRST, Page(1), request.search))
    return people.total, people.total_is_exact


def _params(request: BulkRequest, found: FoundObject | None) -> dict[str, Any]:
    params: dict[str, Any] = msgspec.to_builtins(request.params)
    if found is not None:
        params |= {name: found.slug for name in ("role", "group") if name in params}
    return params
