"""What can be refused about credentials."""

from collections.abc import Sequence

from tenantry.domain.credentials.policy import BrokenRule
from tenantry.kernel.errors import DomainError, Kind

FIELD = "password"


class PasswordRefused(DomainError):
    """The password breaks rules of the tenant's policy.

    `fields` says so under `password`, and names each broken rule once, under `password.<rule>`.
    """

    def __init__(self, broken: Sequence[BrokenRule]) -> None:
        fields = {FIELD: "does not meet the policy"}
        fields.update({f"{FIELD}.{_camel(one.rule.value)}": one.message for one in broken})
        told = f"The password {'; '.join(one.message for one in broken)}."
        super().__init__(Kind.UNPROCESSABLE, "validation_error", told, fields)
        self.broken = tuple(broken)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
