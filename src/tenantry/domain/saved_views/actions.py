"""What can be done with saved views. Writes `saved_views`.

Whoever sees a list may keep views of it; whoever may change users may share theirs. A shared view is changed and deleted by its
owner, and by who may change the settings of the tenant. It stays when its owner is gone for good, and goes when they are erased.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.saved_views.errors import OnlyForPeople, SavedViewNameTaken, TooManySavedViews
from tenantry.domain.saved_views.events import (
    SavedViewDeleted,
    SavedViewShared,
    SavedViewUnshared,
    SavedViewUpdated,
)
from tenantry.domain.saved_views.model import MOST_OF_ONE_PERSON, NewView, SavedView, ViewChanges
from tenantry.domain.saved_views.queries import get_saved_view_for_change
from tenantry.domain.saved_views.rules import checked_columns, checked_list, checked_name, checked_query
from tenantry.domain.tenants import permissions as tenants
from tenantry.domain.users import permissions as users
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.events import changes as differences
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.problems import FieldError, Problems
from tenantry.kernel.work import Work

NAME = "saved_views_name"
CHECKS = {"name": checked_name, "query": checked_query, "columns": checked_columns}


async def create_saved_view(work: Work, new: NewView) -> UUID:
    """Keeps a view for the actor and gives its id.

    Raises DomainError naming every field that is wrong, MissingPermission for who may not share, OnlyForPeople,
    TooManySavedViews and SavedViewNameTaken.
    """
    work.require(users.READ)
    if new.shared:
        work.require(users.UPDATE)
    owner = _owner(work)
    fields = _checked(
        {"list_name": new.list_name, "name": new.name, "query": new.query, "columns": new.columns}
    )
    await _refuse_too_many(work, owner)
    view_id = new_id()
    with _named():
        await work.db.run(
            """
            insert into saved_views (id, owner, list_name, name, query, columns, shared, created_at, updated_at)
            values (%(id)s, %(owner)s, %(list_name)s, %(name)s, %(query)s, %(columns)s, %(shared)s, %(now)s, %(now)s)
            """,
            {"id": view_id, "owner": owner, **fields, "shared": new.shared, "now": work.now},
        )
    if new.shared:
        data, personal = {"list": fields["list_name"].value}, {"name": fields["name"]}
        work.record(SavedViewShared(target_id=view_id, data=data, personal=personal))
    return view_id


async def change_saved_view(work: Work, view_id: UUID, changes: ViewChanges) -> None:
    """Lays the changes over the view: its name, what it shows, and whether it is shared.

    Raises SavedViewNotFound, MissingPermission for the shared view of somebody else and for who may not share, DomainError naming
    every field that is wrong, SavedViewNameTaken, and FieldError for making private what is nobody's own.
    """
    work.require(users.READ)
    before = await _own_or_shared(work, view_id)
    wanted = {
        name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET
    }
    after = msgspec.structs.replace(before, **_checked(wanted))
    if after.shared and not before.shared:
        work.require(users.UPDATE)
    if after == before:
        return
    if before.owner is None and not after.shared:
        raise FieldError("shared", "this view belongs to nobody any more; it stays shared, or is deleted")
    with _named():
        await work.db.run(
            """
            update saved_views
            set name = %s,
                query = %s,
                columns = %s,
                shared = %s,
                updated_at = %s
            where id = %s
            """,
            (after.name, after.query, after.columns, after.shared, work.now, view_id),
        )
    _record_change(work, before, after)


async def remove_saved_view(work: Work, view_id: UUID) -> None:
    """Deletes the view. Raises SavedViewNotFound, and MissingPermission for the shared view of somebody else."""
    work.require(users.READ)
    view = await _own_or_shared(work, view_id)
    await work.db.run("delete from saved_views where id = %s", (view_id,))
    if view.shared:
        work.record(SavedViewDeleted(target_id=view_id, **_facts(view)))


def _record_change(work: Work, before: SavedView, after: SavedView) -> None:
    if after.shared and not before.shared:
        work.record(SavedViewShared(target_id=after.id, **_facts(after)))
    elif after.shared:
        found = differences(before, after, tuple(CHECKS))
        work.record(SavedViewUpdated(target_id=after.id, **_facts(before, changes=found)))
    elif before.shared:
        work.record(SavedViewUnshared(target_id=after.id, **_facts(before)))


def _facts(view: SavedView, **personal: Any) -> dict[str, Any]:
    return {"data": {"list": view.list_name.value}, "personal": {"name": view.name, **personal}}


def _owner(work: Work) -> UUID:
    if work.actor.kind is not ActorKind.USER or work.actor.id is None:
        raise OnlyForPeople
    return work.actor.id


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are stored. Raises one DomainError that names all that are wrong."""
    problems = Problems()
    checks = CHECKS | {"list_name": checked_list}
    found = {
        name: problems.attempt(checks[name], value) if name in checks else value
        for name, value in fields.items()
    }
    problems.raise_if_any()
    return found


async def _own_or_shared(work: Work, view_id: UUID) -> SavedView:
    view = await get_saved_view_for_change(work, view_id)
    if work.actor.kind is not ActorKind.USER or view.owner != work.actor.id:
        work.require(tenants.SETTINGS_WRITE)
    return view


async def _refuse_too_many(work: Work, owner: UUID) -> None:
    """The owner is locked first, so that of two views at once the second is counted with the first."""
    await work.db.run("select from users where id = %s for no key update", (owner,))
    count: int = await work.db.value("select count(*) from saved_views where owner = %s", (owner,))
    if count >= MOST_OF_ONE_PERSON:
        raise TooManySavedViews


@contextmanager
def _named() -> Iterator[None]:
    """Says in the words of this module that the name is taken."""
    try:
        yield
    except ConstraintBroken as broken:
        if broken.constraint != NAME:
            raise
        raise SavedViewNameTaken from broken
