"""Permissions that a tenant defines, and those that nobody can touch."""

from datetime import timedelta

import pytest

from tenantry.domain.roles.errors import (
    PermissionChanged,
    PermissionNotFound,
    PermissionSlugTaken,
    SystemPermissionFixed,
)
from tenantry.domain.roles.model import NewPermission, NewRole, PermissionChanges
from tenantry.domain.roles.permission_actions import change_permission, create_permission, remove_permission
from tenantry.domain.roles.queries import get_permission, get_role
from tenantry.domain.roles.role_actions import create_role
from tenantry.domain.roles.rules import checked_permission
from tenantry.kernel.errors import Kind
from tenantry.kernel.problems import FieldError
from tests.support.access import acting, events_of, with_permissions
from tests.support.makers import Home

asynchronous = pytest.mark.asyncio


@pytest.mark.parametrize("slug", ["orders:refund", "a:b", "purchase-orders:mark_as-paid", "2fa:reset"])
def test_a_permission_has_the_form_resource_action(slug: str) -> None:
    assert checked_permission(slug) == slug


@pytest.mark.parametrize(
    "slug",
    [
        None,
        "",
        "orders",
        "orders:",
        ":refund",
        "a:b:c",
        "Orders:refund",
        "orders:*",
        "*",
        "ö:x",
        "a :b",
        "x:" + "y" * 127,
    ],
)
def test_other_forms_are_refused(slug: str | None) -> None:
    with pytest.raises(FieldError) as refused:
        checked_permission(slug)
    assert "resource:action" in refused.value.fields["slug"]


def test_a_dot_instead_of_the_colon_is_explained() -> None:
    with pytest.raises(FieldError) as refused:
        checked_permission("orders.refund")
    assert "colon" in refused.value.fields["slug"]


@asynchronous
async def test_a_permission_is_made_changed_and_deleted(home: Home) -> None:
    async with acting(home) as work:
        made = await create_permission(work, NewPermission(slug="orders:refund"))
        found = await get_permission(work, "orders:refund")
        assert (found.id, found.name, found.category, found.is_system) == (
            made,
            "orders:refund",
            "orders",
            False,
        )
        await create_role(work, NewRole(name="Clerk", permissions=["orders:refund"]))
        await change_permission(work, str(made), PermissionChanges(slug="orders:pay-back", category=None))
        assert b"orders:pay-back" in bytes((await get_role(work, "clerk")).permissions)
        assert (await get_permission(work, "orders:pay-back")).role_count == 1
        await remove_permission(work, "orders:pay-back")
        assert bytes((await get_role(work, "clerk")).permissions) == b"[]"
        with pytest.raises(PermissionNotFound):
            await get_permission(work, "orders:pay-back")
    for name in ("permission.created", "permission.updated", "permission.deleted"):
        assert len(await events_of(home, name)) == 1


@asynchronous
async def test_a_change_meant_for_another_state_is_refused(home: Home) -> None:
    async with acting(home) as work:
        made = str(await create_permission(work, NewPermission(slug="orders:refund")))
        seen = (await get_permission(work, made)).updated_at
        with pytest.raises(PermissionChanged):
            await change_permission(work, made, PermissionChanges(name="x"), seen - timedelta(seconds=1))
        assert (await get_permission(work, made)).name == "orders:refund"
        await change_permission(work, made, PermissionChanges(name="x"), seen)
        assert (await get_permission(work, made)).name == "x"


@asynchronous
async def test_a_system_permission_cannot_be_changed_or_deleted(home: Home) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        with pytest.raises(SystemPermissionFixed) as refused:
            await change_permission(work, "users:read", PermissionChanges(name="x"))
        assert (refused.value.kind, refused.value.code) == (Kind.FORBIDDEN, "permission_denied")
        with pytest.raises(SystemPermissionFixed):
            await remove_permission(work, "users:read")


@asynchronous
async def test_a_taken_slug_is_refused_also_when_the_system_has_it(home: Home) -> None:
    await with_permissions(home)
    async with acting(home) as work:
        await create_permission(work, NewPermission(slug="orders:refund"))
    for slug in ("users:read", "orders:refund"):
        with pytest.raises(PermissionSlugTaken) as refused:
            async with acting(home) as work:
                await create_permission(work, NewPermission(slug=slug))
        assert list(refused.value.fields) == ["slug"]


@asynchronous
async def test_a_neighbour_with_the_same_permission_is_not_touched(home: Home, neighbour: Home) -> None:
    for tenant in (home, neighbour):
        async with acting(tenant) as work:
            await create_permission(work, NewPermission(slug="orders:refund"))
    async with acting(neighbour) as work:
        theirs = (await get_permission(work, "orders:refund")).id
    async with acting(home) as work:
        with pytest.raises(PermissionNotFound):
            await remove_permission(work, str(theirs))
        await remove_permission(work, "orders:refund")
    async with acting(neighbour) as work:
        assert (await get_permission(work, "orders:refund")).id == theirs
