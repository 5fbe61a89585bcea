"""`tenantry demo`: the tenant acme-corp, made on the first start, and the file that tells how to get in.

The file is written last. A start that finds the tenant but no usable file (it was stopped half-way, or the file is gone) makes
a new key and a new password for the administrator, and the people that are missing.
"""

import os
import secrets
from pathlib import Path

import click
import msgspec

from tenantry.app.catalogue import PERMISSIONS
from tenantry.app.cli_tenants import ADMIN_ROLE
from tenantry.app.lazy_group import load
from tenantry.domain.apikeys.actions import create_api_key
from tenantry.domain.apikeys.model import NewApiKey
from tenantry.domain.apikeys.opening import OpenByKey
from tenantry.domain.branding.actions import set_logo
from tenantry.domain.credentials.actions import store_password
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.roles.actions import create_system_roles
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tenantry.domain.tenants.actions import change_settings, create_tenant
from tenantry.domain.tenants.errors import TenantNotFound
from tenantry.domain.tenants.opening import FoundTenant, OpenTenant
from tenantry.domain.tenants.rules import OWN_SECTIONS
from tenantry.domain.users.model import NewUser
from tenantry.domain.users.queries import count_users, get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.config import Settings
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.errors import DomainError
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import Work, Works
from tenantry.surfaces.kit.services import Services

SLUG, NAME = "acme-corp", "Acme Corporation"
ADMIN = "admin@example.com"
FILE = "demo.json"
# So many requests a minute that no measurement on one machine meets the limit.
UNLIMITED = 1_000_000
GROUPS = ("Engineering", "Sales", "Support", "Finance", "Marketing")
ROLES = (("Developer", "developer"), ("Support Agent", "support_agent"), ("Billing", "billing"))
DEMO = system_actor("demo")


class Access(msgspec.Struct, frozen=True):
    """The content of demo.json."""

    url: str
    tenant: str
    api_key: str
    admin_email: str
    admin_password: str
    mailbox_url: str


async def prepare(services: Services) -> None:
    """Makes what is missing of the demo tenant, writes demo.json and prints how to get in; called when the server answers."""
    path = services.settings.data_path / FILE
    access = await _kept(services, path)
    half_made = access is None
    if access is None:
        click.echo(f"making the tenant {SLUG} with its people ...")
        access = await _make(services)
    await _fill(services, half_made=half_made)
    _write(path, access)
    _show(path, access)


async def _kept(services: Services, path: Path) -> Access | None:
    """The access of an earlier start at today's address, if the key still opens the tenant."""
    try:
        kept = _read(path)
        async with services.works.read(OpenByKey(SLUG, token_hash(kept.api_key), None, None)):
            return _access(services.settings, kept.api_key, kept.admin_password)
    except (OSError, msgspec.MsgspecError, DomainError):
        return None


def _read(path: Path) -> Access:
    return msgspec.json.decode(path.read_bytes(), type=Access)


async def _make(services: Services) -> Access:
    # Letters, digits and a sign, so that any policy of the tenant is met.
    password = f"Demo-{secrets.token_urlsafe(12)}7"
    hashed = await services.hasher.hash(password)
    key = await _renew(services, hashed) if await _exists(services) else await _found(services, hashed)
    return _access(services.settings, key, password)


async def _exists(services: Services) -> bool:
    try:
        async with services.works.read(OpenTenant(SLUG, DEMO)):
            return True
    except TenantNotFound:
        return False


async def _found(services: Services, password_hash: str) -> str:
    """Everything but the people in one transaction, as it was some weeks ago; the new key."""
    past = load("tenantry.app.demo_history:SPAN")
    works = Works(services.works.database, FrozenClock(services.clock.now() - past))
    async with works.write(FoundTenant(new_id(), SLUG, NAME, DEMO)) as work:
        await create_tenant(work, SLUG, NAME)
        await create_system_roles(work, PERMISSIONS)
        # Some of the people are disabled, which a tenant must have allowed.
        wanted = {
            "accounts": {"disablingEnabled": True},
            "registration": {"enabled": True},
            "branding": {"accentColor": load("tenantry.app.demo_looks:ACCENT")},
        }
        await change_settings(work, wanted, OWN_SECTIONS)
        await set_logo(work, load("tenantry.app.demo_looks:logo")())
        for name, slug in ROLES:
            await create_role(work, NewRole(name=name, slug=slug))
        for name in GROUPS:
            await create_group(work, NewGroup(name=name))
        user = NewUser(email=ADMIN, email_verified=True, given_name="Ada", family_name="Admin")
        prepared = await prepare_person(work, NewPerson(user=user, roles=[ADMIN_ROLE, "admin"], via="demo"))
        await create_person(work, prepared, password_hash)
        return await _new_key(work)


async def _renew(services: Services, password_hash: str) -> str:
    """A new key, and a new password for the administrator."""
    async with services.works.write(OpenTenant(SLUG, DEMO)) as work:
        admin = await get_user_for_change(work, parse_ref(ADMIN))
        await store_password(work, admin, password_hash, temporary=False, by_admin=True)
        return await _new_key(work)


async def _new_key(work: Work) -> str:
    wanted = NewApiKey(name="Demo", scopes=["admin:write"], read_rate=UNLIMITED, write_rate=UNLIMITED)
    return (await create_api_key(work, wanted)).secret


async def _fill(services: Services, *, half_made: bool) -> None:
    opener = OpenTenant(SLUG, DEMO)
    async with services.works.read(opener) as work:
        present = await count_users(work)
    if present == 1 or half_made:
        # One hash for all: nobody knows the password, and two hundred hashes would keep the first start waiting.
        fill = load("tenantry.app.demo_people:fill")
        await fill(services.works, opener, await services.hasher.hash(secrets.token_urlsafe(32)))
    if present == 1:
        await load("tenantry.app.demo_invitations:invite_guests")(services.works, opener, services.sealer)


def _access(settings: Settings, key: str, password: str) -> Access:
    return Access(
        url=settings.address,
        tenant=SLUG,
        api_key=key,
        admin_email=ADMIN,
        admin_password=password,
        mailbox_url=f"{settings.address}/dev/mailbox" if settings.is_development_mail else "",
    )


def _write(path: Path, access: Access) -> None:
    """Puts the file in place whole, readable for its owner alone."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(access)) + b"\n")
    draft.rename(path)


def _show(path: Path, access: Access) -> None:
    api = f"{access.url}/t/{SLUG}/api/v1/admin"
    lines = [
        "",
        f"Tenantry is ready at {access.url}   (stop it with Ctrl-C)",
        "",
        f"  sign in          {access.url}/t/{SLUG}/login",
        f"  portal           {access.url}/t/{SLUG}/portal/",
        f"  API reference    {access.url}/docs",
    ]
    if access.mailbox_url:
        lines.append(f"  mailbox          {access.mailbox_url}")
    lines += [
        "",
        f"  administrator    {access.admin_email}",
        f"  password         {access.admin_password}",
        f"  API key          {access.api_key}",
        f"  all of this in   {path}",
        "",
        "Try it:",
        "",
        f'  curl -H "Authorization: Bearer {access.api_key}" "{api}/users?limit=3"',
        "",
    ]
    click.echo("\n".join(lines))
