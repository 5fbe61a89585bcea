"""Searching the members of a group finds the same ones whether each is looked at or all users are searched first."""

from uuid import UUID

import pytest

from tenantry.domain.groups.actions import add_members, create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.groups.queries import MEMBERS, find_members, list_members
from tenantry.domain.users import finding
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
PEOPLE = ("ann@example.com", "anna@example.com", "bob@example.com", "100%@example.com")


async def team(home: Home) -> UUID:
    """A group of all these people."""
    people = [await home.user(email) for email in PEOPLE]
    async with home.works.write(home.opener()) as work:
        group_id = await create_group(work, NewGroup(name="Team", slug="team"))
        await add_members(work, "team", [str(person.user.id) for person in people])
    return group_id


async def found(home: Home, text: str, sort: str = "email") -> list[str | None]:
    async with home.works.read(home.opener()) as work:
        question = Criteria(EVERYTHING, Sort(sort), Page(20), search=text)
        group = await find_members(work, "team", text)
        return [member.email for member in (await list_members(work, group, question)).members]


@pytest.mark.parametrize("bound", [2, 3, 4, 10_000])
async def test_a_search_finds_the_same_members_however_many_there_are(
    home: Home, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    await team(home)
    await home.user("hannah@example.com")
    await home.user("1000@example.com")
    monkeypatch.setattr(finding, "COUNT_BOUND", bound)
    for sort in ("email", "name", "createdAt"):
        assert sorted(map(str, await found(home, "Ann", sort))) == ["ann@example.com", "anna@example.com"]
    assert await found(home, "ann@") == ["ann@example.com"]
    assert await found(home, "an") == ["ann@example.com", "anna@example.com"]
    assert await found(home, "00%") == ["100%@example.com"]
    assert await found(home, "hannah") == []
    assert await found(home, "example") == sorted(PEOPLE)


async def test_the_search_of_all_users_is_asked_only_for_a_large_group(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    group_id = await team(home)
    async with home.works.read(home.opener()) as work:

        async def begins_with_all(text: str) -> bool:
            group = await find_members(work, str(group_id), text)
            return group.narrowed(MEMBERS) != MEMBERS

        assert not await begins_with_all("ann")
        monkeypatch.setattr(finding, "COUNT_BOUND", 3)
        assert await begins_with_all("ann")
        assert not await begins_with_all("an"), "too short for the search inside words"
        assert not await begins_with_all("example"), "more than the search gives"
