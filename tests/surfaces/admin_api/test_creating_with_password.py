"""Creating people with a password: nothing is hashed for those who may not, and what changed during the hash counts."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from tenantry.app.web import build
from tenantry.domain.apikeys.actions import revoke_api_key
from tenantry.domain.credentials.breached import breached_lists
from tenantry.domain.credentials.checks import PasswordDesk
from tenantry.domain.credentials.hashing import HasherBusy
from tenantry.domain.tenants.actions import suspend_tenant
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
GOOD = "plum-Harbour-41-lantern"
Step = Callable[[], Awaitable[object]]


class Pool:
    """The hashing pool; before its next hash it does whatever it was told."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.hashed = 0
        self.first: Step | None = None

    async def hash(self, password: str, judge: Callable[[], None] | None = None) -> str:
        first, self.first = self.first, None
        if first is not None:
            await first()
        made: str = await self.inner.hash(password, judge)
        self.hashed += 1
        return made

    async def verify(self, stored: str, password: str) -> bool:
        same: bool = await self.inner.verify(stored, password)
        return same


@pytest.fixture
def pool(services: Services) -> Pool:
    return Pool(services.hasher)


@pytest.fixture
def app(services: Services, pool: Pool) -> Any:
    desk = PasswordDesk(pool, breached_lists(None))
    return build(msgspec.structs.replace(services, passwords=desk))


async def create(api: httpx.AsyncClient, number: int = 1, **more: Any) -> httpx.Response:
    return await api.post("/users", json={"email": f"p{number}@example.com", "password": GOOD, **more})


async def people(home: Home) -> int:
    async with home.works.read(home.opener()) as work:
        return int(await work.db.value("select count(*) from users"))


async def revoke(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        for (key_id,) in await work.db.all("select id from api_keys"):
            await revoke_api_key(work, key_id)


async def suspend(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await suspend_tenant(work)


@pytest.mark.parametrize(
    ("ends", "status", "code"), [(revoke, 401, "invalid_token"), (suspend, 403, "tenant_suspended")]
)
@pytest.mark.parametrize("while_hashing", [False, True])
async def test_whoever_is_shut_out_is_refused_at_once(
    api: httpx.AsyncClient,
    home: Home,
    pool: Pool,
    ends: Callable[[Home], Awaitable[None]],
    status: int,
    code: str,
    while_hashing: bool,
) -> None:
    if while_hashing:
        pool.first = lambda: ends(home)
    else:
        await ends(home)
        broken = await create(api, email="not an address")
        assert (broken.status_code, broken.json()["code"]) == (status, code)
    refused = await create(api)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_who_may_not_create_is_refused_before_anything_is_hashed(
    api: httpx.AsyncClient, home: Home, pool: Pool
) -> None:
    key = await home.new_key("admin:read", read_rate=1_000_000, write_rate=1_000_000)
    headers = {"Authorization": f"Bearer {key}"}
    assert (await api.get("/users", headers=headers)).status_code == 200
    body = {"email": "p1@example.com", "password": GOOD}
    assert (await api.post("/users", json=body, headers=headers)).status_code == 403
    assert pool.hashed == 0


async def test_the_neighbours_key_opens_nothing_here(
    api: httpx.AsyncClient, home: Home, neighbour: Home, pool: Pool
) -> None:
    theirs = {"Authorization": f"Bearer {neighbour.key}"}
    there = f"http://localhost/t/{neighbour.slug}/api/v1/admin/users"
    assert (await api.get(there, headers=theirs)).status_code == 200
    body = {"email": "p1@example.com", "password": GOOD}
    assert (await api.post("/users", json=body, headers=theirs)).status_code == 401
    assert pool.hashed == 0
    assert await people(home) == 0


async def test_a_full_queue_is_told_at_once(api: httpx.AsyncClient, pool: Pool) -> None:
    async def full() -> None:
        raise HasherBusy(1)

    pool.first = full
    assert (await create(api)).status_code == 503
    assert pool.hashed == 0
