"""What the next sign-in asks for, switched on and off long after somebody was created."""

from typing import Any

import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import get_person
from tenantry.domain.provisioning.actions import change_person
from tenantry.domain.roles.guards import StrongerUser
from tenantry.domain.users.model import UserChanges
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.permissions import MissingPermission
from tests.support.access import acting, events_of
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
DEMANDS = ("must_change_password", "must_enrol_mfa")


async def switch(home: Home, person: Person, *permissions: str, **fields: bool) -> bool:
    async with acting(home, *permissions) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        return await change_person(work, user, UserChanges(**fields))  # type: ignore[arg-type]


async def demands(home: Home, person: Person) -> tuple[bool, bool]:
    async with home.works.read(home.opener()) as work:
        user = (await get_person(work, UserRef(person.user.id, None))).user
    return user.must_change_password, user.must_enrol_mfa


async def last_change(home: Home) -> Any:
    async with acting(home) as work:
        return await work.db.value(
            "select personal -> 'changes' from events where type = 'user.updated' order by id desc limit 1"
        )


async def test_each_is_switched_on_and_off_and_told_with_before_and_after(
    home: Home, neighbour: Home
) -> None:
    ann, theirs = await home.user(), await neighbour.user()
    assert await switch(home, ann, must_change_password=True)
    assert await demands(home, ann) == (True, False)
    assert await last_change(home) == {"must_change_password": {"from": False, "to": True}}
    assert await switch(home, ann, must_enrol_mfa=True)
    assert await demands(home, ann) == (True, True)
    assert await switch(home, ann, must_change_password=False)
    assert await demands(home, ann) == (False, True)
    assert await last_change(home) == {"must_change_password": {"from": True, "to": False}}
    assert await demands(neighbour, theirs) == (False, False)


@pytest.mark.parametrize("field", DEMANDS)
async def test_what_holds_already_is_left_alone_and_not_recorded(home: Home, field: str) -> None:
    ann = await home.user("ann@example.com", **{field: True})
    assert not await switch(home, ann, **{field: True})
    assert await events_of(home, "user.updated") == []


async def test_another_change_leaves_them_as_they_are(home: Home) -> None:
    ann = await home.user(must_change_password=True, must_enrol_mfa=True)
    async with acting(home) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        await change_person(work, user, UserChanges(name="Ann"))
    assert await demands(home, ann) == (True, True)


async def test_no_session_ends(home: Home) -> None:
    ann = await home.user()
    await switch(home, ann, must_change_password=True)
    async with acting(home) as work:
        assert await work.db.value("select credential_epoch from users where id = %s", (ann.user.id,)) == 0


@pytest.mark.parametrize("field", DEMANDS)
async def test_it_takes_the_right_and_spares_who_may_do_more(home: Home, field: str) -> None:
    ann, boss = await home.user(), await home.user("boss@example.com", roles=["tenant_admin"])
    with pytest.raises(MissingPermission):
        await switch(home, ann, "users:read", **{field: True})
    with pytest.raises(StrongerUser):
        await switch(home, boss, "users:read", "users:update", **{field: True})
    assert await switch(home, ann, "users:read", "users:update", **{field: True})
    assert await demands(home, boss) == (False, False)
