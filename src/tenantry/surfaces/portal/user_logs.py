"""The tabs User logs and Audit: what a user did, and what was done to them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.audit.model import Entry
from tenantry.domain.audit.names import Names, list_names
from tenantry.domain.audit.queries import NEWEST_FIRST, list_entries
from tenantry.domain.directory.model import Person
from tenantry.domain.sessions.device import device_of
from tenantry.kernel.criteria import Compare, Criteria, Op
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit import audit_words
from tenantry.surfaces.kit.audit_entries import entry_view
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.paging import parsed_page
from tenantry.surfaces.portal.frame import address
from tenantry.surfaces.portal.user_lists import list_of
from tenantry.surfaces.portal.user_page import PATH, Given, Tab


def _built(
    tab: str, field: str
) -> Callable[[ReadWork, AnyRequest, Person, Given], Awaitable[dict[str, Any]]]:
    async def build(work: ReadWork, request: AnyRequest, person: Person, _given: Given) -> dict[str, Any]:
        asked = list_of(request, person, tab)
        mine = Compare(field, Op.EQ, person.user.id)
        found = await list_entries(work, Criteria(mine, NEWEST_FIRST, parsed_page(asked.paging)))
        names = await list_names(work, found.entries)
        return {
            "entries": [_row(entry, person.user.id, names) for entry in found.entries],
            "pager": asked.pager(len(found.entries), found),
            "users_address": address(request, PATH),
        }

    return build


LOGS = Tab("logs", _built("logs", "actorId"))
AUDIT = Tab("audit", _built("audit", "targetId"))


def _row(entry: Entry, user_id: UUID, names: Names) -> dict[str, Any]:
    view = entry_view(entry)
    device = device_of(entry.user_agent)
    return {
        "shown": audit_words.shown(entry, names),
        "actor_id": entry.actor_id if entry.actor_kind == ActorKind.USER.value else None,
        "by_themselves": entry.actor_id == user_id,
        "about_themselves": entry.target_id == user_id,
        "device": " on ".join(part for part in (device.browser, device.os) if part),
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "changes": audit_words.changed(view.changes),
        "facts": audit_words.facts(view.metadata),
        "raw": msgspec.json.format(msgspec.json.encode(view), indent=2).decode(),
    }
