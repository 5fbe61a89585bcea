"""`tenantry tenant ...` and `tenantry apikey ...`"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import click

from tenantry.app.catalogue import PERMISSIONS
from tenantry.app.storage import any_database, bring_up_to_date, sealer_of
from tenantry.app.wiring import make_services
from tenantry.domain.apikeys.actions import create_api_key
from tenantry.domain.apikeys.model import SCOPES, NewApiKey
from tenantry.domain.credentials.checks import words_of_new
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.roles.actions import create_system_roles
from tenantry.domain.tenants.actions import activate_tenant, create_tenant, suspend_tenant
from tenantry.domain.tenants.opening import FoundTenant, OpenTenant
from tenantry.domain.tenants.rules import checked_slug
from tenantry.domain.users.model import NewUser
from tenantry.kernel.config import load_settings
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import system_actor
from tenantry.surfaces.kit.services import Services

OPERATOR = system_actor("command line")
ADMIN_ROLE = "tenant_admin"


@click.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="What people see.")
@click.option("--admin-email", required=True, help="The address of the first administrator.")
@click.option("--admin-password", help="Their password; without one they get a link by mail to choose it.")
def found(slug: str, name: str, admin_email: str, admin_password: str | None) -> None:
    """Make a tenant with its system roles and a first administrator, or none of it."""

    async def make(services: Services) -> None:
        founding = FoundTenant(new_id(), checked_slug(slug), name, OPERATOR)
        async with services.works.write(founding) as work:
            await create_tenant(work, slug, name)
            await create_system_roles(work, PERMISSIONS)
            passwords = services.passwords
            prepared = await prepare_person(work, admin(admin_email, admin_password), passwords.check_new)
            hashed: str | None = None
            if admin_password is not None:
                policy = (await get_password_rules(work, None)).policy
                hashed = await passwords.hash_new(policy, admin_password, words_of_new(prepared.clean, name))
            await create_person(work, prepared, hashed)
        click.echo(f"tenant {slug} ({work.tenant.id}) with the administrator {admin_email}")

    _run(make)


@click.command()
@click.argument("slug")
def suspend(slug: str) -> None:
    """Have a tenant refuse every call, from the next one on. Nothing is deleted."""

    async def make(services: Services) -> None:
        async with services.works.write(OpenTenant(slug, OPERATOR, even_suspended=True)) as work:
            changed = await suspend_tenant(work)
        click.echo(f"tenant {slug} is suspended" if changed else f"tenant {slug} was suspended already")

    _run(make)


@click.command()
@click.argument("slug")
def activate(slug: str) -> None:
    """End the suspension of a tenant."""

    async def make(services: Services) -> None:
        async with services.works.write(OpenTenant(slug, OPERATOR, even_suspended=True)) as work:
            changed = await activate_tenant(work)
        click.echo(f"tenant {slug} is active" if changed else f"tenant {slug} was active already")

    _run(make)


@click.command("create")
@click.option("--tenant", required=True, help="The slug of the tenant.")
@click.option("--name", required=True, help="What the key is for.")
@click.option(
    "--scope", "scopes", required=True, multiple=True, help=f"One of {', '.join(SCOPES)}; may be repeated."
)
@click.option("--expires-days", type=click.IntRange(1, 36500), help="After so many days; never without it.")
def create_key(tenant: str, name: str, scopes: tuple[str, ...], expires_days: int | None) -> None:
    """Make an API key and print it; it is shown this once."""
    end = datetime.now(UTC) + timedelta(days=expires_days) if expires_days else None

    async def make(services: Services) -> None:
        async with services.works.write(OpenTenant(tenant, OPERATOR)) as work:
            made = await create_api_key(work, NewApiKey(name=name, scopes=list(scopes), expires_at=end))
        click.echo(made.secret)

    _run(make)


def admin(email: str, password: str | None) -> NewPerson:
    """A person with the role Tenant Admin; without a password they get a link by mail to choose one."""
    user = NewUser(email=email, email_verified=True)
    return NewPerson(user=user, roles=[ADMIN_ROLE], password=password, via="command_line")


def _run(make: Callable[[Services], Awaitable[None]]) -> None:
    settings = load_settings(os.environ)
    with any_database(settings) as owner:
        bring_up_to_date(owner, sealer_of(settings))
        services = make_services(settings, owner)

        async def connected() -> None:
            await services.works.database.open()
            try:
                await make(services)
            finally:
                await services.works.database.close()

        asyncio.run(connected())
