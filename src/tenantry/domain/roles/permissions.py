"""What may be done with roles and permissions."""

from tenantry.kernel.permissions import Permission

READ = Permission("roles:read", "See roles and permissions, and who holds them.")
WRITE = Permission("roles:write", "Create, change and delete roles and permissions.")
ASSIGN = Permission("roles:assign", "Give roles to users and groups and take them away.")

ALL = (READ, WRITE, ASSIGN)
