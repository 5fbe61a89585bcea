"""What may be done with throttles."""

from tenantry.kernel.permissions import Permission

COUNT = Permission("throttles:count", "Have a try counted; held by every page that anybody can open.")
