"""What can be refused about credentials."""

from collections.abc import Sequence

from tenantry.domain.credentials.policy import BrokenRule
from tenantry.kernel.errors import DomainError, Kind

FIELD = "password"


class PasswordRefused(DomainError):
    """The password breaks rules of the tenant's policy.

    `fields` names all of them under `password`, and each one under `password.<rule>` for programs.
    """

    def __init__(self, broken: Sequence[BrokenRule]) -> None:
        together = "; ".join(one.message for one in broken)
        fields = {FIELD: together}
        fields.update({f"{FIELD}.{_camel(one.rule.value)}": one.message for one in broken})
        super().__init__(Kind.UNPROCESSABLE, "validation_error", f"The password {together}.", fields)
        self.broken = tuple(broken)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
