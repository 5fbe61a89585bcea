"""Facts about API keys; none of them holds a key."""

from typing import ClassVar

from tenantry.kernel.events import Event


class ApiKeyCreated(Event, frozen=True, kw_only=True):
    """A key was made. `data`: `name`, `hint`, `scopes`, `expiresAt`."""

    type: ClassVar[str] = "apikey.created"
    target_type: ClassVar[str] = "api_key"


class ApiKeyRevoked(Event, frozen=True, kw_only=True):
    """A key was revoked and is dead from this moment. `data`: `name`, `hint`."""

    type: ClassVar[str] = "apikey.revoked"
    target_type: ClassVar[str] = "api_key"
