"""What bulk jobs say of a person who is erased: the text that was searched for, and the reason that was given.

A job names somebody when it has reached or picked them, when its search finds them, or when their address, username, number or
name stands in its search or reason. Such a job forgets both, and stays otherwise as it is.
"""

from collections.abc import Sequence
from uuid import UUID

from tenantry.domain.privacy import permissions
from tenantry.domain.users import permissions as users
from tenantry.domain.users.model import User
from tenantry.kernel.work import Work

REDACTED = "[redacted]"


async def list_jobs_naming(work: Work, user: User) -> list[UUID]:
    """The jobs that name a person; they are looked for before the person is gone, and locked by nothing."""
    work.require(users.DELETE)
    known = (user.email, user.username, user.phone, user.name, user.family_name)
    names = [name.lower() for name in known if name]
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
                  and r.user_id = %(user)s)
            or exists (
                select from unnest(%(names)s::text[]) n(name)
                where position(n.name in lower(concat_ws(' ', j.filter ->> 'search', j.params ->> 'reason'))) > 0
                   or position(lower(j.filter ->> 'search') in n.name) > 0))
        order by j.id
        """,
        {"user": user.id, "names": names},
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
