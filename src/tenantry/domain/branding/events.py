"""Facts about a tenant's looks. `data` names pictures by their hash."""

from typing import ClassVar

from tenantry.kernel.events import Event


class LogoChanged(Event, frozen=True, kw_only=True):
    """The tenant has another logo, or its first."""

    type: ClassVar[str] = "tenant.logo_changed"
    target_type: ClassVar[str] = "tenant"


class LogoRemoved(Event, frozen=True, kw_only=True):
    """The tenant shows no logo any more."""

    type: ClassVar[str] = "tenant.logo_removed"
    target_type: ClassVar[str] = "tenant"
