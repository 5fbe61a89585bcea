"""The worker of an installation: all tasks, made from the services of a server."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from tenantry.app.worker import TASKS, make_env, make_runner
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.config import ConfigError, load_settings
from tenantry.kernel.jobs import JobRunner
from tenantry.kernel.mail import MailboxMailer, SmtpMailer
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home, make_home
from tests.support.running import as_owner, committing, running, until


@pytest_asyncio.fixture
async def home(own_database: str) -> AsyncIterator[Home]:
    async with committing(own_database, SystemClock()) as works:
        yield await make_home(works)


def having(services: Services, **environ: str) -> Services:
    return msgspec.structs.replace(services, settings=load_settings(environ))


def test_the_mailer_is_the_one_that_the_settings_ask_for(services: Services, tmp_path: Path) -> None:
    assert isinstance(make_env(having(services, TENANTRY_DATA_DIR=str(tmp_path))).mailer, MailboxMailer)
    assert isinstance(make_env(having(services, TENANTRY_SMTP_URL="smtp://localhost")).mailer, SmtpMailer)
    with pytest.raises(ConfigError):
        make_env(having(services, TENANTRY_SMTP_URL="localhost"))


def test_upkeep_and_purging_run_by_the_clock_and_everything_else_by_events() -> None:
    by_the_clock = {task.name for task in TASKS if task.cron is not None}
    upkeep = {task.name for task in TASKS if task.name.startswith(("rollups.", "figures."))}
    assert by_the_clock == upkeep | {"privacy.purge"}


@pytest.mark.asyncio
async def test_all_tasks_run_together_and_fold_the_totals(
    own_database: str, home: Home, services: Services
) -> None:
    real = msgspec.structs.replace(services, works=home.works, clock=home.works.clock)
    assert isinstance(make_runner(real, own_database), JobRunner)
    await home.user()

    async def folded() -> bool:
        return await as_owner(own_database, "select total from user_counts") == [(1,)]

    async with running(own_database, list(TASKS), make_env(real)):
        await until(folded)
