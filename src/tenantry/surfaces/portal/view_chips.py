"""The saved views above the list of users, and the form that saves another."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from tenantry.domain.saved_views.model import MAX_NAME, ListName
from tenantry.domain.saved_views.queries import list_saved_views
from tenantry.domain.tenants import permissions as tenants
from tenantry.domain.users import permissions as users
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.portal.addresses import ListAddress


class Saving(msgspec.Struct, frozen=True):
    """The form as it was sent, and what is wrong with it."""

    name: str = ""
    shared: bool = False
    problems: list[str] = msgspec.field(default_factory=list)


NOTHING_TYPED = Saving()


async def views_of(work: ReadWork, where: ListAddress, saving: Saving = NOTHING_TYPED) -> dict[str, Any]:
    """What the list shows of its views."""
    found = await list_saved_views(work, ListName.USERS.value)
    here = where.filters
    return {
        "views": [
            {
                "id": str(view.id),
                "name": view.name,
                "query": view.query,
                "shared": view.shared,
                "owner": view.owner_label,
                "here": sorted(parse_qsl(view.query)) == sorted(parse_qsl(here)),
                "may_remove": view.owner == work.actor.id or work.actor.may(tenants.SETTINGS_WRITE),
            }
            for view in found
        ],
        "view_query": here,
        "saving": saving,
        "longest_name": MAX_NAME,
        "may_share": work.actor.may(users.UPDATE),
    }
