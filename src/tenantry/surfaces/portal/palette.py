"""The command palette: a few letters lead to a page, a person or a group."""

from typing import Any

from litestar import Response, get

from tenantry.domain.directory.queries import list_people
from tenantry.domain.groups import permissions as groups
from tenantry.domain.groups.queries import list_groups
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import LONGEST_SEARCH
from tenantry.surfaces.portal.frame import View, show
from tenantry.surfaces.portal.navigation import menu_for
from tenantry.surfaces.portal.users import row_of

VIEW = View(None, "portal/palette.html")
MOST_PEOPLE, MOST_GROUPS = 6, 4


@get("/palette", include_in_schema=False)
async def find(request: AnyRequest) -> Response[bytes]:
    typed = decode_form(request.scope["query_string"]).get("find", "").strip()[:LONGEST_SEARCH]

    async def build(work: ReadWork) -> dict[str, Any]:
        return {
            "typed": typed,
            "pages": _pages(work, typed),
            "people": await _people(work, typed),
            "groups": await _groups(work, typed),
        }

    return await show(request, VIEW, build)


def _pages(work: ReadWork, typed: str) -> list[Any]:
    wanted = typed.casefold()
    return [
        place
        for section in menu_for(work.actor)
        for place in section.places
        if wanted in place.label.casefold()
    ]


async def _people(work: ReadWork, typed: str) -> list[dict[str, Any]]:
    if not typed or not work.actor.may(users.READ):
        return []
    wanted = Criteria(EVERYTHING, Sort("createdAt", descending=True), Page(MOST_PEOPLE), typed)
    return [row_of(person, work.now) for person in (await list_people(work, wanted)).people]


async def _groups(work: ReadWork, typed: str) -> list[Any]:
    if not typed or not work.actor.may(groups.READ):
        return []
    wanted = Criteria(EVERYTHING, Sort("name"), Page(MOST_GROUPS), typed)
    return (await list_groups(work, wanted)).groups


ROUTES = [find]
