"""Makers: tenants, keys and people for tests, made by the real actions."""

from typing import Any
from uuid import UUID

import msgspec

from tenantry.app.catalogue import PERMISSIONS
from tenantry.domain.apikeys.actions import create_api_key
from tenantry.domain.apikeys.model import NewApiKey
from tenantry.domain.directory.model import Person
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.provisioning.tenants import found_tenant
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.model import NewUser
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import Works

TEST = system_actor("test")


class Home(msgspec.Struct):
    """A tenant for a test, with a key that may do everything."""

    works: Works
    id: UUID
    slug: str
    key: str

    def opener(self) -> OpenTenant:
        return OpenTenant(self.id, TEST)

    async def user(self, email: str | None = "ann@example.com", **fields: Any) -> Person:
        """A person; `roles`, `groups` and every field of NewUser may be given, `password_hash` as well."""
        roles, groups = fields.pop("roles", []), fields.pop("groups", [])
        password_hash = fields.pop("password_hash", None)
        new = NewPerson(user=NewUser(email=email, **fields), roles=roles, groups=groups)
        async with self.works.read(self.opener()) as work:
            prepared = await prepare_person(work, new)
        async with self.works.write(self.opener()) as work:
            return await create_person(work, prepared, password_hash)

    async def new_key(self, *scopes: str, **fields: Any) -> str:
        """A key with these scopes, as its bearer shows it."""
        async with self.works.write(self.opener()) as work:
            made = await create_api_key(work, NewApiKey(name="test", scopes=list(scopes), **fields))
        return made.secret


async def make_home(works: Works, slug: str = "acme-corp", name: str = "Acme") -> Home:
    """A founded tenant with its system roles, and a key of scope admin:write whose rates never stop a test."""
    tenant_id = await found_tenant(works, slug, name, PERMISSIONS)
    home = Home(works, tenant_id, slug, "")
    home.key = await home.new_key("admin:write", read_rate=1_000_000, write_rate=1_000_000)
    return home
