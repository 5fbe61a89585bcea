"""What may be done with bulk jobs. Asking for one and cancelling it needs what the action needs for one person; seeing one, what
seeing people needs."""

from tenantry.kernel.permissions import Permission

RUN = Permission("bulk_jobs:run", "Go on with a bulk job; held only by the program itself.")
