"""Reading factors; their secrets stay where they are."""

from uuid import UUID

from tenantry.domain.factors.model import Factor
from tenantry.domain.users import permissions
from tenantry.kernel.work import ReadWork


async def list_factors(work: ReadWork, user_id: UUID) -> list[Factor]:
    """All factors of a user, the oldest first."""
    work.require(permissions.READ)
    rows = await work.db.all(
        """
        select id, kind, name, created_at, last_used_at
        from factors
        where user_id = %s
        order by id
        """,
        (user_id,),
    )
    return [Factor(*row) for row in rows]
