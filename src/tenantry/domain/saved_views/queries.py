"""Reading saved views: one's own, and those that others share."""

from typing import cast
from uuid import UUID

from tenantry.domain.saved_views.errors import SavedViewNotFound
from tenantry.domain.saved_views.model import MOST_LISTED, ListName, SavedView
from tenantry.domain.saved_views.rules import checked_list
from tenantry.domain.users import permissions as users
from tenantry.kernel.db import Query, Row
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.work import ReadWork, Work

SEEN = """
    select v.id, v.list_name, v.name, v.query, v.columns, v.shared, v.owner, coalesce(u.email, u.username, u.phone, ''),
           v.created_at, v.updated_at
    from saved_views v
    left join users u on u.id = v.owner
    where (v.owner = %(me)s or v.shared)
"""


async def list_saved_views(work: ReadWork, list_name: str) -> list[SavedView]:
    """The actor's own views of a list and those that others share, one's own first, then by name; at most `MOST_LISTED`.

    Raises FieldError naming `listName`.
    """
    work.require(users.READ)
    query = f"""
        {SEEN}
          and v.list_name = %(list_name)s
        order by v.owner is distinct from %(me)s, lower(v.name), v.id
        limit {MOST_LISTED}
    """
    values = {"me": _person(work), "list_name": checked_list(list_name)}
    return [_view(row) for row in await work.db.all(cast("Query", query), values)]


async def get_saved_view(work: ReadWork, view_id: UUID) -> SavedView:
    """The view, or SavedViewNotFound where there is none that the actor may see."""
    work.require(users.READ)
    return await _get(work, view_id)


async def get_saved_view_for_change(work: Work, view_id: UUID) -> SavedView:
    """The view, locked against other writers until the end of this work. Raises SavedViewNotFound."""
    work.require(users.READ)
    return await _get(work, view_id, lock=" for update of v")


def parse_view_id(text: str) -> UUID:
    """The id, or SavedViewNotFound for what is no id at all."""
    try:
        return UUID(text)
    except ValueError as error:
        raise SavedViewNotFound(text) from error


async def _get(work: ReadWork, view_id: UUID, lock: str = "") -> SavedView:
    query = f"{SEEN} and v.id = %(id)s{lock}"
    row = await work.db.one(cast("Query", query), {"me": _person(work), "id": view_id})
    if row is None:
        raise SavedViewNotFound(str(view_id))
    return _view(row)


def _person(work: ReadWork) -> UUID | None:
    """Whose private views are seen: nobody's, where no person acts."""
    return work.actor.id if work.actor.kind is ActorKind.USER else None


def _view(row: Row) -> SavedView:
    id_, list_, *rest = row
    return SavedView(id_, ListName(list_), *rest)
