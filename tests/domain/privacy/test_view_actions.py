"""Saved views forget an erased person: the person's own go, those of others lose what names them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.privacy.job_actions import REDACTED
from tenantry.domain.privacy.tasks import redact
from tenantry.domain.saved_views.actions import change_saved_view, create_saved_view, remove_saved_view
from tenantry.domain.saved_views.model import NewView, ViewChanges
from tenantry.kernel.jobs import TaskEnv
from tests.support.bulk_jobs import ActingAs
from tests.support.erasing import erase, rows
from tests.support.makers import Home
from tests.support.running import task_env

pytestmark = pytest.mark.asyncio


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


async def kept(home: Home, owner: Person, name: str, query: str = "", *, shared: bool = False) -> UUID:
    async with home.works.write(ActingAs(home, owner)) as work:
        return await create_saved_view(
            work, NewView(list_name="users", name=name, query=query, shared=shared)
        )


async def two(home: Home) -> tuple[Person, Person]:
    ann = await home.user(
        "ann@example.com", given_name="Ann", family_name="Secretname", name="Ann Secretname"
    )
    return ann, await home.user("bob@example.com", name="Bob Builder")


async def views(home: Home) -> list[Any]:
    return await rows(home, "select name, query from saved_views order by name")


async def told(home: Home, kind: str) -> list[Any]:
    query = "select personal - 'actor' from events where type = %s order by id"
    return [row[0] for row in await rows(home, query, f"saved_view.{kind}")]


async def test_the_views_of_an_erased_person_go_shared_or_not_and_those_of_others_stay(home: Home) -> None:
    ann, bob = await two(home)
    shared = await kept(home, ann, "Everybody", "search=carol", shared=True)
    await kept(home, ann, "Mine")
    await kept(home, bob, "Bob's", "status=suspended", shared=True)
    await erase(home, ann)
    assert await views(home) == [("Bob's", "status=suspended")]
    deleted = await rows(home, "select target_id, data from events where type = 'saved_view.deleted'")
    assert deleted == [(shared, {"list": "users"})]
    assert await told(home, "deleted") == [{"name": "Everybody"}]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("status=suspended&search=ann%40example.com&sortBy=name", "status=suspended&sortBy=name"),
        ("search=Secretname", ""),
        ("%73earch=secretname&search=x", ""),
    ],
)
async def test_a_view_of_somebody_else_loses_the_search_for_the_person(
    home: Home, query: str, left: str, shared: bool
) -> None:
    ann, bob = await two(home)
    await kept(home, bob, "Watched", query, shared=shared)
    await erase(home, ann)
    assert await views(home) == [("Watched", left)]
    changes = {"query": {"from": REDACTED, "to": left}}
    assert await told(home, "updated") == ([{"name": "Watched", "changes": changes}] if shared else [])


async def test_a_view_named_after_the_person_is_untitled_under_a_name_that_is_free(home: Home) -> None:
    ann, bob = await two(home)
    for name in ("Untitled view", "Ann Secretname", "All of ann@example.com", "Anna"):
        await kept(home, bob, name, "status=active")
    await erase(home, ann)
    names = [name for name, _ in await views(home)]
    assert names == ["Anna", "Untitled view", "Untitled view 2", "Untitled view 3"]
    assert {query for _, query in await views(home)} == {"status=active"}


async def test_a_shared_view_that_belongs_to_nobody_any_more_forgets_as_well(home: Home) -> None:
    ann, bob = await two(home)
    await kept(home, bob, "Of Secretname", "search=secretname", shared=True)
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from users where id = %s", (bob.user.id,))
    await erase(home, ann)
    assert await views(home) == [("Untitled view", "")]


async def test_a_throw_away_user_of_a_short_name_changes_no_view(home: Home) -> None:
    _, bob = await two(home)
    zz9 = await home.user(None, username="zz9", name="e", family_name="An")
    await kept(home, bob, "An e-mail list", "search=e", shared=True)
    await erase(home, zz9)
    assert await views(home) == [("An e-mail list", "search=e")]
    assert await told(home, "updated") == []


async def test_the_views_of_a_neighbour_keep_what_they_look_for(home: Home, neighbour: Home) -> None:
    ann, _ = await two(home)
    _, theirs = await two(neighbour)
    await kept(neighbour, theirs, "Secretname", "search=secretname", shared=True)
    await erase(home, ann)
    assert await views(neighbour) == [("Secretname", "search=secretname")]


async def test_nothing_in_the_audit_log_tells_of_a_view_that_named_the_person(
    home: Home, env: TaskEnv
) -> None:
    ann, bob = await two(home)
    gone = await kept(home, bob, "Secretname", "search=ann%40example.com", shared=True)
    looked = await kept(home, bob, "Looked for", "search=carol", shared=True)
    other = await kept(home, bob, "Carol", "search=carol", shared=True)
    async with home.works.write(ActingAs(home, bob)) as work:
        await remove_saved_view(work, gone)
        await change_saved_view(work, looked, ViewChanges(query="search=ann%40example.com"))
        await change_saved_view(work, looked, ViewChanges(query=""))
    await kept(home, ann, "Mine, Ann Secretname", shared=True)
    follows = await erase(home, ann)
    # The name that is taken out by the erasure itself needs no earlier entry to be found by.
    assert (await told(home, "deleted"))[-1] == {"name": REDACTED}
    await redact(env, follows)
    texts = await rows(home, "select lower(concat_ws(' ', data, personal)) from events")
    everything = " ".join(row[0] for row in texts)
    assert "secretname" not in everything
    assert "ann%40example.com" not in everything
    assert "secretname" not in str(follows).lower()
    [(personal,)] = await rows(home, "select personal from events where target_id = %s", other)
    assert personal == {"actor": "bob@example.com", "name": "Carol"}
