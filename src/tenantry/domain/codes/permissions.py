"""What may be done with codes. Issuing one goes with changing its user, or with inviting."""

from tenantry.domain.users import permissions as users
from tenantry.kernel.permissions import Actor, Permission

USE = Permission("codes:use", "Use a link or a one-time code; held by whoever opens the page it belongs to.")


def using(actor: Actor) -> Permission:
    """What using a code takes: whoever may change users may do with their codes what their owners may."""
    return users.UPDATE if actor.may(users.UPDATE) else USE
