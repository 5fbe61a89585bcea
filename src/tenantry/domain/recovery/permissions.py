"""What may be done with links. Making one goes with changing the user."""

from tenantry.kernel.permissions import Permission

USE = Permission(
    "recovery:use", "Set one's own password with a link; held by whoever opens the page of a link."
)
