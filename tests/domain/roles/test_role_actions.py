"""Roles: who may give which role to whom, and what is in them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from tenantry.app.catalogue import PERMISSIONS
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import Change, NewGroup
from tenantry.domain.roles.actions import (
    add_group_roles,
    add_user_role,
    add_user_roles,
    assign_roles,
    create_system_roles,
    give_role_to_users,
    remove_group_role,
    remove_user_role,
    replace_group_roles,
    replace_user_roles,
)
from tenantry.domain.roles.errors import RoleNotFound, RoleSlugTaken, SystemRoleFixed
from tenantry.domain.roles.model import NewPermission, NewRole, RoleChanges
from tenantry.domain.roles.permission_actions import create_permission
from tenantry.domain.roles.queries import (
    find_management_permissions,
    get_role,
    list_roles,
    list_user_permissions,
    list_user_roles,
)
from tenantry.domain.roles.role_actions import change_role, create_role, remove_role
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.escalation import Escalation
from tenantry.kernel.permissions import MissingPermission, Permission
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import Work
from tests.support.access import acting, events_of, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
FIRST = Criteria(EVERYTHING, Sort("slug"), Page(100))
SYSTEM = ["admin", "app_manager", "auditor", "tenant_admin", "user", "user_manager"]
ALL = {permission.name for permission in PERMISSIONS}
USER_MANAGER = (
    "users:read", "users:create", "users:update", "users:delete",
    "roles:read", "roles:assign", "groups:read", "groups:assign",
)  # fmt: skip


async def granted(home: Home, role: str) -> set[str]:
    async with acting(home) as work:
        return set(
            await work.db.value(
                """
                select array_agg(p.slug::text)
                from role_permissions rp
                join roles r on r.id = rp.role_id
                join permissions p on p.id = rp.permission_id
                where r.slug = %s
                """,
                (role,),
            )
            or []
        )


async def test_a_fresh_tenant_has_the_system_roles_with_what_each_may_do(home: Home) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        found = (await list_roles(work, FIRST)).roles
    assert [role.slug for role in found] == SYSTEM
    assert all(role.is_system for role in found)
    assert await granted(home, "admin") == await granted(home, "tenant_admin") == ALL
    assert await granted(home, "user") == set()
    assert await granted(home, "user_manager") == set(USER_MANAGER)
    assert await granted(home, "app_manager") == {
        "settings:read",
        "apikeys:read",
        "apikeys:write",
        "users:read",
    }
    assert await granted(home, "auditor") == {
        "audit:read", "audit:export", "users:read", "groups:read", "roles:read",
    }  # fmt: skip


async def test_a_permission_that_a_later_version_declares_reaches_the_roles_of_an_old_tenant(
    home: Home,
) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        await create_system_roles(work, [*PERMISSIONS, Permission("users:merge", "Merge users.")])
    assert await granted(home, "tenant_admin") == {*ALL, "users:merge"}
    assert await granted(home, "user_manager") == {*USER_MANAGER, "users:merge"}
    assert "users:merge" not in await granted(home, "auditor")


@pytest.mark.parametrize("slug", SYSTEM)
async def test_a_system_role_cannot_be_changed_or_deleted(home: Home, slug: str) -> None:
    attempts: list[Callable[[Work], Awaitable[Any]]] = [
        lambda work: change_role(work, slug, RoleChanges(name="Mine")),
        lambda work: change_role(work, slug, RoleChanges(permissions=["users:read"])),
        lambda work: remove_role(work, slug),
    ]
    for attempt in attempts:
        with pytest.raises(SystemRoleFixed) as refused:
            async with acting(home) as work:
                await attempt(work)
        assert (refused.value.kind, refused.value.code) == (Kind.FORBIDDEN, "permission_denied")


async def test_a_custom_role_is_made_changed_and_deleted(home: Home) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        await create_permission(work, NewPermission(slug="orders:refund"))
        role_id = await create_role(
            work, NewRole(name="Support", permissions=["users:read", "orders:refund"])
        )
        role = await get_role(work, "support")
        assert role.id == role_id
        assert b"orders:refund" in bytes(role.permissions)
        await change_role(work, "support", RoleChanges(name="Help", permissions=["orders:refund"]))
        assert (await get_role(work, "support")).name == "Help"
        await remove_role(work, "support")
        with pytest.raises(RoleNotFound):
            await get_role(work, "support")
    [(_, created)] = await events_of(home, "role.created")
    assert created == {"slug": "support", "name": "Support", "permissions": ["orders:refund", "users:read"]}
    [(_, updated)] = await events_of(home, "role.updated")
    assert updated["changes"] == {
        "name": {"from": "Support", "to": "Help"},
        "permissions": {"added": [], "removed": ["users:read"]},
    }
    assert len(await events_of(home, "role.deleted")) == 1


async def test_a_taken_slug_is_refused_and_a_generated_one_gets_a_suffix(home: Home) -> None:
    async with acting(home) as work:
        role_id = await create_role(work, NewRole(name="Admin"))
        assert (await get_role(work, str(role_id))).slug == "admin-2"
        with pytest.raises(RoleSlugTaken):
            await create_role(work, NewRole(name="x", slug="admin"))
    with pytest.raises(RoleSlugTaken):
        async with acting(home) as work:
            await change_role(work, "admin-2", RoleChanges(slug="auditor"))


async def test_unknown_permissions_of_a_role_are_all_named(home: Home) -> None:
    async with acting(home) as work:
        with pytest.raises(FieldError) as refused:
            await create_role(work, NewRole(name="x", permissions=["no:one", "no:two"]))
    assert refused.value.fields == {"permissions": "unknown: no:one, no:two"}


async def test_roles_are_given_replaced_and_taken(home: Home) -> None:
    ann = await user_id(home)
    async with acting(home) as work:
        assert await assign_roles(work, ann, ["user", "user"])
        assert not await add_user_role(work, ann, "user")
        assert await add_user_role(work, ann, "auditor")
        assert await replace_user_roles(work, ann, ["user", "admin"]) == Change(["admin"], ["auditor"])
        assert not await replace_user_roles(work, ann, ["admin", "user"])
        assert await remove_user_role(work, ann, str((await get_role(work, "user")).id))
        assert not await remove_user_role(work, ann, "user")
        assert await replace_user_roles(work, ann, []) == Change([], ["admin"])
    assert [data["roles"] for _, data in await events_of(home, "user.role.assigned")] == [
        ["user"],
        ["auditor"],
        ["admin"],
    ]
    assert [data["roles"] for _, data in await events_of(home, "user.role.removed")] == [
        ["auditor"],
        ["user"],
        ["admin"],
    ]


async def test_only_a_real_change_moves_the_version_of_the_user(home: Home) -> None:
    ann = await user_id(home)
    versions: list[int] = []
    async with acting(home) as work:
        for slugs in ([], ["user"], ["user"], ["auditor"], []):
            await replace_user_roles(work, ann, slugs)
            versions.append((await get_user(work, UserRef(ann, None))).version)
    assert [version - versions[0] for version in versions] == [0, 1, 1, 2, 3]


async def test_unknown_roles_are_all_named_and_nothing_is_given(home: Home) -> None:
    ann = await user_id(home)
    with pytest.raises(FieldError) as refused:
        async with acting(home) as work:
            await replace_user_roles(work, ann, ["user", "nope", "neither"])
    assert refused.value.fields == {"roles": "unknown: nope, neither"}
    async with acting(home) as work:
        assert (await list_user_roles(work, ann, FIRST, effective=True)).roles == []


async def test_more_than_a_hundred_roles_in_one_call_are_refused(home: Home) -> None:
    ann = await user_id(home)
    async with acting(home) as work:
        with pytest.raises(FieldError) as refused:
            await replace_user_roles(work, ann, ["user"] * 10_000)
    assert "100" in refused.value.fields["roles"]


async def test_a_role_for_nobody_is_refused(home: Home) -> None:
    with pytest.raises(UserNotFound):
        async with acting(home) as work:
            await add_user_role(work, uuid4(), "user")


async def test_however_many_roles_the_statements_are_the_same(home: Home) -> None:
    ann = await user_id(home)
    async with acting(home) as work:
        for number in range(60):
            await create_role(work, NewRole(name=f"r{number}"))
    counts: set[int] = set()
    for size in (1, 60):
        async with acting(home) as work:
            start = work.db.statements
            await replace_user_roles(work, ann, [f"r{number}" for number in range(size)])
            counts.add(work.db.statements - start)
    assert counts == {3}


async def test_roles_through_groups_are_effective_and_say_whence_they_come(home: Home) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        group_id = await create_group(work, NewGroup(name="Watchers"))
        await add_group_roles(work, group_id, ["auditor", "user"])
    ann = await user_id(home, roles=["user"], groups=["watchers"])
    async with acting(home) as work:
        direct = (await list_user_roles(work, ann, FIRST, effective=False)).roles
        effective = (await list_user_roles(work, ann, FIRST, effective=True)).roles
        held = (await list_user_permissions(work, ann, FIRST)).permissions
        acts = await find_management_permissions(work, ann)
    assert [(role.slug, role.direct) for role in direct] == [("user", True)]
    assert [(role.slug, role.direct, b"watchers" in bytes(role.groups)) for role in effective] == [
        ("auditor", False, True),
        ("user", True, True),
    ]
    expected = {"audit:read", "audit:export", "users:read", "groups:read", "roles:read"}
    assert {permission.slug for permission in held} == expected == acts
    async with acting(home) as work:
        assert await remove_group_role(work, group_id, "auditor")
        assert await find_management_permissions(work, ann) == frozenset()


async def test_who_holds_an_admin_role_may_do_everything(home: Home) -> None:
    await with_permissions(home)
    ann = await user_id(home, roles=["tenant_admin"])
    async with acting(home) as work:
        assert await find_management_permissions(work, ann) == {"*", *ALL}


async def test_a_custom_permission_is_no_right_in_the_administration(home: Home) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        await create_permission(work, NewPermission(slug="webhooks:write"))
        await create_role(work, NewRole(name="Hooks", permissions=["webhooks:write"]))
    ann = await user_id(home, roles=["hooks"])
    async with acting(home) as work:
        assert await find_management_permissions(work, ann) == frozenset()


ESCALATIONS: dict[str, Callable[[Work, Any, Any], Awaitable[Any]]] = {
    "assign_roles": lambda work, ann, group: assign_roles(work, ann, ["tenant_admin"]),
    "add_user_role": lambda work, ann, group: add_user_role(work, ann, "tenant_admin"),
    "add_user_roles": lambda work, ann, group: add_user_roles(work, ann, ["user", "app_manager"]),
    "replace_user_roles": lambda work, ann, group: replace_user_roles(work, ann, ["admin"]),
    "give_role_to_users": lambda work, ann, group: give_role_to_users(work, "auditor", [str(ann)]),
    "add_group_roles": lambda work, ann, group: add_group_roles(work, group, ["tenant_admin"]),
    "replace_group_roles": lambda work, ann, group: replace_group_roles(work, group, ["sneaky"]),
}


@pytest.mark.parametrize("name", ESCALATIONS)
async def test_a_user_manager_cannot_hand_out_more_than_they_have(home: Home, name: str) -> None:
    await with_permissions(home)
    ann = await user_id(home)
    async with acting(home) as work:
        group = await create_group(work, NewGroup(name="Team"))
        await create_role(work, NewRole(name="Sneaky", permissions=["settings:write"]))
    with pytest.raises(Escalation) as refused:
        async with acting(home, *USER_MANAGER) as work:
            await ESCALATIONS[name](work, ann, group)
    assert (refused.value.kind, refused.value.code) == (Kind.FORBIDDEN, "permission_denied")
    assert "the role " in refused.value.message
    async with acting(home) as work:
        assert (await list_user_roles(work, ann, FIRST, effective=True)).roles == []


async def test_a_user_manager_may_hand_out_what_they_have_and_custom_rights(home: Home) -> None:
    await with_permissions(home)
    ann = await user_id(home)
    async with acting(home) as work:
        await create_permission(work, NewPermission(slug="orders:refund"))
        await create_role(work, NewRole(name="Clerk", permissions=["orders:refund", "users:read"]))
    async with acting(home, *USER_MANAGER) as work:
        change = await replace_user_roles(work, ann, ["clerk", "user", "user_manager"])
    assert change.added == ["clerk", "user", "user_manager"]


async def test_somebody_with_every_permission_but_the_star_cannot_make_an_admin(home: Home) -> None:
    await with_permissions(home)
    ann = await user_id(home)
    with pytest.raises(Escalation):
        async with acting(home, *ALL) as work:
            await add_user_role(work, ann, "admin")


async def test_a_role_that_somebody_has_already_may_stay_in_a_replacement(home: Home) -> None:
    await with_permissions(home)
    ann = await user_id(home, roles=["admin"])
    async with acting(home, *USER_MANAGER) as work:
        assert await replace_user_roles(work, ann, ["admin", "user"]) == Change(["user"], [])


async def test_nobody_puts_a_permission_into_a_role_that_they_lack(home: Home) -> None:
    await with_permissions(home)
    mine = ("roles:read", "roles:write", "roles:assign", "users:read")
    async with acting(home) as work:
        await create_role(work, NewRole(name="Mine", permissions=["audit:read"]))
    attempts: list[Callable[[Work], Awaitable[Any]]] = [
        lambda work: create_role(work, NewRole(name="x", permissions=["users:read", "users:delete"])),
        lambda work: change_role(work, "mine", RoleChanges(permissions=["users:delete"])),
    ]
    for attempt in attempts:
        with pytest.raises(Escalation) as refused:
            async with acting(home, *mine) as work:
                await attempt(work)
        assert "users:delete" in refused.value.fields["permissions"]
    async with acting(home, *mine) as work:
        await change_role(work, "mine", RoleChanges(permissions=["audit:read", "users:read"]))
    assert await granted(home, "mine") == {"audit:read", "users:read"}


async def test_each_action_asks_for_its_permission(home: Home) -> None:
    ann = await user_id(home)
    attempts: list[Callable[[Work], Awaitable[Any]]] = [
        lambda work: create_system_roles(work, ()),
        lambda work: assign_roles(work, ann, []),
        lambda work: replace_user_roles(work, ann, []),
        lambda work: add_user_role(work, ann, "user"),
        lambda work: remove_user_role(work, ann, "user"),
        lambda work: give_role_to_users(work, "user", []),
        lambda work: create_role(work, NewRole(name="x")),
        lambda work: change_role(work, "user", RoleChanges()),
        lambda work: remove_role(work, "user"),
        lambda work: create_permission(work, NewPermission(slug="a:b")),
        lambda work: get_role(work, "user"),
    ]
    for attempt in attempts:
        with pytest.raises(MissingPermission):
            async with acting(home, "users:read") as work:
                await attempt(work)


async def test_a_neighbour_with_the_same_roles_is_neither_seen_nor_moved(home: Home, neighbour: Home) -> None:
    theirs = await user_id(neighbour, roles=["user"])
    async with acting(neighbour) as work:
        their_role = await create_role(work, NewRole(name="Theirs"))
    attempts: list[Callable[[Work], Awaitable[Any]]] = [
        lambda work: add_user_role(work, theirs, "user"),
        lambda work: give_role_to_users(work, "user", [str(theirs)]),
        lambda work: get_role(work, str(their_role)),
        lambda work: change_role(work, "theirs", RoleChanges(name="Ours")),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError):
            async with acting(home) as work:
                await attempt(work)
    async with acting(home) as work:
        assert not await replace_user_roles(work, theirs, [])
    async with acting(neighbour) as work:
        assert [r.slug for r in (await list_user_roles(work, theirs, FIRST, effective=False)).roles] == [
            "user"
        ]
        assert (await get_role(work, "user")).user_count == 1
    async with acting(home) as work:
        assert (await get_role(work, "user")).user_count == 0
