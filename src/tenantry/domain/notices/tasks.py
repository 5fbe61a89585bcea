"""The jobs that send messages. Each gets {"tenant", "event"} or {"tenant", "message"}, and is safe to run twice."""

from tenantry.domain.notices import deliveries, invitation_mails, recovery_mails, verification_mails

TASKS = (*recovery_mails.TASKS, *invitation_mails.TASKS, *verification_mails.TASKS, *deliveries.TASKS)
