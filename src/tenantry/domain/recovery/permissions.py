"""What may be done about forgotten passwords by whoever opens the page."""

from tenantry.kernel.permissions import Permission

REQUEST = Permission(
    "recovery:request", "Ask for a way to choose a new password; held by whoever opens the page for it."
)
