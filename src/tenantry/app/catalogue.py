"""The permissions that can be given to somebody: each module declares its own, here they stand together.

A permission outside its module's `ALL` is held by the program itself and never given to anybody.
"""

from tenantry.domain.apikeys import permissions as apikeys
from tenantry.domain.audit import permissions as audit
from tenantry.domain.groups import permissions as groups
from tenantry.domain.mail_templates import permissions as mail_templates
from tenantry.domain.notices import permissions as notices
from tenantry.domain.roles import permissions as roles
from tenantry.domain.tenants import permissions as tenants
from tenantry.domain.users import permissions as users
from tenantry.kernel.permissions import Permission

PERMISSIONS: tuple[Permission, ...] = (
    *tenants.ALL,
    *users.ALL,
    *groups.ALL,
    *roles.ALL,
    *apikeys.ALL,
    *audit.ALL,
    *mail_templates.ALL,
    *notices.ALL,
)
