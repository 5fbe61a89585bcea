"""Resetting the factors of a user."""

from typing import Any

import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.factors.actions import reset_factors
from tenantry.domain.factors.queries import list_factors
from tenantry.domain.users.actions import set_mfa_facts
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.ids import new_id
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def with_factors(home: Home, *kinds: str) -> Person:
    person = await home.user()
    async with home.works.write(home.opener()) as work:
        for kind in kinds:
            await work.db.run(
                "insert into factors (id, user_id, kind, secret, created_at) values (%s, %s, %s, %s, %s)",
                (new_id(), person.user.id, kind, b"sealed", work.now),
            )
        await set_mfa_facts(work, person.user.id, enabled=True)
    return person


async def reset(home: Home, person: Person) -> int:
    async with home.works.write(home.opener()) as work:
        return await reset_factors(work, await get_user_for_change(work, UserRef(person.user.id, None)))


async def kinds_of(home: Home, person: Person) -> list[str]:
    async with home.works.read(home.opener()) as work:
        return [factor.kind for factor in await list_factors(work, person.user.id)]


async def resets_told(home: Home) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all("select data from events where type = 'mfa.factor_admin_reset' order by id")


async def test_a_reset_removes_every_factor_and_says_which(home: Home) -> None:
    ann = await with_factors(home, "totp", "passkey", "backup_codes")
    assert await kinds_of(home, ann) == ["totp", "passkey", "backup_codes"]
    assert await reset(home, ann) == 3
    assert await kinds_of(home, ann) == []
    async with home.works.read(home.opener()) as work:
        assert not (await get_user(work, UserRef(ann.user.id, None))).mfa_enabled
    assert await resets_told(home) == [({"count": 3, "removed": ["backup_codes", "passkey", "totp"]},)]


async def test_a_second_reset_changes_nothing_and_is_told_all_the_same(home: Home) -> None:
    ann = await with_factors(home, "totp")
    await reset(home, ann)
    async with home.works.read(home.opener()) as work:
        before = await get_user(work, UserRef(ann.user.id, None))
    assert await reset(home, ann) == 0
    async with home.works.read(home.opener()) as work:
        assert await get_user(work, UserRef(ann.user.id, None)) == before
    assert [row[0]["count"] for row in await resets_told(home)] == [1, 0]


async def test_the_neighbours_factors_stay(home: Home, neighbour: Home) -> None:
    ann = await with_factors(home, "totp")
    theirs = await with_factors(neighbour, "totp")
    await reset(home, ann)
    assert await kinds_of(neighbour, theirs) == ["totp"]
    assert await kinds_of(home, theirs) == []
    assert await resets_told(neighbour) == []
