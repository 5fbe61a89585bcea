"""Groups and their members in the domain."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tenantry.domain.groups.actions import (
    add_members,
    add_user_groups,
    add_user_to_groups,
    change_group,
    create_group,
    remove_group,
    remove_user_group,
    replace_user_groups,
)
from tenantry.domain.groups.errors import GroupChanged, GroupNotFound, GroupSlugTaken
from tenantry.domain.groups.model import Change, GroupChanges, NewGroup
from tenantry.domain.groups.queries import GROUPS, GROUPS_AT_A_GLANCE, get_group, list_groups, list_members
from tenantry.domain.roles.actions import replace_group_roles
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.finding import ListOf
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.escalation import Escalation
from tenantry.kernel.listing import COUNT_BOUND
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import FieldError
from tests.support.access import acting, events_of, user_id, with_permissions
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
FIRST = Criteria(EVERYTHING, Sort("name"), Page(20))
NEWEST = Criteria(EVERYTHING, Sort("createdAt", descending=True), Page(20))


async def make_group(home: Home, name: str, slug: str | None = None) -> str:
    async with acting(home) as work:
        group_id = await create_group(work, NewGroup(name=name, slug=slug))
        return (await get_group(work, str(group_id))).slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Engineering", "engineering"),
        ("  Ärzte & Pfleger ", "arzte-pfleger"),
        ("Отдел продаж", "otdel-prodazh"),
        ("東京", "dongjing"),
        ("\u2063\u2063x".replace("\u2063", ""), "x"),
        ("---", "group"),
        ("5f0c0b1a-2222-4333-8444-555566667777", "group-5f0c0b1a-2222-4333-8444-555566667777"),
    ],
)
async def test_a_slug_is_made_from_a_name_of_any_script(home: Home, name: str, slug: str) -> None:
    assert await make_group(home, name) == slug


async def test_a_generated_slug_that_is_taken_gets_a_suffix(home: Home) -> None:
    assert [await make_group(home, "Sales") for _ in range(3)] == ["sales", "sales-2", "sales-3"]


async def test_a_given_slug_that_is_taken_is_refused(home: Home) -> None:
    await make_group(home, "Sales")
    async with acting(home) as work:
        with pytest.raises(GroupSlugTaken) as refused:
            await create_group(work, NewGroup(name="Other", slug="sales"))
    assert "slug" in refused.value.fields


@pytest.mark.parametrize(
    "slug", ["", "Sales", "a b", "-a", "a-", "ä", "x" * 129, "01a1fd79-fc59-7230-ae46-0510c81bfd25", "a:b"]
)
async def test_a_slug_of_another_form_is_refused(home: Home, slug: str) -> None:
    async with acting(home) as work:
        with pytest.raises(FieldError) as refused:
            await create_group(work, NewGroup(name="Sales", slug=slug))
    assert list(refused.value.fields) == ["slug"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 129, "a\nb", "a\x00b"])
async def test_a_name_has_1_to_128_printable_characters(home: Home, name: str) -> None:
    async with acting(home) as work:
        with pytest.raises(FieldError) as refused:
            await create_group(work, NewGroup(name=name))
    assert list(refused.value.fields) == ["name"]


async def test_a_change_moves_only_what_it_names(home: Home) -> None:
    slug = await make_group(home, "Sales")
    async with acting(home) as work:
        await change_group(work, slug, GroupChanges(description="Sells\nthings"))
        group = await get_group(work, slug)
        await change_group(work, slug, GroupChanges(description="Sells\nthings"))
    assert (group.name, group.slug, group.description) == ("Sales", "sales", "Sells\nthings")
    updates = await events_of(home, "group.updated")
    assert [data["changes"] for _, data in updates] == [
        {"description": {"from": None, "to": "Sells\nthings"}}
    ]


async def test_a_changed_slug_must_be_free(home: Home) -> None:
    await make_group(home, "Sales")
    other = await make_group(home, "Support")
    with pytest.raises(GroupSlugTaken):
        async with acting(home) as work:
            await change_group(work, other, GroupChanges(slug="sales"))


async def test_a_deleted_group_keeps_its_members(home: Home) -> None:
    slug = await make_group(home, "Sales")
    ann = await user_id(home, groups=["sales"])
    async with acting(home) as work:
        await remove_group(work, slug)
        assert (await get_user(work, UserRef(ann, None))).id == ann
        with pytest.raises(GroupNotFound):
            await get_group(work, slug)
    [(_, data)] = await events_of(home, "group.deleted")
    assert data == {"slug": "sales", "name": "Sales", "members": 1}


async def test_members_are_named_by_id_or_email_and_joining_twice_is_one(home: Home) -> None:
    slug = await make_group(home, "Sales")
    ann, bob = await user_id(home), await user_id(home, "bob@example.com")
    async with acting(home) as work:
        assert (await add_members(work, slug, [str(ann), "ANN@example.com"])).added == 1
        joined = await add_members(work, slug, [str(ann), "Bob@Example.com"])
        assert (joined.added, joined.already_there) == (1, 1)
        members = (await list_members(work, ListOf((await get_group(work, slug)).id), NEWEST)).members
    assert {member.id for member in members} == {ann, bob}
    assert [target for target, _ in await events_of(home, "user.group.added")] == [ann, bob]


async def test_one_unknown_member_stops_the_whole_call(home: Home) -> None:
    slug = await make_group(home, "Sales")
    await user_id(home)
    with pytest.raises(FieldError) as refused:
        async with acting(home) as work:
            await add_members(work, slug, ["ann@example.com", "nobody@example.com", "x"])
    assert refused.value.fields == {"userIds": "unknown: x, nobody@example.com"}
    async with acting(home) as work:
        assert (await get_group(work, slug)).member_count == 0


async def test_more_than_a_thousand_members_in_one_call_are_refused(home: Home) -> None:
    slug = await make_group(home, "Sales")
    async with acting(home) as work:
        with pytest.raises(FieldError) as refused:
            await add_members(work, slug, [str(uuid4()) for _ in range(1001)])
    assert "1000" in refused.value.fields["userIds"]


async def test_joining_moves_the_version_of_those_who_are_new(home: Home) -> None:
    slug = await make_group(home, "Sales")
    ann = await user_id(home)
    async with acting(home) as work:
        before = (await get_user(work, UserRef(ann, None))).version
        await add_members(work, slug, [str(ann)])
        joined = (await get_user(work, UserRef(ann, None))).version
        await add_members(work, slug, [str(ann)])
        assert (await get_user(work, UserRef(ann, None))).version == joined == before + 1


async def test_deleted_users_are_not_counted_and_not_listed_until_they_are_restored(home: Home) -> None:
    slug = await make_group(home, "Sales")
    ann = await user_id(home, groups=[slug])
    await user_id(home, "bob@example.com", groups=[slug])
    async with acting(home) as work:
        await remove_user(work, await get_user_for_change(work, UserRef(ann, None)), permanently=False)
        group = await get_group(work, slug)
        found = await list_members(work, ListOf(group.id), NEWEST)
        listed = await list_groups(work, FIRST)
    assert (group.member_count, found.page.total, len(found.members)) == (1, 1, 1)
    assert [one.member_count for one in listed.groups] == [1]


async def test_replacing_gives_and_takes_in_one_write(home: Home) -> None:
    for name in ("a", "b", "c"):
        await make_group(home, name)
    ann = await user_id(home, groups=["a", "b"])
    async with acting(home) as work:
        assert await replace_user_groups(work, ann, ["c", "b", "c"]) == Change(["c"], ["a"])
        assert not await replace_user_groups(work, ann, ["b", "c"])
        assert await replace_user_groups(work, ann, []) == Change([], ["b", "c"])
    assert [data for _, data in await events_of(home, "user.group.removed")] == [
        {"groups": ["a"]},
        {"groups": ["b", "c"]},
    ]


async def test_adding_and_removing_say_whether_anything_changed(home: Home) -> None:
    slug = await make_group(home, "Sales")
    ann = await user_id(home)
    async with acting(home) as work:
        group_id = str((await get_group(work, slug)).id)
        assert await add_user_groups(work, ann, [group_id])
        assert not await add_user_groups(work, ann, [slug])
        assert await remove_user_group(work, ann, slug)
        assert not await remove_user_group(work, ann, group_id)
        assert not await add_user_to_groups(work, ann, [])


async def test_unknown_groups_are_all_named(home: Home) -> None:
    await make_group(home, "Sales")
    ann = await user_id(home)
    missing = str(uuid4())
    with pytest.raises(FieldError) as refused:
        async with acting(home) as work:
            await replace_user_groups(work, ann, ["sales", "nope", missing])
    assert refused.value.fields == {"groups": f"unknown: nope, {missing}"}


async def test_more_than_a_hundred_groups_in_one_call_are_refused(home: Home) -> None:
    ann = await user_id(home)
    async with acting(home) as work:
        with pytest.raises(FieldError) as refused:
            await add_user_groups(work, ann, ["x"] * 101)
    assert "100" in refused.value.fields["groups"]


async def test_a_group_for_nobody_is_refused(home: Home) -> None:
    await make_group(home, "Sales")
    with pytest.raises(UserNotFound):
        async with acting(home) as work:
            await add_user_groups(work, uuid4(), ["sales"])


async def test_joining_runs_as_many_statements_for_one_as_for_many(home: Home) -> None:
    for number in range(40):
        await make_group(home, f"g{number}")
    people = [await user_id(home, f"p{number}@example.com") for number in range(40)]
    counts: set[int] = set()
    for size in (1, 39):
        async with acting(home) as work:
            start = work.db.statements
            await add_members(work, "g39", [str(person) for person in people[:size]])
            await replace_user_groups(work, people[39], [f"g{number}" for number in range(size)])
            counts.add(work.db.statements - start)
    assert counts == {4 + 3}


async def test_nobody_joins_a_group_whose_roles_grant_more_than_the_actor_has(home: Home) -> None:
    await with_permissions(home)
    slug = await make_group(home, "Admins")
    ann = await user_id(home)
    async with acting(home) as work:
        await replace_group_roles(work, (await get_group(work, slug)).id, ["auditor", "user"])
    mine = ("groups:assign", "groups:read", "users:read", "roles:read", "audit:read")
    for attempt in (
        lambda work: add_members(work, slug, [str(ann)]),
        lambda work: add_user_groups(work, ann, [slug]),
        lambda work: add_user_to_groups(work, ann, [slug]),
        lambda work: replace_user_groups(work, ann, [slug]),
    ):
        with pytest.raises(Escalation) as refused:
            async with acting(home, *mine) as work:
                await attempt(work)
        assert "admins" in refused.value.message
        assert "audit:export" in refused.value.message
    async with acting(home, *mine, "audit:export") as work:
        assert await add_user_groups(work, ann, [slug])


async def test_a_group_that_somebody_has_already_may_stay_in_a_replacement(home: Home) -> None:
    await with_permissions(home)
    slug = await make_group(home, "Admins")
    await make_group(home, "Sales")
    async with acting(home) as work:
        await replace_group_roles(work, (await get_group(work, slug)).id, ["admin"])
    ann = await user_id(home, groups=[slug])
    async with acting(home, "groups:assign") as work:
        assert await replace_user_groups(work, ann, [slug, "sales"]) == Change(["sales"], [])


async def test_each_action_asks_for_its_permission(home: Home) -> None:
    slug = await make_group(home, "Sales")
    ann = await user_id(home)
    for attempt in (
        lambda work: create_group(work, NewGroup(name="x")),
        lambda work: change_group(work, slug, GroupChanges(name="x")),
        lambda work: remove_group(work, slug),
        lambda work: add_members(work, slug, []),
        lambda work: add_user_groups(work, ann, [slug]),
        lambda work: remove_user_group(work, ann, slug),
        lambda work: replace_user_groups(work, ann, []),
        lambda work: get_group(work, slug),
    ):
        with pytest.raises(MissingPermission):
            async with acting(home, "users:read") as work:
                await attempt(work)


async def test_a_neighbour_with_the_same_group_is_neither_seen_nor_moved(home: Home, neighbour: Home) -> None:
    for tenant in (home, neighbour):
        await make_group(tenant, "Sales")
    theirs = await user_id(neighbour, groups=["sales"])
    ann = await user_id(home, groups=["sales"])
    async with acting(neighbour) as work:
        their_group = (await get_group(work, "sales")).id
    with pytest.raises(FieldError):
        async with acting(home) as work:
            await add_members(work, "sales", [str(theirs)])
    with pytest.raises(GroupNotFound):
        async with acting(home) as work:
            await add_members(work, str(their_group), [str(ann)])
    with pytest.raises(UserNotFound):
        async with acting(home) as work:
            await add_user_groups(work, theirs, ["sales"])
    async with acting(home) as work:
        await replace_user_groups(work, theirs, [])
        await remove_group(work, "sales")
    async with acting(neighbour) as work:
        assert (await get_group(work, "sales")).member_count == 1


async def test_a_change_made_for_an_earlier_state_is_refused(home: Home, clock: FrozenClock) -> None:
    slug = await make_group(home, "Sales")
    async with acting(home) as work:
        seen = (await get_group(work, slug)).updated_at
    clock.advance(timedelta(seconds=1))
    async with acting(home) as work:
        await change_group(work, slug, GroupChanges(name="First"), seen)
    with pytest.raises(GroupChanged):
        async with acting(home) as work:
            await change_group(work, slug, GroupChanges(name="Second"), seen)
    async with acting(home) as work:
        assert (await get_group(work, slug)).name == "First"


async def test_at_a_glance_members_are_counted_to_a_bound(home: Home) -> None:
    slug = await make_group(home, "Sales")
    for name in ("ann", "bob", "eve"):
        await user_id(home, f"{name}@example.com", groups=[slug])
    async with acting(home) as work:
        assert (await list_groups(work, FIRST, at_a_glance=True)).groups[0].member_count == 3
        assert (await get_group(work, slug, at_a_glance=True)).member_count == 3
    assert f"limit {COUNT_BOUND + 1}" in GROUPS_AT_A_GLANCE.columns
    assert "limit" not in GROUPS.columns
