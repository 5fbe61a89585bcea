"""Suspending a tenant and activating it again."""

from datetime import timedelta

import httpx
import pytest

from tenantry.domain.audit.queries import NEWEST_FIRST, list_entries
from tenantry.domain.tenants.actions import activate_tenant, suspend_tenant
from tenantry.domain.tenants.errors import TenantSuspended
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Op, Page
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.support.makers import TEST, Home

pytestmark = pytest.mark.asyncio


async def suspend(home: Home) -> bool:
    async with home.works.write(home.opener()) as work:
        return await suspend_tenant(work)


async def activate(home: Home) -> bool:
    async with home.works.write(OpenTenant(home.slug, TEST, even_suspended=True)) as work:
        return await activate_tenant(work)


async def test_a_suspended_tenant_refuses_reads_and_writes(api: httpx.AsyncClient, home: Home) -> None:
    assert await suspend(home)
    for method, path in (
        ("GET", "/users"),
        ("POST", "/users"),
        ("PUT", "/settings"),
        ("GET", "/audit-logs/export"),
    ):
        answer = await api.request(
            method, path, json={"email": "ann@example.com"} if method == "POST" else None
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "tenant_suspended"), (method, path)
    async with home.works.read(OpenTenant(home.id, TEST, even_suspended=True)) as work:
        assert await work.db.value("select count(*) from users") == 0


async def test_a_suspended_tenant_refuses_jobs_and_pages_too(home: Home) -> None:
    await suspend(home)
    for tenant in (home.id, home.slug):
        with pytest.raises(TenantSuspended):
            async with home.works.write(OpenTenant(tenant, TEST)):
                pass


async def test_an_activated_tenant_answers_again(api: httpx.AsyncClient, home: Home) -> None:
    await suspend(home)
    assert await activate(home)
    assert (await api.get("/users")).status_code == 200


async def test_a_wrong_key_does_not_learn_that_a_tenant_is_suspended(
    api: httpx.AsyncClient, home: Home
) -> None:
    await suspend(home)
    answer = await api.get("/users", headers={"Authorization": "Bearer sk_live_wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_both_are_recorded_once(home: Home, clock: FrozenClock) -> None:
    changed = [await suspend(home), await activate(home), await activate(home)]
    clock.advance(timedelta(minutes=1))
    assert changed == [True, True, False]
    where = AllOf((Compare("action", Op.EQ, "tenant.*"),))
    async with home.works.read(home.opener()) as work:
        found = await list_entries(work, Criteria(where, NEWEST_FIRST, Page(10)))
    names = [entry.action for entry in found.entries]
    assert names == ["tenant.activated", "tenant.suspended", "tenant.created"]
    assert {entry.target_id for entry in found.entries} == {home.id}


async def test_a_neighbour_is_not_suspended_along(neighbour: Home, home: Home) -> None:
    await suspend(home)
    async with neighbour.works.read(neighbour.opener()) as work:
        assert work.tenant.slug == neighbour.slug


async def test_nobody_but_the_program_may_suspend(home: Home) -> None:
    actor = Actor(ActorKind.USER, permissions=frozenset({"settings:write"}))
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        with pytest.raises(MissingPermission):
            await suspend_tenant(work)
        with pytest.raises(MissingPermission):
            await activate_tenant(work)
