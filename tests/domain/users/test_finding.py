"""Finding people by what somebody typed: ids, addresses and usernames."""

import pytest

from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.finding import MOST_USERS, find_identified_ids
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import FieldError
from tests.support.access import acting
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def test_people_are_found_by_id_address_and_username_each_once(home: Home, neighbour: Home) -> None:
    ann = (await home.user("ann@example.com", username="Ann")).user
    bob = (await home.user("bob@example.com")).user
    await neighbour.user("eve@example.com", username="eve")
    async with acting(home) as work:
        typed = ["ANN", "Ann@Example.com", str(ann.id).upper(), "bob@example.com"]
        assert set(await find_identified_ids(work, typed, "people")) == {ann.id, bob.id}
        with pytest.raises(FieldError) as refused:
            await find_identified_ids(work, ["ann", "eve", "eve@example.com", "\x00"], "people")
    assert refused.value.reason == "unknown: eve, eve@example.com, \x00"
    assert refused.value.field == "people"


async def test_deleted_people_are_nobody(home: Home) -> None:
    ann = (await home.user("ann@example.com", username="ann")).user
    async with acting(home) as work:
        await remove_user(work, await get_user_for_change(work, UserRef(ann.id, None)), permanently=False)
    async with acting(home) as work:
        for text in ("ann", str(ann.id)):
            with pytest.raises(FieldError):
                await find_identified_ids(work, [text], "people")


async def test_a_call_has_a_bound_and_asks_for_its_permission(home: Home) -> None:
    async with acting(home) as work:
        with pytest.raises(FieldError):
            await find_identified_ids(work, ["x"] * (MOST_USERS + 1), "people")
    async with acting(home, "groups:read") as work:
        with pytest.raises(MissingPermission):
            await find_identified_ids(work, [], "people")
