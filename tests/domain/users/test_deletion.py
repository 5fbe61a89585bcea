"""Deleted people: who can be restored, whose identifiers are free, and how somebody goes for good."""

from datetime import timedelta

import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.directory.queries import get_person
from tenantry.domain.provisioning.actions import remove_person, restore_person
from tenantry.domain.users.errors import IdentifierTaken, UserNotFound
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tests.support.access import events_of
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


async def delete(home: Home, person: Person, *, permanent: bool = False) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None), with_deleted=True)
        await remove_person(work, user, permanent=permanent, from_admin_api=False)


async def restore(home: Home, person: Person, reason: str | None = None) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None), with_deleted=True)
        await restore_person(work, user, reason)


async def found(home: Home, person: Person) -> Person:
    async with home.works.read(home.opener()) as work:
        return await get_person(work, UserRef(person.user.id, None))


async def test_the_identifiers_of_a_restorable_person_are_held_back(home: Home) -> None:
    ann = await home.user("ann@example.com", username="ann", phone="+12015550123")
    await delete(home, ann)
    for taken in ({"email": "ANN@example.com"}, {"username": "Ann"}, {"phone": "+12015550123"}):
        with pytest.raises(IdentifierTaken):
            await home.user(**{"email": "other@example.com", **taken})
    await restore(home, ann)
    assert (await found(home, ann)).user.email == "ann@example.com"


async def test_a_tenant_may_free_them_and_a_restore_takes_them_back(home: Home) -> None:
    await change(home, "deletion", keepIdentifiers=False)
    ann = await home.user("ann@example.com", username="ann", phone="+12015550123")
    await delete(home, ann)
    second = await home.user("ann@example.com", username="ann", phone="+12015550123")
    with pytest.raises(IdentifierTaken):
        await restore(home, ann)
    await delete(home, second, permanent=True)
    await restore(home, ann)
    back = (await found(home, ann)).user
    assert (back.email, back.username, back.phone) == ("ann@example.com", "ann", "+12015550123")
    with pytest.raises(IdentifierTaken):
        await home.user("ann@example.com")


async def test_somebody_with_nothing_but_a_number_can_be_deleted_and_restored(home: Home) -> None:
    await change(home, "deletion", keepIdentifiers=False)
    ann = await home.user(None, phone="+12015550123")
    await delete(home, ann)
    await restore(home, ann)
    assert (await found(home, ann)).user.phone == "+12015550123"


async def test_why_somebody_was_restored_is_kept_in_the_event(home: Home) -> None:
    ann = await home.user()
    for reason in ("Deleted by mistake", None):
        await delete(home, ann)
        await restore(home, ann, reason)
    told = [data for _, data in await events_of(home, "user.restored")]
    assert told == [{"reason": "Deleted by mistake"}, {"reason": None}]


async def test_a_deleted_person_is_not_found(home: Home) -> None:
    ann = await home.user()
    await delete(home, ann)
    with pytest.raises(UserNotFound):
        await found(home, ann)


async def test_the_end_of_a_deletion_is_the_tenants_retention(home: Home, clock: FrozenClock) -> None:
    await change(home, "deletion", retentionDays=7)
    ann = await home.user()
    await delete(home, ann)
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select purge_at from users") == clock.now() + timedelta(days=7)
