"""What may be done about signing in."""

from tenantry.kernel.permissions import Permission

SIGN_IN = Permission("login:sign_in", "Try to sign in; held by every page and program that offers it.")
