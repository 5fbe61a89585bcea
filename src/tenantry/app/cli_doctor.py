"""`tenantry doctor`: looks at everything that an installation needs and says what to do about each fault."""

import asyncio
import os
import sys
from collections.abc import Sequence

import click

from tenantry.app import doctor_checks as checks
from tenantry.app.doctor_checks import Finding, State
from tenantry.app.refusals import REFUSALS
from tenantry.app.storage import any_database
from tenantry.kernel.config import Settings, load_settings, shown
from tenantry.kernel.embedded import has_cluster

MARKS = {State.FINE: ("ok", "green"), State.DOUBTFUL: ("look", "yellow"), State.WRONG: ("wrong", "red")}
MARK_WIDTH = max(len(mark) for mark, _ in MARKS.values())


@click.command()
def doctor() -> None:
    """Check settings, database, roles, extensions, tables, files, mail, text messages and clock; nothing is changed."""
    settings = load_settings(os.environ)
    _print_settings(settings)
    findings = [*checks.files(settings), *_database(settings), *asyncio.run(checks.mail(settings))]
    findings += checks.text_messages(settings)
    _print_findings(findings)
    wrong = sum(finding.state is State.WRONG for finding in findings)
    click.echo(f"\n{len(findings)} checks, {wrong} wrong")
    sys.exit(1 if wrong else 0)


def _print_settings(settings: Settings) -> None:
    listing = shown(settings)
    width = max(map(len, listing))
    click.echo("Settings")
    for name, value in listing.items():
        click.echo(f"  {name:<{width}}  {value or click.style('not set', dim=True)}")


def _print_findings(findings: Sequence[Finding]) -> None:
    width = max(len(finding.what) for finding in findings)
    click.echo("\nChecks")
    for finding in findings:
        mark, colour = MARKS[finding.state]
        click.echo(
            f"  {click.style(f'{mark:<{MARK_WIDTH}}', fg=colour)}  {finding.what:<{width}}  {finding.found}"
        )
        if finding.remedy:
            click.echo(f"  {'':<{MARK_WIDTH}}  {'':<{width}}  -> {finding.remedy}")


def _database(settings: Settings) -> list[Finding]:
    if settings.database_url is None and not has_cluster(settings.data_path):
        remedy = (
            "`tenantry serve` makes one in the data directory, and `tenantry demo` one with people to try"
        )
        return [Finding("database", State.DOUBTFUL, "there is none yet", remedy)]
    try:
        with any_database(settings) as owner:
            return checks.database(settings, owner)
    except REFUSALS as refusal:
        return [Finding("database", State.WRONG, str(refusal), "start it, or correct TENANTRY_DATABASE_URL")]
