"""Lists inside a tab of a user's page: which page of one the address asks for."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from tenantry.domain.directory.model import Person
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.paging import Paging
from tenantry.surfaces.kit.wire import decode_query
from tenantry.surfaces.portal.addresses import ListAddress, Pager, pager_of
from tenantry.surfaces.portal.frame import address
from tenantry.surfaces.portal.user_page import PATH

OURS = ("page", "cursor", "limit")


class Asked(msgspec.Struct, frozen=True):
    """What is asked for, and where the list lies."""

    paging: Paging
    where: ListAddress

    def pager(self, shown: int, found: Any) -> Pager:
        page = None if self.paging.cursor is not None else self.paging.page or 1
        return pager_of(self.where, limit=self.paging.limit, shown=shown, found=found, page=page)


def list_of(request: AnyRequest, person: Person, tab: str) -> Asked:
    """The page of a tab's list that the address asks for. Raises DomainError INVALID for one that there cannot be."""
    given = {}
    if request.method == "GET":
        asked = decode_form(request.scope["query_string"])
        given = {name: asked[name] for name in OURS if asked.get(name)}
    paging = decode_query(urlencode(given).encode(), Paging)
    where = ListAddress(address(request, f"{PATH}/{person.user.id}"), {"tab": tab, **given})
    return Asked(paging, where)
