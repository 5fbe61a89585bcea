"""Who stands before the page of a forgotten password: nobody in particular."""

from tenantry.domain.codes.opening import HOLDER
from tenantry.domain.recovery import permissions
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.throttles import permissions as throttles
from tenantry.kernel.permissions import Actor, ActorKind

VISITOR = HOLDER | {permissions.REQUEST.name, throttles.COUNT.name}
"""What the page takes. It tells its visitor nothing about the user whom they name, and changes nothing but by a code."""


def open_for_visitor(slug: str, ip: str | None, user_agent: str | None) -> OpenTenant:
    """Sets the tenant and acts as a stranger. Raises TenantNotFound and TenantSuspended."""
    return OpenTenant(slug, Actor(ActorKind.ANONYMOUS, None, "", VISITOR, ip, user_agent))
