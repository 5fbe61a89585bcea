"""What can be done with the audit log besides reading it."""

from typing import Any

from tenantry.domain.audit import permissions
from tenantry.domain.audit.events import AuditExported
from tenantry.domain.audit.model import ExportFormat, Range
from tenantry.domain.tenants.actions import change_settings
from tenantry.domain.tenants.model import Audit
from tenantry.domain.tenants.rules import OWN_SECTIONS, section
from tenantry.kernel.work import ReadWork, TenantFacts, Work

RETENTION = "audit"


def get_retention(work: ReadWork) -> Audit:
    """For how long the tenant keeps its log."""
    work.require(permissions.READ)
    return section(work.tenant, RETENTION, Audit)


async def change_retention(work: Work, changes: dict[str, Any]) -> Audit:
    """Lays `retentionDays` and `autoDelete` over the present retention; null takes one back to its default.

    Needs the right to change settings. Raises DomainError naming `audit.<key>`.
    """
    work.require(permissions.READ)
    tenant = await change_settings(work, {RETENTION: changes}, {RETENTION: OWN_SECTIONS[RETENTION]})
    return section(TenantFacts(tenant.id, tenant.slug, tenant.name, tenant.settings), RETENTION, Audit)


def note_export(work: Work, wanted: ExportFormat, span: Range) -> None:
    """Records that a copy of the log is about to be taken, also when the taker never reads it to its end."""
    work.require(permissions.EXPORT)
    data = {"format": wanted.value, "from": span.start, "to": span.end}
    work.record(AuditExported(data={name: value for name, value in data.items() if value is not None}))
