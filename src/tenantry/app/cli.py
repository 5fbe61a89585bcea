"""The command line: `tenantry COMMAND`. Each command lives in a file of its own and is loaded when it is called."""

import click

from tenantry import __version__
from tenantry.app.lazy_group import LazyGroup

HERE = "tenantry.app"
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    cls=LazyGroup,
    context_settings=CONTEXT,
    lazy={
        "backup": f"{HERE}.cli_backup:backup",
        "demo": f"{HERE}.cli_serve:demo",
        "doctor": f"{HERE}.cli_doctor:doctor",
        "migrate": f"{HERE}.cli_migrate:migrate",
        "restore": f"{HERE}.cli_backup:restore",
        "serve": f"{HERE}.cli_serve:serve",
        "serve-one": f"{HERE}.cli_serve:serve_one",
        "worker": f"{HERE}.cli_serve:worker",
    },
)
@click.version_option(__version__, prog_name="tenantry")
def cli() -> None:
    """Tenantry: multi-tenant user management in one process on PostgreSQL.

    Settings come from variables named TENANTRY_..., or from the TOML file that TENANTRY_CONFIG names; `tenantry doctor`
    prints them.
    """


@cli.group(
    cls=LazyGroup,
    lazy={
        "activate": f"{HERE}.cli_tenants:activate",
        "create": f"{HERE}.cli_tenants:found",
        "suspend": f"{HERE}.cli_tenants:suspend",
    },
)
def tenant() -> None:
    """Tenants."""


@cli.group(cls=LazyGroup, lazy={"create": f"{HERE}.cli_tenants:create_key"})
def apikey() -> None:
    """API keys."""


@cli.group(cls=LazyGroup, lazy={"generate": f"{HERE}.cli_users:generate"})
def users() -> None:
    """Users."""


def main() -> None:
    """What the console script runs."""
    cli(prog_name="tenantry")


if __name__ == "__main__":
    main()
