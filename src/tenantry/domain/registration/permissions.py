"""What may be done about registration."""

from tenantry.kernel.permissions import Permission

REGISTER = Permission("registration:register", "Sign up; held by the page that offers it.")
