"""`tenantry serve`, `worker` and `demo`. The web framework is imported while the embedded PostgreSQL starts."""

import os
import signal
import sys
from functools import partial

import click

from tenantry.app.lazy_group import load
from tenantry.app.listening import Listening, check_free
from tenantry.app.refusals import StartRefused
from tenantry.app.starting import begin_embedded, lighten_imports
from tenantry.kernel.config import Settings, load_settings
from tenantry.kernel.embedded import EmbeddedServer, check_unused, url_for

HERE = "tenantry.app"
MOST_WORKERS = 64


@click.command()
@click.option(
    "--workers", type=click.IntRange(1, MOST_WORKERS), default=1, show_default=True, help="Server processes."
)
@click.option(
    "--no-worker", is_flag=True, help="Answer requests only; jobs run where `tenantry worker` does."
)
def serve(workers: int, no_worker: bool) -> None:
    """Migrate, then answer requests and run jobs in one process."""
    settings = _prepared()
    address = _free_place(settings)
    server = begin_embedded(settings)
    with _stopped_afterwards(server):
        if workers > 1:
            _ready_database(settings, server)
            arguments = ["--no-worker"] if no_worker else []
            _say(settings, address.shown, f"{workers} processes")
            supervisor = load(f"{HERE}.supervise:Supervisor")(settings, workers, arguments)
            supervisor.run(partial(_say_stopping, settings))
            return
        run, part = load(f"{HERE}.serve:run"), load(f"{HERE}.serve:Part")
        owner = _ready_database(settings, server)

        async def ready(_services: object) -> None:
            _say(settings, address.shown, f"process {os.getpid()}")

        run(settings, owner, part(jobs=not no_worker, ready=ready, stopping=partial(_say_stopping, settings)))


@click.command(hidden=True)
@click.option("--supervisor", type=int, required=True, help="The process without which this one ends.")
@click.option("--no-worker", is_flag=True)
def serve_one(supervisor: int, no_worker: bool) -> None:
    """One of several processes of `tenantry serve --workers`; its supervisor has started and migrated the database."""
    settings = _prepared()
    load(f"{HERE}.supervise:end_with")(supervisor)
    owner = load(f"{HERE}.storage:owner_conninfo")(settings, None)
    load(f"{HERE}.serve:run")(settings, owner, load(f"{HERE}.serve:Part")(jobs=not no_worker))


@click.command()
def worker() -> None:
    """Run jobs only, beside a server or on another machine."""
    settings = _prepared()
    running = settings.database_url is not None or url_for(settings.data_path) is not None
    server = None if running else begin_embedded(settings)
    with _stopped_afterwards(server):
        run, part = load(f"{HERE}.serve:run"), load(f"{HERE}.serve:Part")
        owner = _ready_database(settings, server)

        async def ready(_services: object) -> None:
            click.echo(f"running jobs in process {os.getpid()}")

        run(settings, owner, part(web=False, ready=ready, stopping=partial(_say_stopping, settings)))


@click.command()
def demo() -> None:
    """Serve with the tenant acme-corp, which is made on the first start with people in every state."""
    settings = _prepared("warning")
    _free_place(settings)
    server = begin_embedded(settings)
    with _stopped_afterwards(server):
        run, part = load(f"{HERE}.serve:run"), load(f"{HERE}.serve:Part")
        prepare = load(f"{HERE}.demo:prepare")
        owner = _ready_database(settings, server)
        run(settings, owner, part(ready=prepare, stopping=partial(_say_stopping, settings)))


class _stopped_afterwards:  # noqa: N801 - reads as a phrase at the `with`
    """Stops the embedded server after the last request and job, also when a signal comes while the server starts.

    Says so at the end, unless there is a refusal to show.
    """

    def __init__(self, server: EmbeddedServer | None) -> None:
        self._server = server

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupted)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if self._server is not None:
            self._server.stop()
        if kind in (None, SystemExit):
            click.echo("Tenantry has stopped")


def _free_place(settings: Settings) -> Listening:
    """The address to listen on, when neither it nor the data directory is in use.

    The data directory is looked at first: whoever starts a second Tenantry on it by mistake wants to hear that.
    """
    if settings.database_url is None:
        check_unused(settings.data_path)
    return check_free(settings)


def _ready_database(settings: Settings, server: EmbeddedServer | None) -> str:
    """The owner's conninfo, once the database is there and up to date."""
    owner: str = load(f"{HERE}.storage:owner_conninfo")(settings, server)
    load(f"{HERE}.storage:bring_up_to_date")(owner, load(f"{HERE}.storage:sealer_of")(settings))
    return owner


def _interrupted(_number: int, _frame: object) -> None:
    sys.exit(0)


def _prepared(level: str | None = None) -> Settings:
    lighten_imports()
    settings = load_settings(os.environ)
    given = "TENANTRY_LOG_LEVEL" in os.environ
    style = "text" if sys.stderr.isatty() and "TENANTRY_LOG_FORMAT" not in os.environ else settings.log_format
    load("tenantry.kernel.logs:set_up_logs")(settings.log_level if given or level is None else level, style)
    if not settings.data_path.exists():
        _make(settings)
    return settings


def _make(settings: Settings) -> None:
    try:
        settings.data_path.mkdir(mode=0o700, parents=True)
    except OSError as error:
        problem = f"TENANTRY_DATA_DIR: {settings.data_path} cannot be made: {error.strerror}"
        raise StartRefused(problem) from error


def _say_stopping(settings: Settings) -> None:
    click.echo(
        f"Tenantry is stopping: it finishes the requests and jobs under way ({settings.shutdown_seconds} s at most)"
    )


def _say(settings: Settings, address: str, who: str) -> None:
    click.echo(f"Tenantry listens on {address} ({who})")
    click.echo(f"  public address   {settings.address}")
    click.echo(f"  API reference    {settings.address}/docs")
    if settings.is_development_mail:
        click.echo(
            f"  mailbox          {settings.address}/dev/mailbox   (no SMTP is configured, so nothing is really sent)"
        )
