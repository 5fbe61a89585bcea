"""What may be done with a tenant."""

from tenantry.kernel.permissions import Permission

SETTINGS_READ = Permission("settings:read", "See the settings of the tenant.")
SETTINGS_WRITE = Permission("settings:write", "Change the settings of the tenant.")
TENANT_CREATE = Permission("tenants:create", "Create a tenant; held only by the program itself.")
TENANT_SUSPEND = Permission(
    "tenants:suspend", "Suspend and activate a tenant; held only by the program itself."
)

ALL = (SETTINGS_READ, SETTINGS_WRITE)
