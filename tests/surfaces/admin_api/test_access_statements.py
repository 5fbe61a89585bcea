"""How many statements the lists of groups, roles, permissions and keys cost: at most three, whatever they show."""

import httpx
import pytest

from tenantry.kernel.db import Handle, Params, Query
from tests.support.access import made, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
PATHS = [
    "/groups", "/groups/sales", "/groups/sales?include=members", "/groups/sales/members?search=ann", "/groups/sales/members",
    "/groups/sales/roles", "/roles", "/roles/clerk", "/roles/clerk/permissions", "/roles/clerk/users", "/permissions",
    "/permissions/users:read", "/permissions/users:read/roles", "/users/ann@example.com/roles",
    "/users/ann@example.com/roles?effective=true", "/users/ann@example.com/groups", "/users/ann@example.com/permissions",
    "/api-keys", "/groups?page=1000000000",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_a_read_costs_at_most_three_statements(
    api: httpx.AsyncClient, home: Home, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await with_permissions(home)
    await made(api, "/roles", name="Clerk", permissions=["users:read", "roles:read"])
    for name in ("Sales", "Support", "Shop"):
        await made(api, "/groups", name=name, roles=["clerk", "user"])
    await user_id(home, roles=["clerk"], groups=["sales", "shop"])
    await user_id(home, "bob@example.com", roles=["clerk"], groups=["sales"])
    run: list[object] = []
    original = Handle._run

    async def counted(self: Handle, query: Query, params: Params) -> object:
        run.append(query)
        return await original(self, query, params)

    monkeypatch.setattr(Handle, "_run", counted)
    response = await api.get(path)
    assert response.status_code == 200, response.text
    assert 2 <= len(run) <= 3
