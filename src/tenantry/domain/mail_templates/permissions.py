"""What may be done with mail templates."""

from tenantry.kernel.permissions import Permission

READ = Permission("templates:read", "See and preview the texts of mails and text messages.")
WRITE = Permission(
    "templates:write", "Change the texts of mails and text messages, and send a test to any address."
)

ALL = (READ, WRITE)
