"""`tenantry doctor`: looks at everything that an installation needs and says what to do about each fault."""

import asyncio
import os
import sys

import click
from rich.console import Console
from rich.table import Table

from tenantry.app import doctor_checks as checks
from tenantry.app.doctor_checks import Finding, State
from tenantry.app.refusals import REFUSALS
from tenantry.app.storage import any_database
from tenantry.kernel.config import Settings, load_settings, shown

MARKS = {State.FINE: "[green]ok[/]", State.DOUBTFUL: "[yellow]look[/]", State.WRONG: "[red]wrong[/]"}


@click.command()
def doctor() -> None:
    """Check settings, database, roles, extensions, migrations, files, mail and clock."""
    settings = load_settings(os.environ)
    console = Console(highlight=False, soft_wrap=True)
    _print_settings(console, settings)
    findings = [*checks.files(settings), *_database(settings), *asyncio.run(checks.mail(settings))]
    for finding in findings:
        console.print(f"{MARKS[finding.state]:<20} {finding.what}: ", end="")
        console.print(finding.found, markup=False)
        if finding.remedy:
            console.print(f"             -> {finding.remedy}", markup=False)
    wrong = sum(finding.state is State.WRONG for finding in findings)
    console.print(f"\n{len(findings)} checks, {wrong} wrong")
    sys.exit(1 if wrong else 0)


def _print_settings(console: Console, settings: Settings) -> None:
    table = Table(title="settings", box=None, title_justify="left", show_header=False)
    for name, value in shown(settings).items():
        table.add_row(name, value or "[dim]not set[/]")
    console.print(table)


def _database(settings: Settings) -> list[Finding]:
    try:
        with any_database(settings) as owner:
            return checks.database(settings, owner)
    except REFUSALS as refusal:
        return [Finding("database", State.WRONG, str(refusal), "start it, or correct TENANTRY_DATABASE_URL")]
