"""`tenantry users ...`"""

import asyncio
import os
import time

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.app.generate import generate_users
from tenantry.app.storage import any_database, bring_up_to_date, sealer_of
from tenantry.app.wiring import make_works
from tenantry.kernel.config import Settings, load_settings

MOST = 100_000_000


@click.command()
@click.option("--tenant", required=True, help="The slug of the tenant.")
@click.option("--count", type=click.IntRange(1, MOST), required=True, help="How many people.")
def generate(tenant: str, count: int) -> None:
    """Fill a tenant with realistic people who do not exist.

    They have names, addresses, numbers, roles and states as a real directory has them, none has a password, no mail is
    sent and no event is recorded. Afterwards the planner's statistics are fresh.
    """
    settings = load_settings(os.environ)
    with any_database(settings) as owner:
        bring_up_to_date(owner, sealer_of(settings))
        started = time.perf_counter()
        _fill(settings, owner, tenant, count)
        seconds = time.perf_counter() - started
        _settle(owner)
    click.echo(f"{count:,} users in {seconds:.1f} s: {count / seconds:,.0f} a second")


def _fill(settings: Settings, owner: str, tenant: str, count: int) -> None:
    works = make_works(settings, owner, sealer_of(settings))

    async def fill() -> None:
        await works.database.open()
        try:
            with _bar() as bar:
                task = bar.add_task("users", total=count)
                await generate_users(works, tenant, count, lambda made: bar.advance(task, made))
        finally:
            await works.database.close()

    asyncio.run(fill())


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _settle(owner: str) -> None:
    """What the database would do by itself some minutes later."""
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("select gin_clean_pending_list('users_search')")
        conn.execute("analyze users, user_activity, user_roles")
