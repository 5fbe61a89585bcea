"""Nobody hands out more than they have, nor takes it away: the one rule behind roles, groups and API keys."""

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
    """The actor would hand out, or take away, permissions that it does not hold itself; `deed` is which of the two."""

    def __init__(self, field: str, grant: Grant, missing: list[str], deed: str = "hand out") -> None:
        named = ", ".join(missing[:_NAMED]) + (
            f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        )
        problem = f"you cannot {deed} {grant.what}: it grants {named}, which you do not hold yourself"
        super().__init__(
            Kind.FORBIDDEN, "permission_denied", f"{problem[0].upper()}{problem[1:]}.", {field: problem}
        )


def refuse_escalation(actor: Actor, field: str, grants: Iterable[Grant]) -> None:
    """Raises Escalation for the first grant with a permission that the actor lacks. Who holds `*` may hand out everything."""
    _refuse(actor, field, grants, "hand out")


def refuse_taking_away(actor: Actor, field: str, grants: Iterable[Grant]) -> None:
    """Raises Escalation for the first grant with a permission that the actor lacks.

    Whoever strips somebody stronger of what they may do can take their account over afterwards. An action may ask once the
    rows are gone: the error undoes its unit of work.
    """
    _refuse(actor, field, grants, "take away")


def _refuse(actor: Actor, field: str, grants: Iterable[Grant], deed: str) -> None:
    for grant in grants:
        missing = sorted(actor.lacks(grant.permissions))
        if missing:
            raise Escalation(field, grant, missing, deed)
