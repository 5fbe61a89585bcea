"""The people of the demo tenant: somebody in every state that an account can have."""

import httpx
import pytest

from tenantry.app.demo_people import COUNT, GROUPS, ROLES, fill
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tenantry.domain.users.states import Status
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def test_somebody_is_in_every_state(api: httpx.AsyncClient, home: Home) -> None:
    await api.put("/settings", json={"accounts": {"disablingEnabled": True}})
    async with home.works.write(home.opener()) as work:
        for slug in {*ROLES} - {"user"}:
            await create_role(work, NewRole(name=slug, slug=slug))
        for slug in GROUPS:
            await create_group(work, NewGroup(name=slug, slug=slug))
    await fill(home.works, home.opener(), "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA")
    found = {}
    for state in Status:
        answer = await api.get("/users", params={"status": state.value})
        found[state.value] = answer.json()["pagination"]["total"]
    assert [state for state, total in found.items() if total == 0] == []
    everybody = (await api.get("/users")).json()["pagination"]["total"]
    assert everybody + found["deleted"] == COUNT
