"""What may be done about people's traces. Erasing somebody goes with deleting them."""

from tenantry.kernel.permissions import Permission

PURGE = Permission(
    "privacy:purge",
    "Delete for good and erase from the audit log by the clock; held only by the program itself.",
)
