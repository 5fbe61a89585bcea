"""What may be done with the audit log."""

from tenantry.kernel.permissions import Permission

READ = Permission("audit:read", "Read the audit log.")
EXPORT = Permission("audit:export", "Export the audit log.")

ALL = (READ, EXPORT)
