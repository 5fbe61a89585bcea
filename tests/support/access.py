"""Roles, groups, people and keys for tests of access, made through the API or by the real actions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx

from tenantry.app.catalogue import PERMISSIONS
from tenantry.domain.roles.actions import create_system_roles
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Work
from tests.support.makers import TEST, Home


@asynccontextmanager
async def acting(home: Home, *permissions: str) -> AsyncIterator[Work]:
    """A unit of work of somebody who holds these permissions alone; the program itself without any."""
    actor = (
        Actor(ActorKind.USER, label="somebody", permissions=frozenset(permissions)) if permissions else TEST
    )
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        yield work


async def with_permissions(home: Home) -> Home:
    """The tenant, with all system permissions that the program declares."""
    async with acting(home) as work:
        await create_system_roles(work, PERMISSIONS)
    return home


async def events_of(home: Home, event_type: str) -> list[tuple[UUID, dict[str, Any]]]:
    """Target and data of every event of a type, oldest first."""
    async with acting(home) as work:
        rows = await work.db.all(
            """
            select target_id, data
            from events
            where type = %s
            order by id
            """,
            (event_type,),
        )
    return [(target, data) for target, data in rows]


async def user_id(home: Home, email: str = "ann@example.com", **fields: Any) -> UUID:
    """A new person's id."""
    return (await home.user(email, **fields)).user.id


def bearer(key: str) -> dict[str, str]:
    """The header of a call with another key."""
    return {"Authorization": f"Bearer {key}"}


async def made(api: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    """What a POST created."""
    response = await api.post(path, json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()["data"]
    return found


async def slugs(api: httpx.AsyncClient, path: str, **query: Any) -> list[str]:
    """The slugs in a list, in its order."""
    response = await api.get(path, params=query)
    assert response.status_code == 200, response.text
    return [row["slug"] for row in response.json()["data"]]
