"""Who may take hold of whose account.

Whoever can set a person's password or address can become that person; whoever can block or delete them can shut them out.
"""

from tenantry.domain.roles.queries import find_power_of
from tenantry.domain.users import permissions as users
from tenantry.domain.users.errors import OwnAccount
from tenantry.domain.users.model import User
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import Actor, ActorKind, Permission
from tenantry.kernel.work import ReadWork


class StrongerUser(DomainError):
    """The user may do more in the administration than the actor; taking the account over would be a way to climb."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(
            Kind.FORBIDDEN,
            "permission_denied",
            f"This user may do things that you may not ({', '.join(missing[:5])}), so you cannot change this user's account.",
            {"id": "holds permissions that you do not hold"},
        )


async def refuse_taking_over(work: ReadWork, user: User, needed: Permission = users.UPDATE) -> None:
    """Raises StrongerUser when the user holds a permission of the administration that the actor lacks.

    `needed` is the permission that the guarded action asks for. A deleted user counts with the roles that a restore brings back.
    """
    work.require(needed)
    if work.actor.holds("*"):
        return
    missing = sorted(work.actor.lacks(await find_power_of(work, user.id, needed)))
    if missing:
        raise StrongerUser(missing)


def refuse_own_account(actor: Actor, user: User) -> None:
    """Raises OwnAccount when a person would shut out or delete themselves. API keys and the program are nobody's account."""
    if actor.kind is ActorKind.USER and actor.id == user.id:
        raise OwnAccount("You cannot do this to your own account. Ask another administrator.")
