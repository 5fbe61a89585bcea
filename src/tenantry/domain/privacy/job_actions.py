"""What bulk jobs say of a person who is erased: the text that was searched for, and the reason that was given.

A job names somebody when it has reached or picked them, when it looks for them, or when its reason names them; see `rules`. Such
a job forgets both, and stays otherwise as it is.
"""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.privacy import permissions
from tenantry.domain.privacy.rules import Names
from tenantry.domain.users import permissions as users
from tenantry.kernel.work import ReadWork, Work

REDACTED = "[redacted]"


async def list_jobs_naming(work: Work, user_id: UUID, names: Names) -> list[UUID]:
    """The jobs that name a person; they are looked for before the person is gone, and locked by nothing."""
    work.require(users.DELETE)
    found = set(await _list_reaching(work, user_id))
    said = work.db.stream(
        """
        select id, filter ->> 'search', params ->> 'reason'
        from bulk_jobs
        where filter ? 'search'
           or params ? 'reason'
        """
    )
    async for job_id, search, reason in said:
        if names.are_sought(search) or names.stand_in(reason):
            found.add(job_id)
    return sorted(found)


async def list_jobs_reaching(work: ReadWork, user_id: UUID) -> list[UUID]:
    """The jobs that have picked or reached somebody, who may be gone already. System-only."""
    work.require(permissions.PURGE)
    return await _list_reaching(work, user_id)


async def _list_reaching(work: ReadWork, user_id: UUID) -> list[UUID]:
    rows = await work.db.all(
        """
        select j.id
        from bulk_jobs j
        where (j.filter ? 'search' or j.params ? 'reason')
          and (
            %(user)s = any (j.ids)
            or exists (
                select from bulk_job_results r
                where r.job_id = j.id
                  and r.user_id = %(user)s))
        """,
        {"user": user_id},
    )
    return [row[0] for row in rows]


async def redact_jobs(work: Work, job_ids: Sequence[UUID]) -> None:
    """Takes search and reason out of the jobs. System-only.

    One that is still going on gives no reason from then on, and keeps to its end, for itself alone, whom it looks for.
    """
    work.require(permissions.PURGE)
    await work.db.run(
        """
        update bulk_jobs
        set filter = case when filter ? 'search' then filter || jsonb_build_object('search', %(redacted)s::text) else filter end,
            params = case when params ? 'reason' then params || jsonb_build_object('reason', %(redacted)s::text) else params end
        where id = any (%(jobs)s)
        """,
        {"jobs": list(job_ids), "redacted": REDACTED},
    )
