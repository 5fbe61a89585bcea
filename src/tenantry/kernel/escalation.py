"""Nobody hands out more than they have: the one rule behind roles, groups and API keys."""

from collections.abc import Iterable

import msgspec

from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.permissions import Actor

_NAMED = 5


class Grant(msgspec.Struct, frozen=True):
    """Something that can be handed out, and the permissions of the management API that come with it.

    `what` is how a message names it, such as `the role auditor`.
    """

    what: str
    permissions: frozenset[str]


class Escalation(DomainError):
    """The actor would hand out permissions that it does not hold itself."""

    def __init__(self, field: str, grant: Grant, missing: list[str]) -> None:
        named = ", ".join(missing[:_NAMED]) + (
            f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        )
        problem = f"you cannot hand out {grant.what}: it grants {named}, which you do not hold yourself"
        super().__init__(
            Kind.FORBIDDEN, "permission_denied", f"{problem[0].upper()}{problem[1:]}.", {field: problem}
        )


def refuse_escalation(actor: Actor, field: str, grants: Iterable[Grant]) -> None:
    """Raises Escalation for the first grant with a permission that the actor lacks. Who holds `*` may hand out everything."""
    if "*" in actor.permissions:
        return
    for grant in grants:
        missing = sorted(grant.permissions - actor.permissions)
        if missing:
            raise Escalation(field, grant, missing)
