"""Facts about the audit log itself."""

from typing import ClassVar

from tenantry.kernel.events import Event


class AuditExported(Event, frozen=True, kw_only=True):
    """Somebody took a copy of the log. `data`: `format`, `from` and `to`."""

    type: ClassVar[str] = "audit.exported"
    target_type: ClassVar[str] = "audit_log"
