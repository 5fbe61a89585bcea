"""What may be done with codes. Issuing one goes with changing its user, or with inviting."""

from tenantry.kernel.permissions import Permission

USE = Permission("codes:use", "Use a link or a one-time code; held by whoever opens the page it belongs to.")
