"""Facts about factors."""

from typing import ClassVar

from tenantry.kernel.events import Event


class FactorsReset(Event, frozen=True, kw_only=True):
    """An administrator removed all factors of a user. `data`: `count`, and `removed` with the kind of each."""

    type: ClassVar[str] = "mfa.factor_admin_reset"
    target_type: ClassVar[str] = "user"
