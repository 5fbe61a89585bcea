"""What may be done with sessions. Seeing and ending those of others goes with seeing and changing the user."""

from tenantry.kernel.permissions import Permission

START = Permission("sessions:start", "Start a session after a sign-in; held only by the program itself.")
OWN = Permission("sessions:own", "See and end one's own sessions; held by everybody who is signed in.")
