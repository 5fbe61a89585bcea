"""One person by id or address, deleted ones only where that is asked for."""

import pytest

from tenantry.domain.directory.queries import get_person
from tenantry.domain.provisioning.actions import remove_person
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.references import parse_ref
from tests.support.access import acting
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("by_email", [False, True])
async def test_somebody_deleted_is_found_only_where_that_is_asked_for(home: Home, by_email: bool) -> None:
    ann = await home.user(roles=["auditor"])
    ref = parse_ref("Ann@Example.com" if by_email else str(ann.user.id))
    async with acting(home) as work:
        await remove_person(work, ann.user, permanent=False, from_admin_api=False)
        with pytest.raises(UserNotFound):
            await get_person(work, ref)
        found = await get_person(work, ref, with_deleted=True)
    assert (found.user.id, found.user.deleted_at is not None) == (ann.user.id, True)
    assert b"auditor" in bytes(found.roles)


async def test_somebody_deleted_for_good_is_found_no_more(home: Home) -> None:
    ann = await home.user()
    async with acting(home) as work:
        await remove_person(work, ann.user, permanent=True, from_admin_api=False)
        with pytest.raises(UserNotFound):
            await get_person(work, parse_ref(str(ann.user.id)), with_deleted=True)
