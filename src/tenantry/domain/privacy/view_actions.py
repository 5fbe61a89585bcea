"""What saved views say of a person who is erased: in their name, in what they look for, and that they were the person's.

The person's own go, shared or not. Those of others that name the person lose their search, or their name.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

import msgspec

from tenantry.domain.privacy.job_actions import REDACTED
from tenantry.domain.privacy.rules import Names
from tenantry.domain.saved_views.events import (
    SavedViewDeleted,
    SavedViewShared,
    SavedViewUnshared,
    SavedViewUpdated,
)
from tenantry.domain.users import permissions as users
from tenantry.kernel.work import ReadWork, Work

UNTITLED = "Untitled view"
SEARCH = "search"
TOLD = [one.type for one in (SavedViewShared, SavedViewUnshared, SavedViewUpdated, SavedViewDeleted)]


class View(msgspec.Struct, frozen=True):
    """As much of a view as can name somebody."""

    id: UUID
    owner: UUID | None
    list_name: str
    name: str
    query: str
    shared: bool


async def forget_views(work: Work, user_id: UUID, names: Names) -> list[UUID]:
    """Deletes the shared views of a person, and takes the person out of those of others. Gives the views, also
    those that are gone long since, of which the audit log tells with such a name or search.

    The private ones go with the person.
    """
    work.require(users.DELETE)
    told = await _list_told(work, names)
    await _remove_shared(work, user_id, names)
    found = await _list_naming(work, user_id, names)
    # Once more, now that nobody else can write them.
    rows = await work.db.all(
        """
        select id, owner, list_name, name, query, shared
        from saved_views
        where id = any (%s)
        order by id
        for update
        """,
        (found,),
    )
    if rows:
        await _forget(work, [View(*row) for row in rows], names)
    return told


async def _remove_shared(work: Work, user_id: UUID, names: Names) -> None:
    rows = await work.db.all(
        """
        delete from saved_views
        where owner = %s
          and shared
        returning id, list_name, name
        """,
        (user_id,),
    )
    for view_id, list_name, name in rows:
        kept = REDACTED if names.stand_in(name) else name
        work.record(SavedViewDeleted(target_id=view_id, data={"list": list_name}, personal={"name": kept}))


async def _list_naming(work: ReadWork, user_id: UUID, names: Names) -> list[UUID]:
    views = work.db.stream(
        """
        select id, name, query
        from saved_views
        where owner is distinct from %s
        """,
        (user_id,),
    )
    return [id_ async for id_, name, query in views if names.stand_in(name) or _looks_for(names, query)]


async def _list_told(work: ReadWork, names: Names) -> list[UUID]:
    events = work.db.stream(
        """
        select target_id, personal - 'actor'
        from events
        where type = any (%s)
        """,
        (TOLD,),
    )
    found = {target async for target, personal in events if _tells(names, personal or {})}
    return sorted(found)


async def _forget(work: Work, views: Sequence[View], names: Names) -> None:
    free = await _free_names(work, [one for one in views if names.stand_in(one.name)])
    changed = [(one, _nameless(one, names, free)) for one in views]
    changed = [(before, after) for before, after in changed if before != after]
    if not changed:
        return
    await work.db.run(
        """
        update saved_views v
        set name = n.name,
            query = n.query,
            updated_at = %s
        from unnest(%s::uuid[], %s::text[], %s::text[]) as n(id, name, query)
        where v.id = n.id
        """,
        (
            work.now,
            [after.id for _, after in changed],
            [after.name for _, after in changed],
            [after.query for _, after in changed],
        ),
    )
    for before, after in changed:
        if before.shared:
            _record(work, before, after)


def _record(work: Work, before: View, after: View) -> None:
    changed = [one for one in ("name", "query") if getattr(before, one) != getattr(after, one)]
    changes = {one: {"from": REDACTED, "to": getattr(after, one)} for one in changed}
    personal = {"name": after.name, "changes": changes}
    work.record(SavedViewUpdated(target_id=after.id, data={"list": after.list_name}, personal=personal))


def _nameless(view: View, names: Names, free: Mapping[UUID, str]) -> View:
    query = _without_search(view.query) if _looks_for(names, view.query) else view.query
    return msgspec.structs.replace(view, name=free.get(view.id, view.name), query=query)


async def _free_names(work: ReadWork, views: Sequence[View]) -> dict[UUID, str]:
    """For each view a name that says nothing and that no other view of the same owner and list has."""
    if not views:
        return {}
    rows = await work.db.all(
        """
        select owner, list_name, name
        from saved_views
        where starts_with(name, %s)
        """,
        (UNTITLED,),
    )
    taken = set(rows)
    free: dict[UUID, str] = {}
    for view in views:
        free[view.id] = next(name for name in _untitled() if (view.owner, view.list_name, name) not in taken)
        taken.add((view.owner, view.list_name, free[view.id]))
    return free


def _untitled() -> Iterator[str]:
    yield UNTITLED
    number = 2
    while True:
        yield f"{UNTITLED} {number}"
        number += 1


def _looks_for(names: Names, query: str) -> bool:
    return any(names.are_sought(value) for name, value in parse_qsl(query) if name == SEARCH)


def _without_search(query: str) -> str:
    kept = (part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != SEARCH)
    return "&".join(kept)


def _tells(names: Names, personal: dict[str, Any]) -> bool:
    """Whether an event says the name or query of a view that names the person; `changes` is text once it was erased."""
    changes = personal.get("changes")
    changed = changes if isinstance(changes, dict) else {}
    titles = [personal.get("name"), *changed.get("name", {}).values()]
    queries = changed.get("query", {}).values()
    return any(names.stand_in(one) for one in titles) or any(_looks_for(names, one) for one in queries)
