"""Nobody shuts themselves out: one's own account, and the right to give roles, are for others to take."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tenantry.domain.groups.actions import (
    add_members,
    create_group,
    remove_group,
    remove_user_group,
    replace_user_groups,
)
from tenantry.domain.groups.guards import ASSIGNING
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.privacy.actions import erase_person
from tenantry.domain.provisioning.actions import change_person, remove_person, switch_state
from tenantry.domain.roles.actions import (
    add_group_roles,
    add_user_role,
    remove_group_role,
    remove_user_role,
    replace_group_roles,
    replace_user_roles,
)
from tenantry.domain.roles.model import NewRole, RoleChanges
from tenantry.domain.roles.permissions import ASSIGN
from tenantry.domain.roles.queries import list_user_roles
from tenantry.domain.roles.role_actions import change_role, create_role, remove_role
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.errors import OwnAccount
from tenantry.domain.users.model import User, UserChanges
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, StateSwitch
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Work
from tests.conftest import NOW
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
Does = Callable[[Work, User], Awaitable[Any]]


def switching(switch: StateSwitch) -> Does:
    return lambda work, user: switch_state(work, user, switch, on=True)


SHUTTING_OUT: dict[str, Does] = {
    "suspend": switching(SUSPENDED),
    "lock": switching(LOCKED),
    "disable": switching(DISABLED),
    "make inactive": lambda work, user: change_person(work, user, UserChanges(), active=False),
    "let it end": lambda work, user: change_person(
        work, user, UserChanges(valid_until=work.now + timedelta(hours=1))
    ),
    "delete": lambda work, user: remove_person(work, user, permanent=False, from_admin_api=True),
    "delete for good": lambda work, user: remove_person(work, user, permanent=True, from_admin_api=False),
    "erase": erase_person,
}


@asynccontextmanager
async def doing(
    home: Home, person: Any, kind: ActorKind = ActorKind.USER
) -> AsyncIterator[tuple[Work, User]]:
    """A unit of work of this person, or of a key with their id, and the person locked in it."""
    actor = Actor(kind, person.user.id, "root", frozenset({"*"}))
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        yield work, await get_user_for_change(work, UserRef(person.user.id, None))


async def roles_of(home: Home, person: Any) -> list[str]:
    async with acting(home) as work:
        asked = Criteria(EVERYTHING, Sort("name"), Page(20))
        return [
            role.slug for role in (await list_user_roles(work, person.user.id, asked, effective=True)).roles
        ]


@pytest.mark.parametrize("deed", SHUTTING_OUT)
async def test_a_person_cannot_shut_themselves_out(home: Home, deed: str) -> None:
    await change(home, "accounts", disablingEnabled=True)
    root = await home.user("root@example.com", roles=["tenant_admin"])
    with pytest.raises(OwnAccount) as refused:
        async with doing(home, root) as (work, user):
            await SHUTTING_OUT[deed](work, user)
    told = "You cannot do this to your own account. Ask another administrator."
    assert (refused.value.message, refused.value.fields) == (told, {"id": told})
    async with acting(home) as work:
        assert await get_user(work, UserRef(root.user.id, None)) == root.user


@pytest.mark.parametrize("deed", SHUTTING_OUT)
async def test_another_administrator_and_a_key_can_do_it(home: Home, deed: str) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann, bob = await home.user("ann@example.com"), await home.user("bob@example.com")
    async with doing(home, ann) as (work, _):
        await SHUTTING_OUT[deed](work, await get_user_for_change(work, UserRef(bob.user.id, None)))
    async with doing(home, ann, ActorKind.API_KEY) as (work, user):
        await SHUTTING_OUT[deed](work, user)


GIVING_UP: dict[str, Does] = {
    "the role": lambda work, user: remove_user_role(work, user.id, "giver"),
    "all roles": lambda work, user: replace_user_roles(work, user.id, ["auditor"]),
    "what the role grants": lambda work, _: change_role(work, "giver", RoleChanges(permissions=[])),
    "the role of everybody": lambda work, _: remove_role(work, "giver"),
}


async def giver(home: Home) -> None:
    async with acting(home) as work:
        await create_role(work, NewRole(name="Giver", permissions=[ASSIGN.name]))


async def test_the_guard_knows_the_permission_by_its_name() -> None:
    assert ASSIGN.name == ASSIGNING


@pytest.mark.parametrize("deed", GIVING_UP)
async def test_the_last_role_that_lets_one_give_roles_is_not_given_up(home: Home, deed: str) -> None:
    await giver(home)
    root = await home.user("root@example.com", roles=["giver"])
    with pytest.raises(OwnAccount, match="Somebody else must take it away"):
        async with doing(home, root) as (work, user):
            await GIVING_UP[deed](work, user)
    assert await roles_of(home, root) == ["giver"]


@pytest.mark.parametrize("deed", GIVING_UP)
async def test_with_another_such_role_one_may(home: Home, deed: str) -> None:
    await giver(home)
    root = await home.user("root@example.com", roles=["giver"])
    async with acting(home) as work:
        group = await create_group(work, NewGroup(name="Admins"))
        await add_group_roles(work, group, ["tenant_admin"])
        await add_members(work, "admins", [str(root.user.id)])
    async with doing(home, root) as (work, user):
        await GIVING_UP[deed](work, user)


@pytest.mark.parametrize("deed", ["group", "groups", "no group", "no role", "no roles"])
async def test_nor_by_leaving_the_group_that_gives_it(home: Home, deed: str) -> None:
    root = await home.user("root@example.com", roles=["auditor"])
    async with acting(home) as work:
        group = await create_group(work, NewGroup(name="Givers"))
        await add_group_roles(work, group, ["tenant_admin"])
        await add_members(work, "givers", [str(root.user.id)])
    deeds: dict[str, Does] = {
        "group": lambda work, user: remove_user_group(work, user.id, "givers"),
        "groups": lambda work, user: replace_user_groups(work, user.id, []),
        "no group": lambda work, _: remove_group(work, "givers"),
        "no role": lambda work, _: remove_group_role(work, group, "tenant_admin"),
        "no roles": lambda work, _: replace_group_roles(work, group, []),
    }
    with pytest.raises(OwnAccount):
        async with doing(home, root) as (work, user):
            await deeds[deed](work, user)
    assert await roles_of(home, root) == ["auditor", "tenant_admin"]
    async with acting(home) as work:
        await add_user_role(work, root.user.id, "tenant_admin")
    async with doing(home, root) as (work, user):
        await deeds[deed](work, user)


async def test_what_gives_no_roles_may_go_and_so_may_somebody_elses(home: Home) -> None:
    root = await home.user("root@example.com", roles=["tenant_admin", "auditor"])
    ann = await home.user("ann@example.com", roles=["tenant_admin"])
    async with doing(home, root) as (work, user):
        assert await remove_user_role(work, user.id, "auditor")
        assert await remove_user_role(work, ann.user.id, "tenant_admin")
    async with doing(home, root, ActorKind.API_KEY) as (work, user):
        assert await remove_user_role(work, user.id, "tenant_admin")


async def test_ones_own_account_may_end_later_or_never(home: Home) -> None:
    end = NOW + timedelta(days=2)
    root = await home.user("root@example.com", roles=["tenant_admin"], valid_until=end)
    for later in (end, end + timedelta(days=1), None):
        async with doing(home, root) as (work, user):
            await change_person(work, user, UserChanges(valid_until=later))
