"""What may be done with API keys."""

from tenantry.kernel.permissions import Permission

READ = Permission("apikeys:read", "See API keys, never the keys themselves.")
WRITE = Permission("apikeys:write", "Create and revoke API keys.")

ALL = (READ, WRITE)
