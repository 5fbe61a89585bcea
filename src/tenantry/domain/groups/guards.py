"""Nobody gives up the right to give roles: of the last who has it, nobody could give it back.

It stands here and not with the roles because leaving a group gives it up as well.
"""

from collections.abc import Iterable
from uuid import UUID

from tenantry.domain.users.errors import OwnAccount
from tenantry.kernel.escalation import Grant
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.work import Work

ASSIGNING = "roles:assign"


async def refuse_giving_up(work: Work, gone: Iterable[Grant], holder: UUID | None = None) -> None:
    """Raises OwnAccount when a person who may give roles could do so no longer; to be asked once the rows are gone.

    `gone` is what was taken away, from the user `holder`, or from whoever had it. System-only: the action authorises.
    """
    actor = work.actor
    if actor.kind is not ActorKind.USER or actor.id is None or holder not in (None, actor.id):
        return
    if not actor.holds(ASSIGNING) or not any(ASSIGNING in grant.permissions for grant in gone):
        return
    may_still: bool = await work.db.value(
        """
        select exists (
            select from role_grants granted
            where %(permission)s = any (granted.permissions)
              and (granted.role_id in (select ur.role_id from user_roles ur where ur.user_id = %(user)s)
                or granted.role_id in (
                    select gr.role_id
                    from group_members m
                    join group_roles gr on gr.group_id = m.group_id
                    where m.user_id = %(user)s)))
        """,
        {"permission": ASSIGNING, "user": actor.id},
    )
    if not may_still:
        raise OwnAccount(
            "Without this you could give nobody a role any more, not even yourself. Somebody else must take it away."
        )
