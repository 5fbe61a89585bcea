"""What can be refused about bulk jobs."""

from tenantry.domain.bulk_jobs.model import MOST_OPEN, JobState
from tenantry.kernel.errors import DomainError, Kind


class BulkJobNotFound(DomainError):
    """No bulk job of this tenant has this id; it may have been swept away."""

    def __init__(self, job_id: str) -> None:
        super().__init__(
            Kind.NOT_FOUND, "resource_not_found", "There is no such bulk job.", {"id": job_id[:64]}
        )


class BulkJobOver(DomainError):
    """The job has ended, so it cannot be cancelled."""

    def __init__(self, state: JobState) -> None:
        super().__init__(
            Kind.CONFLICT,
            "conflict",
            f"This bulk job has ended already ({state.value}).",
            {"state": state.value},
        )


class TooManyBulkJobs(DomainError):
    """No more than `MOST_OPEN` jobs of a tenant wait or run at once."""

    def __init__(self) -> None:
        super().__init__(
            Kind.CONFLICT,
            "too_many_bulk_jobs",
            f"{MOST_OPEN} bulk jobs of this tenant are waiting or running already, which is the most there may be."
            " Wait until one of them has ended, or cancel one.",
            {"limit": str(MOST_OPEN)},
        )
