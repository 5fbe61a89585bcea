"""Views of a list: whose they are, who sees them, and who may change them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.saved_views.actions import change_saved_view, create_saved_view, remove_saved_view
from tenantry.domain.saved_views.errors import (
    OnlyForPeople,
    SavedViewNameTaken,
    SavedViewNotFound,
    TooManySavedViews,
)
from tenantry.domain.saved_views.model import MOST_OF_ONE_PERSON, ListName, NewView, SavedView, ViewChanges
from tenantry.domain.saved_views.queries import get_saved_view, list_saved_views
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.errors import DomainError
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tenantry.kernel.work import Work
from tests.conftest import NOW
from tests.support.access import user_id
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
READER, EDITOR, ADMIN = (
    ("users:read",),
    ("users:read", "users:update"),
    ("users:read", "users:update", "settings:write"),
)
SUSPENDED = "status=suspended&sort=name"


@asynccontextmanager
async def as_person(home: Home, person: UUID, *permissions: str) -> AsyncIterator[Work]:
    """A unit of work of one person."""
    actor = Actor(ActorKind.USER, person, "somebody", frozenset(permissions or READER))
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        yield work


async def kept(home: Home, person: UUID, name: str = "Suspended", **fields: Any) -> UUID:
    """A new view's id."""
    new = NewView(**{"list_name": "users", "name": name, "query": SUSPENDED, **fields})
    async with as_person(home, person, *EDITOR) as work:
        return await create_saved_view(work, new)


async def seen(home: Home, person: UUID) -> list[SavedView]:
    async with as_person(home, person) as work:
        return await list_saved_views(work, "users")


async def names(home: Home, person: UUID) -> list[str]:
    return [view.name for view in await seen(home, person)]


async def change(home: Home, person: UUID, view: UUID, *permissions: str, **changes: Any) -> None:
    async with as_person(home, person, *permissions) as work:
        await change_saved_view(work, view, ViewChanges(**changes))


async def remove(home: Home, person: UUID, view: UUID, *permissions: str) -> None:
    async with as_person(home, person, *permissions) as work:
        await remove_saved_view(work, view)


async def told(home: Home, kind: str) -> list[tuple[UUID, dict[str, Any], dict[str, Any]]]:
    """Target of every event of a kind, what it says for ever, and what can be erased; oldest first."""
    async with home.works.read(home.opener()) as work:
        return await work.db.all(
            "select target_id, data, personal - 'actor' from events where type = %s order by id",
            (f"saved_view.{kind}",),
        )


async def two(home: Home) -> tuple[UUID, UUID]:
    return await user_id(home, "ann@example.com"), await user_id(home, "bob@example.com")


async def test_a_view_is_shown_as_it_was_kept(home: Home) -> None:
    ann = await user_id(home)
    view_id = await kept(home, ann, columns=["name", "status"])
    view = SavedView(
        view_id,
        ListName.USERS,
        "Suspended",
        SUSPENDED,
        ["name", "status"],
        False,
        ann,
        "ann@example.com",
        NOW,
        NOW,
    )
    assert await seen(home, ann) == [view]
    async with as_person(home, ann) as work:
        assert await get_saved_view(work, view_id) == view


async def test_a_private_view_is_its_owners_alone_whatever_others_may_do(home: Home) -> None:
    ann, bob = await two(home)
    view = await kept(home, ann)
    assert await seen(home, bob) == []
    with pytest.raises(SavedViewNotFound):
        await change(home, bob, view, *ADMIN, name="Mine")
    with pytest.raises(SavedViewNotFound):
        await remove(home, bob, view, *ADMIN)
    async with as_person(home, bob, *ADMIN) as work:
        with pytest.raises(SavedViewNotFound):
            await get_saved_view(work, view)
    assert await names(home, ann) == ["Suspended"]


async def test_a_shared_view_is_seen_by_everybody_who_sees_the_list(home: Home) -> None:
    ann, bob = await two(home)
    view = await kept(home, ann, shared=True)
    (shown,) = await seen(home, bob)
    assert (shown.id, shown.shared, shown.owner, shown.owner_label) == (view, True, ann, "ann@example.com")
    async with as_person(home, bob, "groups:read") as work:
        with pytest.raises(MissingPermission):
            await list_saved_views(work, "users")


async def test_ones_own_views_come_first_and_each_part_by_name(home: Home) -> None:
    ann, bob = await two(home)
    for name in ("b", "A", "c"):
        await kept(home, ann, name, shared=True)
    for name in ("z", "Y"):
        await kept(home, bob, name)
    assert await names(home, bob) == ["Y", "z", "A", "b", "c"]
    assert await names(home, ann) == ["A", "b", "c"]


async def test_the_owner_changes_a_view(home: Home, clock: FrozenClock) -> None:
    ann = await user_id(home)
    view = await kept(home, ann)
    clock.advance(timedelta(hours=1))
    await change(home, ann, view, name="  Blocked ", query="?status=locked", columns=["email"])
    (shown,) = await seen(home, ann)
    assert (shown.name, shown.query, shown.columns) == ("Blocked", "status=locked", ["email"])
    assert (shown.created_at, shown.updated_at) == (NOW, NOW + timedelta(hours=1))


async def test_nothing_moves_when_nothing_changes(home: Home, clock: FrozenClock) -> None:
    ann = await user_id(home)
    view = await kept(home, ann, shared=True)
    clock.advance(timedelta(hours=1))
    await change(home, ann, view, name="Suspended", shared=True)
    assert (await seen(home, ann))[0].updated_at == NOW
    assert await told(home, "updated") == []


async def test_sharing_needs_the_right_to_change_users_and_taking_back_does_not(home: Home) -> None:
    ann, bob = await two(home)
    view = await kept(home, ann)
    with pytest.raises(MissingPermission, match="users:update"):
        await change(home, ann, view, *READER, shared=True)
    async with as_person(home, ann, *READER) as work:
        with pytest.raises(MissingPermission, match="users:update"):
            await create_saved_view(work, NewView(list_name="users", name="x", query="", shared=True))
    assert await names(home, bob) == []
    await change(home, ann, view, *EDITOR, shared=True)
    assert await names(home, bob) == ["Suspended"]
    await change(home, ann, view, *READER, shared=False)
    assert await names(home, bob) == []


async def test_a_shared_view_of_somebody_else_is_changed_by_who_may_change_the_settings(home: Home) -> None:
    ann, bob = await two(home)
    view = await kept(home, ann, shared=True)
    with pytest.raises(MissingPermission, match="settings:write"):
        await change(home, bob, view, *EDITOR, name="Mine")
    with pytest.raises(MissingPermission, match="settings:write"):
        await remove(home, bob, view, *EDITOR)
    assert await names(home, ann) == ["Suspended"]
    await change(home, bob, view, *ADMIN, name="Ours")
    (shown,) = await seen(home, ann)
    assert (shown.name, shown.owner) == ("Ours", ann)
    await remove(home, bob, view, *ADMIN)
    assert await names(home, ann) == []


async def test_the_owner_deletes_a_view(home: Home) -> None:
    ann = await user_id(home)
    view = await kept(home, ann)
    await remove(home, ann, view)
    assert await seen(home, ann) == []
    with pytest.raises(SavedViewNotFound):
        await remove(home, ann, view)


async def test_the_audit_log_tells_of_shared_views_alone(home: Home) -> None:
    ann, bob = await two(home)
    view = await kept(home, ann)
    await change(home, ann, view, name="Blocked")
    await change(home, ann, view, *EDITOR, shared=True)
    await change(home, bob, view, *ADMIN, name="Ours")
    await change(home, ann, view, shared=False)
    await change(home, ann, view, *EDITOR, shared=True)
    await remove(home, ann, view)
    await remove(home, ann, await kept(home, ann))
    about, blocked, ours = {"list": "users"}, {"name": "Blocked"}, {"name": "Ours"}
    changes = {"name": {"from": "Blocked", "to": "Ours"}}
    assert await told(home, "shared") == [(view, about, blocked), (view, about, ours)]
    assert await told(home, "updated") == [(view, about, {**blocked, "changes": changes})]
    assert await told(home, "unshared") == [(view, about, ours)]
    assert await told(home, "deleted") == [(view, about, ours)]


async def test_a_person_has_one_view_of_a_name(busy_home: Home) -> None:
    home = busy_home
    ann, bob = await two(home)
    await kept(home, ann)
    await kept(home, bob)
    other = await kept(home, ann, "Other")
    with pytest.raises(SavedViewNameTaken):
        await kept(home, ann)
    with pytest.raises(SavedViewNameTaken):
        await change(home, ann, other, name="Suspended")
    assert await names(home, ann) == ["Other", "Suspended"]


async def test_every_field_that_is_wrong_is_named_and_nothing_is_kept(home: Home) -> None:
    ann = await user_id(home)
    with pytest.raises(DomainError) as refused:
        await kept(home, ann, " ", list_name="groups", query="a=%00", columns=["<b>"])
    assert set(refused.value.fields) == {"listName", "name", "query", "columns"}
    view = await kept(home, ann)
    with pytest.raises(DomainError) as refused:
        await change(home, ann, view, name="", query="%ff")
    assert set(refused.value.fields) == {"name", "query"}
    async with as_person(home, ann) as work:
        with pytest.raises(DomainError) as refused:
            await list_saved_views(work, "groups")
    assert set(refused.value.fields) == {"listName"}
    assert await names(home, ann) == ["Suspended"]


async def test_one_person_keeps_fifty_views_also_when_two_are_saved_at_once(busy_home: Home) -> None:
    home = busy_home
    ann, bob = await two(home)
    # Seven at a time, so that there are connections enough for a real race at the end.
    for first in range(0, MOST_OF_ONE_PERSON - 1, 7):
        await asyncio.gather(*(kept(home, ann, f"View {first + number}") for number in range(7)))
    assert len(await seen(home, ann)) == MOST_OF_ONE_PERSON - 1
    saved = await asyncio.gather(*(kept(home, ann, name) for name in "abc"), return_exceptions=True)
    assert [type(one) for one in saved if not isinstance(one, UUID)] == [TooManySavedViews] * 2
    assert len(await seen(home, ann)) == MOST_OF_ONE_PERSON
    await kept(home, bob)


async def test_keys_and_the_program_keep_no_views_and_see_the_shared_ones(home: Home) -> None:
    ann = await user_id(home)
    await kept(home, ann)
    await kept(home, ann, "Shared", shared=True)
    key = Actor(ActorKind.API_KEY, new_id(), "a key", frozenset({"*"}))
    async with home.works.write(OpenTenant(home.id, key)) as work:
        assert [view.name for view in await list_saved_views(work, "users")] == ["Shared"]
        with pytest.raises(OnlyForPeople):
            await create_saved_view(work, NewView(list_name="users", name="x", query=""))


async def test_who_may_not_see_users_keeps_no_view_of_them(home: Home) -> None:
    ann = await user_id(home)
    view = await kept(home, ann)
    async with as_person(home, ann, "settings:write") as work:
        with pytest.raises(MissingPermission):
            await create_saved_view(work, NewView(list_name="users", name="x", query=""))
        with pytest.raises(MissingPermission):
            await change_saved_view(work, view, ViewChanges(name="x"))
        with pytest.raises(MissingPermission):
            await remove_saved_view(work, view)
        with pytest.raises(MissingPermission):
            await get_saved_view(work, view)


async def gone_for_good(home: Home, person: UUID) -> None:
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person, None))
        await remove_user(work, user, permanently=True)


async def test_the_private_views_of_a_person_go_when_the_person_is_deleted_for_good(home: Home) -> None:
    ann, bob = await two(home)
    await kept(home, ann)
    await kept(home, bob)
    await gone_for_good(home, ann)
    async with home.works.read(home.opener()) as work:
        assert await work.db.all("select owner from saved_views") == [(bob,)]


async def test_a_shared_view_stays_when_its_owner_is_deleted_for_good(home: Home, neighbour: Home) -> None:
    ann, bob = await two(home)
    view = await kept(home, ann, shared=True)
    await kept(home, ann, name="Private")
    theirs = await kept(neighbour, await user_id(neighbour, "ann@example.com"), name="Private")
    await gone_for_good(home, ann)
    (shown,) = await seen(home, bob)
    assert (shown.id, shown.shared, shown.owner, shown.owner_label) == (view, True, None, "")
    with pytest.raises(MissingPermission):
        await remove(home, bob, view, *EDITOR)
    await change(home, bob, view, *ADMIN, name="Ours")
    with pytest.raises(DomainError) as refused:
        await change(home, bob, view, *ADMIN, shared=False)
    assert "shared" in refused.value.fields
    assert await names(home, bob) == ["Ours"]
    await remove(home, bob, view, *ADMIN)
    assert await seen(home, bob) == []
    async with neighbour.works.read(neighbour.opener()) as work:
        assert await work.db.all("select id from saved_views") == [(theirs,)]


async def test_a_neighbour_sees_and_changes_none_of_it(home: Home, neighbour: Home) -> None:
    ann = await user_id(home)
    view = await kept(home, ann, shared=True)
    carl = await user_id(neighbour, "carl@example.com")
    assert await seen(neighbour, carl) == []
    # Not even the same person's id helps on the other side of the wall.
    for person in (carl, ann):
        with pytest.raises(SavedViewNotFound):
            await change(neighbour, person, view, *ADMIN, name="Mine")
        with pytest.raises(SavedViewNotFound):
            await remove(neighbour, person, view, *ADMIN)
    assert await names(home, ann) == ["Suspended"]


async def test_the_list_takes_one_statement(home: Home) -> None:
    ann = await user_id(home)
    await kept(home, ann)
    async with as_person(home, ann) as work:
        before = work.db.statements
        await list_saved_views(work, "users")
        assert work.db.statements - before == 1
