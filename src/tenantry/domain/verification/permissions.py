"""What may be done about verification by whoever opens its pages."""

from tenantry.kernel.permissions import Permission

REQUEST = Permission(
    "verification:request",
    "Ask that a link or code to verify one's address be sent anew; held by whoever opens the page for it.",
)
