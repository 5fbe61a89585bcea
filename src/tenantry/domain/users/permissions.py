"""What may be done with users."""

from tenantry.kernel.permissions import Permission

READ = Permission("users:read", "See users and their profiles.")
CREATE = Permission("users:create", "Create users.")
UPDATE = Permission("users:update", "Change users: profile, state, password and factors.")
DELETE = Permission("users:delete", "Delete users.")

ALL = (READ, CREATE, UPDATE, DELETE)
