"""Facts about bulk jobs. What happens to each person is told by the event of the action itself."""

from typing import ClassVar

from tenantry.kernel.events import Event


class BulkJobStarted(Event, frozen=True, kw_only=True):
    """Somebody asked for an action on many people. `data` has the action, and how many matched."""

    type: ClassVar[str] = "bulk_job.started"
    target_type: ClassVar[str] = "bulk_job"


class BulkJobFinished(Event, frozen=True, kw_only=True):
    """The job came to its end, or could not go on: then `data.reason` says why. `data` has the counts."""

    type: ClassVar[str] = "bulk_job.finished"
    target_type: ClassVar[str] = "bulk_job"


class BulkJobCancelled(Event, frozen=True, kw_only=True):
    """Somebody cancelled the job; what was done stays. `data` has the counts."""

    type: ClassVar[str] = "bulk_job.cancelled"
    target_type: ClassVar[str] = "bulk_job"
