"""What may be done with messages."""

from tenantry.kernel.permissions import Permission

READ = Permission("messages:read", "See which messages went to whom and what became of them.")
RETRY = Permission("messages:retry", "Have a message that waits tried again at once.")

ALL = (READ, RETRY)
