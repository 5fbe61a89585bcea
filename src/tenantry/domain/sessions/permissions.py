"""What may be done with sessions. Seeing and ending them goes with seeing and changing the user."""

from tenantry.kernel.permissions import Permission

START = Permission("sessions:start", "Start a session after a sign-in; held only by the program itself.")
