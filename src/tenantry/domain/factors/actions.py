"""What can be done with factors."""

from tenantry.domain.factors.events import FactorsReset
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.users import permissions
from tenantry.domain.users.actions import set_mfa_facts
from tenantry.domain.users.model import User
from tenantry.kernel.work import Work


async def reset_factors(work: Work, user: User) -> int:
    """Removes all factors of a locked user and says how many there were.

    A reset that finds none changes nothing and is recorded all the same: that somebody asked belongs in the audit log.
    Raises StrongerUser for a user who may do more than the actor.
    """
    work.require(permissions.UPDATE)
    await refuse_taking_over(work, user)
    rows = await work.db.all(
        """
        delete from factors
        where user_id = %s
        returning kind
        """,
        (user.id,),
    )
    removed = sorted(row[0] for row in rows)
    if removed or user.mfa_enabled:
        await set_mfa_facts(work, user.id, enabled=False)
    work.record(
        FactorsReset(
            target_id=user.id,
            data={"count": len(removed), "removed": removed},
            personal={"email": user.email, "name": user.name},
        )
    )
    return len(removed)
