"""API keys: made, shown once, revoked."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tenantry.app.catalogue import PERMISSIONS
from tenantry.domain.apikeys.actions import create_api_key, revoke_api_key
from tenantry.domain.apikeys.errors import KeyNotFound, KeyRefused
from tenantry.domain.apikeys.model import SCOPES, MadeKey, Maker, NewApiKey
from tenantry.domain.apikeys.opening import OpenByKey, permissions_of
from tenantry.domain.apikeys.queries import find_makers, get_api_key, list_api_keys
from tenantry.domain.apikeys.rules import DEFAULT_READ_RATE, DEFAULT_WRITE_RATE
from tenantry.domain.roles.actions import replace_user_roles
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.errors import DomainError
from tenantry.kernel.escalation import Escalation
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tenantry.surfaces.kit.limits import Category
from tests.support.access import acting, events_of
from tests.support.makers import Home

asynchronous = pytest.mark.asyncio
FIRST = Criteria(EVERYTHING, Sort("name"), Page(20))


async def make_key(home: Home, *scopes: str, **fields: Any) -> MadeKey:
    async with acting(home) as work:
        return await create_api_key(work, NewApiKey(name="sync", scopes=list(scopes), **fields))


async def opens(home: Home, secret: str) -> frozenset[str]:
    async with home.works.read(OpenByKey(home.slug, token_hash(secret), None, None)) as work:
        return work.actor.permissions


def test_every_scope_grants_declared_permissions_only() -> None:
    declared = {permission.name for permission in PERMISSIONS} | {"*"}
    assert frozenset().union(*SCOPES.values()) <= declared


def test_the_default_rates_are_those_that_are_counted() -> None:
    assert (Category.READ.value, Category.WRITE.value) == (DEFAULT_READ_RATE, DEFAULT_WRITE_RATE)


@asynchronous
async def test_a_key_is_long_unguessable_and_stored_only_as_a_hash(home: Home) -> None:
    made = await make_key(home, "admin:audit")
    other = await make_key(home, "admin:audit")
    assert made.secret.startswith("sk_live_")
    assert len(made.secret) >= len("sk_live_") + 27  # 27 characters of base64 are 162 bits
    assert made.secret != other.secret
    assert made.key.hint == made.secret[:12]
    async with acting(home) as work:
        row = await work.db.one("select k::text from api_keys k where k.id = %s", (made.key.id,))
    assert row is not None
    assert made.secret not in row[0]
    assert made.secret[12:] not in str(await events_of(home, "apikey.created"))
    assert await opens(home, made.secret) == {"audit:read", "audit:export"}


@asynchronous
async def test_all_faults_of_a_new_key_are_named_at_once(home: Home, clock: FrozenClock) -> None:
    new = NewApiKey(name="", scopes=["admin:nope"], expires_at=clock.now(), read_rate=0, write_rate=2_000_000)
    with pytest.raises(DomainError) as refused:
        async with acting(home) as work:
            await create_api_key(work, new)
    assert set(refused.value.fields) == {"name", "scopes", "expiresAt", "readRate", "writeRate"}
    assert "admin:nope" in refused.value.fields["scopes"]


@asynchronous
async def test_a_key_needs_a_scope_and_a_time_zone(home: Home) -> None:
    nowhere = datetime(2090, 1, 1)  # noqa: DTZ001
    for new in (
        NewApiKey(name="x", scopes=[]),
        NewApiKey(name="x", scopes=["admin:read"], expires_at=nowhere),
    ):
        with pytest.raises(DomainError):
            async with acting(home) as work:
                await create_api_key(work, new)


@asynchronous
async def test_an_expired_key_opens_nothing(home: Home, clock: FrozenClock) -> None:
    # The database compares with its own clock, so the end lies in the future of the frozen one and in the past of the real one.
    made = await make_key(home, "admin:read", expires_at=clock.now() + timedelta(minutes=1))
    with pytest.raises(KeyRefused):
        await opens(home, made.secret)
    lasting = await make_key(home, "admin:read", expires_at=datetime.now(UTC) + timedelta(days=1))
    assert "users:read" in await opens(home, lasting.secret)


@asynchronous
async def test_a_revoked_key_is_dead_at_once_and_stays_in_the_list(home: Home) -> None:
    made = await make_key(home, "admin:read")
    await opens(home, made.secret)
    async with acting(home) as work:
        assert await revoke_api_key(work, made.key.id)
        assert not await revoke_api_key(work, made.key.id)
        assert (await get_api_key(work, str(made.key.id))).revoked_at == work.now
        assert made.key.id in [key.id for key in (await list_api_keys(work, FIRST)).keys]
    with pytest.raises(KeyRefused):
        await opens(home, made.secret)
    assert len(await events_of(home, "apikey.revoked")) == 1


@asynchronous
async def test_a_key_that_is_not_there_cannot_be_revoked(home: Home) -> None:
    async with acting(home) as work:
        with pytest.raises(KeyNotFound):
            await revoke_api_key(work, uuid4())
        with pytest.raises(KeyNotFound):
            await get_api_key(work, "nonsense")


@asynchronous
async def test_nobody_makes_a_key_that_may_more_than_they_may(home: Home) -> None:
    for scope in ("admin:write", "admin:users", "admin:read"):
        with pytest.raises(Escalation) as refused:
            async with acting(home, "apikeys:write", "users:read") as work:
                await create_api_key(work, NewApiKey(name="x", scopes=["internal_user_mgt_list", scope]))
        assert scope in refused.value.fields["scopes"]
    async with acting(home, "apikeys:write", "users:read") as work:
        await create_api_key(work, NewApiKey(name="x", scopes=["internal_user_mgt_list"]))


@asynchronous
async def test_nobody_revokes_a_key_that_may_more_than_they_may(home: Home) -> None:
    strong, weak = await make_key(home, "admin:write"), await make_key(home, "admin:read")
    may = ("apikeys:write", *sorted(permissions_of(("admin:read",))))
    with pytest.raises(Escalation) as refused:
        async with acting(home, *may) as work:
            await revoke_api_key(work, strong.key.id)
    assert "take away" in refused.value.fields["key"]
    assert await opens(home, strong.secret)
    async with acting(home, *may) as work:
        assert await revoke_api_key(work, weak.key.id)


@asynchronous
async def test_keys_ask_for_their_permissions(home: Home) -> None:
    made = await make_key(home, "admin:read")
    async with acting(home, "users:read") as work:
        with pytest.raises(MissingPermission):
            await create_api_key(work, NewApiKey(name="x", scopes=["admin:read"]))
        with pytest.raises(MissingPermission):
            await revoke_api_key(work, made.key.id)
        with pytest.raises(MissingPermission):
            await list_api_keys(work, FIRST)


@asynchronous
async def test_a_neighbours_key_is_neither_seen_nor_revoked(home: Home, neighbour: Home) -> None:
    theirs = await make_key(neighbour, "admin:read")
    async with acting(home) as work:
        with pytest.raises(KeyNotFound):
            await revoke_api_key(work, theirs.key.id)
        assert theirs.key.id not in [key.id for key in (await list_api_keys(work, FIRST)).keys]
    with pytest.raises(KeyRefused):
        await opens(home, theirs.secret)
    assert await opens(neighbour, theirs.secret)


@asynchronous
async def test_a_person_who_may_not_change_settings_makes_no_key_with_higher_rates_than_usual(
    home: Home,
) -> None:
    own = ("apikeys:write", "audit:read", "audit:export")
    new = NewApiKey(
        name="x", scopes=["admin:audit"], read_rate=DEFAULT_READ_RATE + 1, write_rate=DEFAULT_WRITE_RATE + 1
    )
    with pytest.raises(DomainError) as refused:
        async with acting(home, *own) as work:
            await create_api_key(work, new)
    assert set(refused.value.fields) == {"readRate", "writeRate"}
    async with acting(home, *own, "settings:write") as work:
        await create_api_key(work, new)
    usual = NewApiKey(
        name="x", scopes=["admin:audit"], read_rate=DEFAULT_READ_RATE, write_rate=DEFAULT_WRITE_RATE
    )
    async with acting(home, *own) as work:
        await create_api_key(work, usual)


@asynchronous
async def test_what_a_maker_loses_stays_with_the_key_until_it_is_revoked(home: Home) -> None:
    maker = (await home.user(roles=["tenant_admin"])).user
    actor = Actor(ActorKind.USER, maker.id, permissions=frozenset({"*"}))
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        made = await create_api_key(work, NewApiKey(name="x", scopes=["admin:audit"]))
    async with acting(home) as work:
        await replace_user_roles(work, maker.id, [])
    assert await opens(home, made.secret) == {"audit:read", "audit:export"}


@asynchronous
async def test_makers_are_named_to_those_who_may_see_them(home: Home) -> None:
    ann = (await home.user("ann@example.com", name="Ann")).user
    made = await make_key(home, "admin:read")
    by_ann = msgspec.structs.replace(made.key, created_by=ann.id)
    by_key = msgspec.structs.replace(made.key, created_by=made.key.id)
    async with acting(home, "apikeys:read", "users:read") as work:
        assert await find_makers(work, [by_ann, by_key, made.key]) == {
            ann.id: Maker("user", "Ann"),
            made.key.id: Maker("api_key", "sync"),
        }
    async with acting(home, "apikeys:read") as work:
        assert await find_makers(work, [by_ann]) == {ann.id: Maker("user", None)}
    async with acting(home, "users:read") as work:
        with pytest.raises(MissingPermission):
            await find_makers(work, [by_ann])
