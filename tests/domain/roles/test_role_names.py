"""Roles by name, who passes them on, and changes to roles that somebody else has changed meanwhile."""

from datetime import timedelta

import pytest

from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.actions import replace_group_roles
from tenantry.domain.roles.errors import RoleChanged
from tenantry.domain.roles.model import NewRole, RoleChanges
from tenantry.domain.roles.names import list_groups_with_role, list_role_names
from tenantry.domain.roles.queries import ROLES, ROLES_AT_A_GLANCE, get_role, list_roles
from tenantry.domain.roles.role_actions import change_role, create_role
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.listing import COUNT_BOUND
from tenantry.kernel.permissions import MissingPermission
from tests.support.access import acting, user_id
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
FIRST = Criteria(EVERYTHING, Sort("name"), Page(20))


async def test_roles_are_named_with_what_they_grant(home: Home, neighbour: Home) -> None:
    async with acting(neighbour) as work:
        await create_role(work, NewRole(name="Theirs"))
    async with acting(home) as work:
        await create_role(work, NewRole(name="a first one", permissions=["users:read"]))
        names = await list_role_names(work)
    assert (names[0].slug, set(names[0].permissions)) == ("a-first-one", {"users:read"})
    assert "*" in next(role for role in names if role.slug == "admin").permissions
    assert "theirs" not in [role.slug for role in names]


async def test_the_groups_that_pass_a_role_on_are_named(home: Home, neighbour: Home) -> None:
    async with acting(neighbour) as work:
        theirs = await create_group(work, NewGroup(name="Theirs"))
        await replace_group_roles(work, theirs, ["auditor"])
    async with acting(home) as work:
        group = await create_group(work, NewGroup(name="Night shift"))
        await create_group(work, NewGroup(name="Without"))
        await replace_group_roles(work, group, ["auditor"])
        role = await get_role(work, "auditor")
        assert [one.slug for one in await list_groups_with_role(work, role.id)] == ["night-shift"]


async def test_names_ask_for_their_permission(home: Home) -> None:
    async with acting(home) as work:
        role = await get_role(work, "auditor")
    async with acting(home, "users:read") as work:
        with pytest.raises(MissingPermission):
            await list_role_names(work)
        with pytest.raises(MissingPermission):
            await list_groups_with_role(work, role.id)


async def test_a_change_made_for_an_earlier_state_is_refused(home: Home, clock: FrozenClock) -> None:
    async with acting(home) as work:
        ref = str(await create_role(work, NewRole(name="Support")))
        seen = (await get_role(work, ref)).updated_at
    clock.advance(timedelta(seconds=1))
    async with acting(home) as work:
        await change_role(work, ref, RoleChanges(permissions=["users:read"]), seen)
    with pytest.raises(RoleChanged):
        async with acting(home) as work:
            await change_role(work, ref, RoleChanges(permissions=[]), seen)
    async with acting(home) as work:
        assert b"users:read" in bytes((await get_role(work, ref)).permissions)


async def test_at_a_glance_holders_are_counted_to_a_bound(home: Home) -> None:
    for name in ("ann", "bob"):
        await user_id(home, f"{name}@example.com", roles=["auditor"])
    async with acting(home) as work:
        found = await list_roles(work, FIRST, at_a_glance=True)
        assert next(role for role in found.roles if role.slug == "auditor").user_count == 2
        assert (await get_role(work, "auditor", at_a_glance=True)).user_count == 2
    assert f"limit {COUNT_BOUND + 1}" in ROLES_AT_A_GLANCE.columns
    assert "limit" not in ROLES.columns
