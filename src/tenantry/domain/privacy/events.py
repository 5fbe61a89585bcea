"""Facts about erasure, by the names that LumoAuth documents (compliance, GDPR)."""

from typing import ClassVar

from tenantry.kernel.events import Event


class ErasureRequested(Event, frozen=True, kw_only=True):
    """Somebody had a person erased; they are deleted already, and the audit log follows."""

    type: ClassVar[str] = "gdpr.delete.requested"
    target_type: ClassVar[str] = "user"


class ErasureCompleted(Event, frozen=True, kw_only=True):
    """Nothing in the audit log names the person any more. `data.entries` counts what was changed."""

    type: ClassVar[str] = "gdpr.delete.completed"
    target_type: ClassVar[str] = "user"


class UserPurged(Event, frozen=True, kw_only=True):
    """A deleted user was deleted for good, because the time for a restore was over."""

    type: ClassVar[str] = "user.purged"
    target_type: ClassVar[str] = "user"
