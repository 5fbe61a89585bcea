"""What may be done with a tenant's looks; changing them takes the right to change its settings."""

from tenantry.kernel.permissions import Permission

SHOW = Permission("branding:show", "Fetch the logo; held by every page that anybody can open.")
