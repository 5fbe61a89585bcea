"""Opening a unit of work for a visitor who signs up."""

from tenantry.domain.codes import permissions as codes
from tenantry.domain.registration import permissions
from tenantry.domain.roles import permissions as roles
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.throttles import permissions as throttles
from tenantry.domain.users import permissions as users
from tenantry.kernel.permissions import Actor, ActorKind

VISITOR = frozenset(
    {
        permissions.REGISTER.name,
        codes.USE.name,
        roles.ASSIGN.name,
        throttles.COUNT.name,
        users.CREATE.name,
        users.READ.name,
        users.UPDATE.name,
    }
)
"""What signing up takes. The page makes one account, with the roles of the tenant's settings, and shows nothing of anybody."""


def opening_for_visitor(slug: str, ip: str | None, user_agent: str | None) -> OpenTenant:
    """Sets the tenant and acts as nobody."""
    return OpenTenant(slug, Actor(ActorKind.ANONYMOUS, None, "", VISITOR, ip, user_agent))
