"""What became of the people of a bulk job, as a table in a file."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from tenantry.domain.bulk_jobs.model import BulkResult, ResultOutcome
from tenantry.domain.bulk_jobs.queries import stream_bulk_results
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.csv_lines import MEDIA_TYPE, csv_line, in_chunks

COLUMNS = ("userId", "name", "email", "outcome", "code", "message", "at")


def file_headers(job_id: UUID) -> dict[str, str]:
    """What says that the answer is a file, and how it is called."""
    return {
        "content-type": MEDIA_TYPE,
        "content-disposition": f'attachment; filename="bulk-job-{job_id}.csv"',
    }


async def results_file(
    work: ReadWork, job_id: UUID, outcome: ResultOutcome | None
) -> AsyncGenerator[bytes, None]:
    """The table in chunks, a line for each person below the names of the columns. Raises BulkJobNotFound."""
    async with (
        aclosing(stream_bulk_results(work, job_id, outcome)) as results,
        aclosing(_lines(results)) as lines,
        aclosing(in_chunks(lines)) as chunks,
    ):
        async for chunk in chunks:
            yield chunk


async def _lines(results: AsyncGenerator[BulkResult, None]) -> AsyncGenerator[bytes, None]:
    # Asked for first, so that a job that is not there is refused before anything is sent.
    first = await anext(results, None)
    yield csv_line(COLUMNS)
    if first is not None:
        yield csv_line(_cells(first))
    async for result in results:
        yield csv_line(_cells(result))


def _cells(result: BulkResult) -> tuple[str, ...]:
    return (
        str(result.user_id),
        result.name or "",
        result.email or "",
        result.outcome.value,
        result.code or "",
        result.message or "",
        result.at.isoformat().replace("+00:00", "Z"),
    )
