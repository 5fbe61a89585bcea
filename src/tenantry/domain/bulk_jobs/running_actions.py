"""The next people of a bulk job, in one transaction: each one by themselves, and how far it has come beside them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.bulk_jobs import permissions
from tenantry.domain.bulk_jobs.acting import Asker, CannotGoOn, actor_now
from tenantry.domain.bulk_jobs.actions import next_run
from tenantry.domain.bulk_jobs.deeds import DEEDS, Deed, reaches_deleted
from tenantry.domain.bulk_jobs.events import BulkJobFinished
from tenantry.domain.bulk_jobs.model import (
    Action,
    BulkParams,
    BulkRequest,
    JobState,
    ResultOutcome,
    StopReason,
)
from tenantry.domain.bulk_jobs.objects import missing_object
from tenantry.domain.bulk_jobs.rules import NOT_ONESELF, from_json, whom
from tenantry.domain.directory.model import MatchingIds, Span
from tenantry.domain.directory.queries import list_matching_ids
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.events import Outcome
from tenantry.kernel.logs import logger
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.work import Work, attempt

log = logger("bulk_jobs")


class _Running(msgspec.Struct, frozen=True):
    """A row of `bulk_jobs` that this work has locked."""

    id: UUID
    request: BulkRequest
    deed: Deed
    asker: Asker
    before: UUID | None
    counts: dict[ResultOutcome, int]


class _Told(msgspec.Struct, frozen=True):
    """What became of one person."""

    user_id: UUID
    outcome: ResultOutcome
    code: str | None = None
    message: str | None = None


async def do_next_people(work: Work, job_id: UUID, number: int, size: int) -> None:
    """Does the next people of a job as whoever asked for it, and hands the others on to the next run. System-only.

    It does nothing unless the job waits for the run of this number. Where the job has come to stands in the same transaction, so
    nobody is done twice, however often a worker is killed.
    """
    work.require(permissions.RUN)
    job = await _locked(work, job_id, number)
    if job is None:
        return
    gone = await missing_object(work, job.request.action, job.deed.object_id)
    if gone is not None:
        await _end(work, job, JobState.STOPPED, gone)
        return
    people = await _next(work, job, size)
    told, stopped = await _each(work, job, people.ids)
    reached = people.go_on_before if stopped is None else told[-1].user_id if told else None
    job = await _note(work, job, told, reached)
    if stopped is not None or people.go_on_before is None:
        await _end(work, job, JobState.DONE if stopped is None else JobState.STOPPED, stopped)
        return
    await work.db.run("update bulk_jobs set round = round + 1 where id = %s", (job.id,))
    work.defer(next_run(work.tenant.id, job.id, number + 1))


async def stop_bulk_job(work: Work, job_id: UUID, reason: StopReason) -> None:
    """Ends a job that cannot go on. System-only."""
    work.require(permissions.RUN)
    job = await _locked(work, job_id, None)
    if job is not None:
        await _end(work, job, JobState.STOPPED, reason)


async def _locked(work: Work, job_id: UUID, number: int | None) -> _Running | None:
    """The job while it is open; with a number, only while it waits for the run of this number."""
    row = await work.db.one(
        """
        select action, params, object_id, criteria, ids, snapshot_at, actor_kind, actor_id, actor_epoch, last_id,
               done, skipped, failed
        from bulk_jobs
        where id = %(job)s
          and state in ('queued', 'running')
          and (%(number)s::integer is null or round = %(number)s)
        for update
        """,
        {"job": job_id, "number": number},
    )
    if row is None:
        return None
    action, params, object_id, criteria, ids, snapshot_at, kind, actor_id, epoch, before, *counts = row
    known = msgspec.convert(params, BulkParams)
    return _Running(
        id=job_id,
        request=_request(Action(action), known, criteria, ids, snapshot_at),
        deed=Deed(known, object_id),
        asker=Asker(ActorKind(kind), actor_id, epoch),
        before=before,
        counts=dict(zip(ResultOutcome, counts, strict=True)),
    )


def _request(
    action: Action,
    params: BulkParams,
    criteria: dict[str, Any] | None,
    ids: list[UUID] | None,
    snapshot_at: datetime,
) -> BulkRequest:
    return BulkRequest(
        action=action,
        params=params,
        where=None if criteria is None else from_json(criteria["where"]),
        search=None if criteria is None else criteria["search"],
        ids=ids,
        snapshot_at=snapshot_at,
    )


async def _next(work: Work, job: _Running, size: int) -> MatchingIds:
    if job.request.ids is None:
        return await list_matching_ids(work, whom(job.request), job.request.search, Span(size, job.before))
    # Whoever was picked is visited even if they are gone, so that the results say what became of each.
    behind = sorted((one for one in job.request.ids if job.before is None or one < job.before), reverse=True)
    return MatchingIds(behind[:size], behind[size - 1] if len(behind) > size else None)


async def _each(work: Work, job: _Running, ids: list[UUID]) -> tuple[list[_Told], StopReason | None]:
    """Does one after the other as the asker, whose rights are looked at each time; the program acts again afterwards."""
    told: list[_Told] = []
    program = work.actor
    try:
        for user_id in ids:
            work.actor = program
            work.actor = await actor_now(work, job.asker, job.request.action)
            told.append(await _one(work, job, user_id))
    except CannotGoOn as stop:
        return told, stop.reason
    finally:
        work.actor = program
    return told, None


async def _one(work: Work, job: _Running, user_id: UUID) -> _Told:
    action = job.request.action
    if user_id == work.actor.id and action in NOT_ONESELF:
        return _Told(user_id, ResultOutcome.SKIPPED, "own_account", "Your own account was left alone.")
    try:
        async with attempt(work):
            with_deleted = reaches_deleted(action, job.deed.params)
            user = await get_user_for_change(work, UserRef(user_id, None), with_deleted=with_deleted)
            changed = await DEEDS[action](work, user, job.deed)
    except UserNotFound as gone:
        return _Told(user_id, ResultOutcome.SKIPPED, "not_found", gone.message)
    except DomainError as refusal:
        if refusal.kind is Kind.BUSY:
            # The database had no time for the batch, which is tried again; nobody is left out for that.
            raise
        return _Told(user_id, ResultOutcome.FAILED, refusal.code, refusal.message)
    except Exception:
        # One person whom the program cannot cope with must not keep all others waiting for ever.
        log.exception("a bulk job failed for one person", job=str(job.id), user=str(user_id))
        return _Told(
            user_id, ResultOutcome.FAILED, "internal_error", "Something went wrong here; it has been logged."
        )
    if changed:
        return _Told(user_id, ResultOutcome.DONE)
    return _Told(user_id, ResultOutcome.SKIPPED, "no_change", "There was nothing to do.")


async def _note(work: Work, job: _Running, told: list[_Told], reached: UUID | None) -> _Running:
    await work.db.run(
        """
        insert into bulk_job_results (job_id, user_id, outcome, code, message, created_at)
        select %s, r.user_id, r.outcome, r.code, r.message, %s
        from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) as r(user_id, outcome, code, message)
        """,
        (
            job.id,
            work.now,
            [one.user_id for one in told],
            [one.outcome.value for one in told],
            [one.code for one in told],
            [one.message for one in told],
        ),
    )
    counts = {
        outcome: before + sum(one.outcome is outcome for one in told)
        for outcome, before in job.counts.items()
    }
    await work.db.run(
        """
        update bulk_jobs
        set state = 'running',
            started_at = coalesce(started_at, %s),
            last_id = coalesce(%s, last_id),
            done = %s,
            skipped = %s,
            failed = %s
        where id = %s
        """,
        (work.now, reached, *counts.values(), job.id),
    )
    return msgspec.structs.replace(job, counts=counts)


async def _end(work: Work, job: _Running, state: JobState, reason: StopReason | None) -> None:
    # What the filter means was kept for the walk alone, and may name somebody.
    await work.db.run(
        """
        update bulk_jobs
        set state = %s,
            criteria = case when criteria is not null then '{}'::jsonb end,
            reason = %s,
            finished_at = %s
        where id = %s
        """,
        (state.value, reason, work.now, job.id),
    )
    data: dict[str, Any] = {"action": job.request.action.value}
    data |= {outcome.value: number for outcome, number in job.counts.items()}
    if reason is not None:
        data["reason"] = reason.value
    outcome = Outcome.SUCCESS if state is JobState.DONE else Outcome.PARTIAL
    work.record(BulkJobFinished(target_id=job.id, outcome=outcome, data=data))
