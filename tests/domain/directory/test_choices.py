"""What a form offers: the first roles and groups by name, those that are asked for, and any that is looked for by name."""

import pytest

from tenantry.domain.directory import choices
from tenantry.domain.directory.choices import Choice, Choices, find_choices, list_choices
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.kernel.permissions import MissingPermission
from tests.support.access import acting
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
ALPHA, BETA, ZETA = Choice("alpha", "Alpha"), Choice("beta", "Beta"), Choice("zeta", "Zeta")


async def groups(home: Home, *names: str) -> None:
    async with home.works.write(home.opener()) as work:
        for name in names:
            await create_group(work, NewGroup(name=name))


async def listed(home: Home, *named: str) -> Choices:
    async with home.works.read(home.opener()) as work:
        return await list_choices(work, with_groups=named)


async def test_the_first_stand_by_name_and_it_is_said_whether_there_are_more(
    home: Home, neighbour: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await groups(neighbour, "Aaa", "Zzz")
    await groups(home, "Beta", "Alpha")
    monkeypatch.setattr(choices, "MOST", 2)
    found = await listed(home)
    assert (found.groups, found.more_groups, found.more_roles) == ([ALPHA, BETA], False, True)
    await groups(home, "Zeta")
    found = await listed(home)
    assert (found.groups, found.more_groups) == ([ALPHA, BETA], True)


async def test_those_that_are_asked_for_stand_behind_the_first_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await groups(home, "Alpha", "Beta", "Zeta")
    monkeypatch.setattr(choices, "MOST", 2)
    assert (await listed(home, "zeta", "alpha", "none", "zzz")).groups == [ALPHA, BETA, ZETA]


async def test_any_is_found_by_name_or_slug(
    home: Home, neighbour: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await groups(neighbour, "Beta too")
    await groups(home, "Alpha", "Beta", "Zeta")
    async with home.works.read(home.opener()) as work:
        assert await find_choices(work, "groups", "ETA") == [BETA, ZETA]
        assert await find_choices(work, "groups", "_") == []
        assert [role.slug for role in await find_choices(work, "roles", "tenant_adm")] == ["tenant_admin"]
        monkeypatch.setattr(choices, "MOST_FOUND", 1)
        assert await find_choices(work, "groups", "eta") == [BETA]


async def test_what_one_may_not_see_is_neither_listed_nor_found(home: Home) -> None:
    await groups(home, "Alpha")
    async with acting(home, "users:read", "roles:read") as work:
        assert (await list_choices(work, with_groups=["alpha"])).groups == []
        assert await find_choices(work, "groups", "alpha") == []
        assert await find_choices(work, "roles", "auditor") != []
    async with acting(home, "roles:read") as work:
        with pytest.raises(MissingPermission):
            await find_choices(work, "roles", "auditor")
