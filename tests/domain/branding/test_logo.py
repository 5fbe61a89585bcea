"""Setting a tenant's logo and taking it away."""

from typing import Any

import pytest

from tenantry.domain.branding import permissions
from tenantry.domain.branding.actions import remove_logo, set_logo
from tenantry.domain.branding.errors import LogoNotFound, LogoUnusable
from tenantry.domain.branding.model import Branding, LogoFacts, Picture
from tenantry.domain.branding.queries import get_branding, get_logo
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.support.access import events_of
from tests.support.makers import Home
from tests.support.pictures import picture
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
BLUE = picture()
RED = picture("WEBP", 300, 100, "#ff0000")
VISITOR = Actor(ActorKind.ANONYMOUS, permissions=frozenset({permissions.SHOW.name}))


async def put(home: Home, content: bytes = BLUE) -> LogoFacts:
    async with home.works.write(home.opener()) as work:
        return await set_logo(work, content)


async def remove(home: Home) -> bool:
    async with home.works.write(home.opener()) as work:
        return await remove_logo(work)


async def looks(home: Home) -> Branding:
    async with home.works.read(home.opener()) as work:
        return await get_branding(work)


async def fetched(home: Home, digest: str) -> Picture:
    async with home.works.read(OpenTenant(home.slug, VISITOR)) as work:
        return await get_logo(work, digest)


async def version(home: Home) -> int:
    async with home.works.read(home.opener()) as work:
        found: int = await work.db.value("select version from tenants where id = %s", (home.id,))
        return found


async def recorded(home: Home, kind: str) -> list[dict[str, Any]]:
    return [data for _, data in await events_of(home, kind)]


async def test_a_logo_is_known_with_the_tenant_and_fetched_by_its_hash(home: Home, neighbour: Home) -> None:
    facts = await put(home)
    assert (await looks(home)).logo == facts
    assert await fetched(home, facts.hash) == Picture("image/png", BLUE)
    assert (await looks(neighbour)).logo is None


async def test_nobody_fetches_the_logo_of_a_neighbour_even_if_they_know_its_hash(
    home: Home, neighbour: Home
) -> None:
    facts = await put(home)
    with pytest.raises(LogoNotFound):
        await fetched(neighbour, facts.hash)
    assert not await remove(neighbour)
    assert (await fetched(home, facts.hash)).content == BLUE


async def test_another_logo_takes_the_place_of_the_first(home: Home) -> None:
    first = await put(home)
    second = await put(home, RED)
    assert (await looks(home)).logo == second
    assert (await fetched(home, second.hash)).media_type == "image/webp"
    with pytest.raises(LogoNotFound):
        await fetched(home, first.hash)
    assert await recorded(home, "tenant.logo_changed") == [
        {"from": None, "to": first.hash, "type": "image/png", "bytes": len(BLUE), "width": 64, "height": 32},
        {
            "from": first.hash,
            "to": second.hash,
            "type": "image/webp",
            "bytes": len(RED),
            "width": 300,
            "height": 100,
        },
    ]


async def test_the_same_logo_again_is_no_change(home: Home) -> None:
    await put(home)
    before = await version(home)
    await put(home)
    assert await version(home) == before
    assert len(await recorded(home, "tenant.logo_changed")) == 1


async def test_a_removed_logo_is_gone(home: Home) -> None:
    facts = await put(home)
    assert await remove(home)
    assert (await looks(home)).logo is None
    with pytest.raises(LogoNotFound):
        await fetched(home, facts.hash)
    assert await recorded(home, "tenant.logo_removed") == [{"from": facts.hash}]
    assert not await remove(home)
    assert len(await recorded(home, "tenant.logo_removed")) == 1


async def test_a_refused_file_leaves_the_logo_as_it_was(home: Home) -> None:
    facts = await put(home)
    with pytest.raises(LogoUnusable):
        await put(home, BLUE[:-30])
    assert (await looks(home)).logo == facts


async def test_changing_the_settings_keeps_the_logo_and_the_logo_keeps_the_settings(home: Home) -> None:
    await change(home, "branding", accentColor="#1E40AF")
    facts = await put(home)
    await change(home, "audit", retentionDays=30)
    found = await looks(home)
    assert (found.colour, found.logo) == ("#1E40AF", facts)
    assert found.accent is not None
    assert found.accent.light.ground == "#1e40af"
    await remove(home)
    assert (await looks(home)).colour == "#1E40AF"


async def test_setting_and_removing_need_the_right_to_change_the_settings(home: Home) -> None:
    reader = Actor(ActorKind.USER, permissions=frozenset({"settings:read"}))
    for act in (lambda work: set_logo(work, BLUE), remove_logo):
        with pytest.raises(MissingPermission):
            async with home.works.write(OpenTenant(home.id, reader)) as work:
                await act(work)
