"""Bulk jobs: one action for many people, looked at before, followed, cancelled, and what became of each."""

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.bulk_jobs.actions import cancel_bulk_job, start_bulk
from tenantry.domain.bulk_jobs.model import Action, JobState, ResultOutcome
from tenantry.domain.bulk_jobs.queries import (
    get_bulk_job,
    list_bulk_jobs,
    list_bulk_results,
    parse_job_id,
    preview_bulk,
)
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.bulk_views import (
    BulkBody,
    BulkJobView,
    BulkResultView,
    PreviewView,
    job_view,
    preview_view,
    result_view,
)
from tenantry.surfaces.admin_api.lists import list_body
from tenantry.surfaces.kit.bulk_results import file_headers, results_file
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.paging import Paging, parsed_page
from tenantry.surfaces.kit.streaming import Streamed
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, stream, write

TAG = "Bulk jobs"
READS = ("admin:read", "admin:write", "admin:users", "admin:roles", "admin:groups")
WRITES = ("admin:write", "admin:users", "admin:roles", "admin:groups")
EXAMPLE = {"action": "suspend", "params": {"reason": "Moved to another system"}, "filter": {"group": "sales"}}


class BulkJobQuery(Paging, kw_only=True):
    """The parameters of the list of jobs."""

    state: Annotated[JobState | None, msgspec.Meta(description="Only jobs that stand so.")] = None
    action: Annotated[Action | None, msgspec.Meta(description="Only jobs of this action.")] = None


class ResultQuery(Paging, kw_only=True):
    """The parameters of the list of results."""

    outcome: Annotated[ResultOutcome | None, msgspec.Meta(description="Only people of whom this became.")] = (
        None
    )


class ResultFileQuery(msgspec.Struct, kw_only=True):
    """Of whom the file tells: of everybody, unless an outcome is named."""

    outcome: Annotated[ResultOutcome | None, msgspec.Meta(description="Only people of whom this became.")] = (
        None
    )


@post(
    "/bulk-jobs/preview",
    **promises(
        summary="See whom a bulk job would reach",
        name="previewBulkJob",
        tag=TAG,
        description="Nothing is written. What would be refused when the job is asked for is refused here as well.",
        body=BulkBody,
        answer=PreviewView,
        scopes=WRITES,
        errors=(422,),
        body_example=EXAMPLE,
    ),
)
async def preview(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: ReadWork) -> Answer:
        asked = decode_body(raw, BulkBody).request()
        return Answer({"data": preview_view(await preview_bulk(work, asked))})

    return await read(request, run)


@post(
    "/bulk-jobs",
    **promises(
        summary="Do something with many people",
        name="createBulkJob",
        tag=TAG,
        description=(
            "For everybody who matches a filter, or for up to 1000 people by their ids. It takes the permission that the action"
            " takes for one person, and each person is done as that call alone would be, by whoever asked and with the rights"
            " they have at that moment: whom it would be refused for is reported as `failed`. People who are created after"
            " `snapshotAt` are left alone. `delete` keeps people as long as the setting `deletion.retentionDays` says."
            " `resend` sends again what somebody waits for: to choose a first password, or a new one that was demanded of them;"
            " else to verify their address, else their number. At most 20 jobs of a tenant wait or run at once; another one is"
            " refused (409, `too_many_bulk_jobs`)."
        ),
        body=BulkBody,
        answer=BulkJobView,
        status=202,
        scopes=WRITES,
        errors=(409, 422),
        body_example=EXAMPLE,
    ),
)
async def create(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        job = await start_bulk(work, decode_body(raw, BulkBody).request())
        location = {"Location": f"{request.url.path}/{job.id}"}
        return Answer({"data": job_view(job), "message": "Bulk job started"}, 202, location)

    return await write(request, run)


@get(
    "/bulk-jobs",
    **promises(
        summary="List bulk jobs",
        name="listBulkJobs",
        tag=TAG,
        description="Those of the last 31 days, the newest first.",
        query=BulkJobQuery,
        answer=BulkJobView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], BulkJobQuery)
        found = await list_bulk_jobs(work, parsed_page(query), state=query.state, action=query.action)
        return Answer(list_body(query, [job_view(job) for job in found.jobs], found.page))

    return await read(request, run)


@get(
    "/bulk-jobs/{job_id:str}",
    **promises(
        summary="Get a bulk job",
        name="getBulkJob",
        tag=TAG,
        answer=BulkJobView,
        scopes=READS,
        errors=(404,),
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        return Answer({"data": job_view(await get_bulk_job(work, _id(request)))})

    return await read(request, run)


@get(
    "/bulk-jobs/{job_id:str}/results",
    **promises(
        summary="List what became of the people of a bulk job",
        name="listBulkJobResults",
        tag=TAG,
        description="In the order in which they were visited, the newest people first. Results are kept for 30 days.",
        query=ResultQuery,
        answer=BulkResultView,
        listed=True,
        scopes=READS,
        errors=(404,),
    ),
)
async def list_results(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        query = decode_query(request.scope["query_string"], ResultQuery)
        found = await list_bulk_results(work, _id(request), parsed_page(query), query.outcome)
        return Answer(list_body(query, [result_view(one) for one in found.results], found.page))

    return await read(request, run)


@get(
    "/bulk-jobs/{job_id:str}/results.csv",
    **promises(
        summary="Get what became of the people of a bulk job as a file",
        name="exportBulkJobResults",
        tag=TAG,
        description=(
            "Everybody who has been visited by now, in the order of the list, without a limit of rows. Names and addresses are"
            " those of now. A cell that a spreadsheet would take for a formula begins with an apostrophe."
        ),
        query=ResultFileQuery,
        scopes=READS,
        errors=(404,),
        files=(("text/csv", "One line for each person, below a line with the names of the columns."),),
    ),
)
async def export_results(request: AnyRequest) -> Streamed:
    job_id = _id(request)

    def run(work: ReadWork) -> AsyncGenerator[bytes, None]:
        query = decode_query(request.scope["query_string"], ResultFileQuery)
        return results_file(work, job_id, query.outcome)

    return await stream(request, run, file_headers(job_id), Category.READ)


@post(
    "/bulk-jobs/{job_id:str}/cancel",
    **promises(
        summary="Cancel a bulk job",
        name="cancelBulkJob",
        tag=TAG,
        description=(
            "It ends before its next people; what is done stays done. A job that is cancelled already stays so, and one that has"
            " ended otherwise is refused (409). It takes the permission that asking for the job takes."
        ),
        answer=BulkJobView,
        scopes=WRITES,
        errors=(404, 409),
    ),
)
async def cancel(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        job = await cancel_bulk_job(work, _id(request))
        return Answer({"data": job_view(job), "message": "Bulk job cancelled"})

    return await write(request, run)


def _id(request: AnyRequest) -> UUID:
    return parse_job_id(request.path_params["job_id"])


ROUTES = [preview, create, list_all, get_one, list_results, export_results, cancel]
