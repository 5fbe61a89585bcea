"""Facts about tenants."""

from typing import ClassVar

from tenantry.kernel.events import Event


class TenantCreated(Event, frozen=True, kw_only=True):
    """A tenant came into being."""

    type: ClassVar[str] = "tenant.created"
    target_type: ClassVar[str] = "tenant"


class SettingsUpdated(Event, frozen=True, kw_only=True):
    """The settings changed; `data` has `changes` with what was before and after."""

    type: ClassVar[str] = "config.updated"
    target_type: ClassVar[str] = "tenant"


class TenantSuspended(Event, frozen=True, kw_only=True):
    """The tenant refuses all calls from now on."""

    type: ClassVar[str] = "tenant.suspended"
    target_type: ClassVar[str] = "tenant"


class TenantActivated(Event, frozen=True, kw_only=True):
    """The tenant answers again."""

    type: ClassVar[str] = "tenant.activated"
    target_type: ClassVar[str] = "tenant"
