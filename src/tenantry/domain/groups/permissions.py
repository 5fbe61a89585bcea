"""What may be done with groups."""

from tenantry.kernel.permissions import Permission

READ = Permission("groups:read", "See groups and their members.")
WRITE = Permission("groups:write", "Create, change and delete groups.")
ASSIGN = Permission("groups:assign", "Add users to groups and remove them.")

ALL = (READ, WRITE, ASSIGN)
