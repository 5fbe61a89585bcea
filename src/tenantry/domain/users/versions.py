"""The version of a user also moves with what other modules keep about them; this is how they say so."""

from collections.abc import Sequence
from uuid import UUID

from tenantry.kernel.work import Work


async def move_versions(work: Work, user_ids: Sequence[UUID]) -> None:
    """Moves the version of users whose roles or groups changed. System-only: the action that changed them has authorised it.

    Rows are locked in the order of their ids, so that two works that touch the same people wait instead of deadlocking.
    """
    if not user_ids:
        return
    await work.db.run(
        """
        with locked as (
            select id
            from users
            where id = any (%s)
            order by id
            for no key update
        )
        update users u
        set version = u.version + 1,
            updated_at = %s
        from locked
        where u.id = locked.id
        """,
        (list(user_ids), work.now),
    )
