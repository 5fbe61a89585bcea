"""The job runner of a process: every task of the domain, and what the tasks need."""

from tenantry.app.storage import conninfo_of
from tenantry.domain.bulk_jobs import tasks as bulk_jobs
from tenantry.domain.figures import tasks as figures
from tenantry.domain.notices import tasks as notices
from tenantry.domain.privacy import tasks as privacy
from tenantry.domain.rollups import tasks as rollups
from tenantry.domain.users import tasks as users
from tenantry.kernel.db import SYSTEM_ROLE
from tenantry.kernel.jobs import JobRunner, Task, TaskEnv
from tenantry.kernel.mail import make_mailer
from tenantry.kernel.sms import make_texter
from tenantry.surfaces.kit.services import Services

TASKS: tuple[Task, ...] = (
    *bulk_jobs.TASKS,
    *figures.TASKS,
    *notices.TASKS,
    *privacy.TASKS,
    *rollups.TASKS,
    *users.TASKS,
)
CONCURRENCY = 4


def make_env(services: Services) -> TaskEnv:
    """What every task is given. Raises ConfigError for an address of a mail server or an SMS gateway that makes no sense."""
    settings = services.settings
    mailer, texter = make_mailer(settings), make_texter(settings)
    return TaskEnv(services.works, services.clock, services.sealer, settings, mailer, texter)


def make_runner(services: Services, owner: str) -> JobRunner:
    """The runner of all tasks, to be started in the event loop of `services`; `owner` is the owner's conninfo."""
    conninfo = conninfo_of(SYSTEM_ROLE, owner, services.sealer)
    return JobRunner(conninfo, TASKS, make_env(services), CONCURRENCY)
