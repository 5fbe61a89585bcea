"""Bulk jobs: how far each has come and what became of each person."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from litestar import Response, get, post

from tenantry.domain.bulk_jobs.actions import cancel_bulk_job
from tenantry.domain.bulk_jobs.errors import BulkJobOver
from tenantry.domain.bulk_jobs.model import OPEN, BulkJob, ResultOutcome
from tenantry.domain.bulk_jobs.queries import get_bulk_job, list_bulk_jobs, list_bulk_results, parse_job_id
from tenantry.domain.bulk_jobs.rules import WORDS as STOPPED
from tenantry.domain.directory.choices import Choices, list_choices
from tenantry.kernel.criteria import Page
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.bulk_results import file_headers, results_file
from tenantry.surfaces.kit.forms import Form, decode_form
from tenantry.surfaces.kit.limits import Category as Rate
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.paging import DEFAULT_LIMIT
from tenantry.surfaces.kit.streaming import Streamed
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.kit.works import stream_as
from tenantry.surfaces.portal.addresses import USERS, ListAddress
from tenantry.surfaces.portal.bulk_words import seconds_of, what_of
from tenantry.surfaces.portal.frame import View, address, done, show, submit, told_of
from tenantry.surfaces.portal.user_filters import filter_words

PATH = "/access-management/bulk-jobs"
LIST = View("bulk-jobs", "portal/bulk_jobs.html")
ONE = View("bulk-jobs", "portal/bulk_job.html", part="portal/bulk_job_progress.html")
TOLD = {
    "cancelled": "The job has been cancelled. What was done stays done.",
    "over": "The job was over already.",
}
STATES = {
    "queued": ("Waiting", "wait"),
    "running": ("Running", "wait"),
    "done": ("Done", "good"),
    "cancelled": ("Cancelled", "plain"),
    "stopped": ("Stopped", "bad"),
}
OUTCOMES = {"": "All", "done": "Done", "skipped": "Nothing to do", "failed": "Refused"}


@get(PATH, include_in_schema=False)
async def show_jobs(request: AnyRequest) -> Response[bytes]:
    where = ListAddress(address(request, PATH), decode_form(request.scope["query_string"]))

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_bulk_jobs(work, Page(DEFAULT_LIMIT, cursor=where.given.get("cursor")))
        following = found.page.next_cursor
        choices = await _choices(work, found.jobs)
        return {
            "jobs": [_shown(job, work, choices) for job in found.jobs],
            "path": address(request, PATH),
            "next": where.changed(cursor=following) if following else None,
            "users": address(request, USERS),
        }

    return await show(request, LIST, build)


@get(f"{PATH}/{{job_id:str}}", include_in_schema=False)
async def show_job(request: AnyRequest) -> Response[bytes]:
    job_id = parse_job_id(request.path_params["job_id"])
    path = f"{PATH}/{job_id}"
    where = ListAddress(address(request, path), decode_form(request.scope["query_string"]))
    outcome = _outcome(where.given)
    wanted = outcome or ""

    async def build(work: ReadWork) -> dict[str, Any]:
        job = await get_bulk_job(work, job_id)
        page = Page(DEFAULT_LIMIT, cursor=where.given.get("cursor"))
        found = await list_bulk_results(work, job_id, page, outcome)
        following = found.page.next_cursor
        return {
            "job": _shown(job, work, await _choices(work, [job])),
            "results": found.results,
            "next": where.changed(cursor=following) if following else None,
            "outcomes": [
                (label, where.changed(outcome=name or None), name) for name, label in OUTCOMES.items()
            ],
            "outcome": wanted,
            "file": address(request, f"{path}/results.csv") + (f"?outcome={wanted}" if wanted else ""),
            "path": address(request, path),
            "here": where.here,
            "jobs": address(request, PATH),
            "users": address(request, USERS),
            "told": told_of(request, TOLD),
        }

    return await show(request, ONE, build)


@get(f"{PATH}/{{job_id:str}}/results.csv", include_in_schema=False)
async def save_results(request: AnyRequest) -> Streamed:
    job_id = parse_job_id(request.path_params["job_id"])
    outcome = _outcome(decode_form(request.scope["query_string"]))

    def run(work: ReadWork) -> AsyncGenerator[bytes, None]:
        return results_file(work, job_id, outcome)

    return await stream_as(request, Person(request).opener(Rate.READ), run, file_headers(job_id))


@post(f"{PATH}/{{job_id:str}}/cancel", include_in_schema=False, status_code=200)
async def cancel(request: AnyRequest) -> Response[bytes]:
    job_id = parse_job_id(request.path_params["job_id"])

    async def end(work: Work, _: Form) -> None:
        await cancel_bulk_job(work, job_id)

    try:
        await submit(request, end)
    except BulkJobOver:
        return done(request, f"{PATH}/{job_id}", "over")
    return done(request, f"{PATH}/{job_id}", "cancelled")


def _outcome(given: dict[str, str]) -> ResultOutcome | None:
    wanted = given.get("outcome", "")
    return ResultOutcome(wanted) if wanted in set(ResultOutcome) else None


async def _choices(work: ReadWork, jobs: Sequence[BulkJob]) -> Choices:
    """The names of the roles and groups that the jobs give or take."""
    of_roles = [job.params.role for job in jobs if job.params.role]
    of_groups = [job.params.group for job in jobs if job.params.group]
    if not (of_roles or of_groups):
        return Choices([], [])
    return await list_choices(work, of_roles, of_groups)


def _shown(job: BulkJob, work: ReadWork, choices: Choices) -> dict[str, Any]:
    label, tone = STATES[job.state.value]
    visited = job.done + job.skipped + job.failed
    return {
        "id": str(job.id),
        "what": what_of(job, choices),
        "whom": filter_words(job.filter) if job.filter is not None else None,
        "picked": job.picked,
        "state": label,
        "tone": tone,
        "open": job.state in OPEN,
        "reason": None if job.reason is None else STOPPED[job.reason],
        "given_reason": job.params.reason,
        "total": job.total,
        "exact": job.total_is_exact,
        "visited": visited,
        "done": job.done,
        "skipped": job.skipped,
        "failed": job.failed,
        "by": job.actor_label,
        "at": job.created_at,
        "seconds": seconds_of(job, work.now),
    }


ROUTES = [show_jobs, show_job, save_results, cancel]
