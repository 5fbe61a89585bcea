"""Those who were invited and are no users yet, beside the list of users: whoever looks for people who are still to come looks for
both."""

from typing import Any

from tenantry.domain.invitations.queries import list_invitations
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op, Page, Sort
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.page_answers import AnyRequest
from tenantry.surfaces.kit.search_query import criteria
from tenantry.surfaces.kit.user_query import UserQuery
from tenantry.surfaces.portal.addresses import ListAddress
from tenantry.surfaces.portal.frame import address

LIST = "/access-management/invitations"
STATUSES = ("pending", "pending_initial_password_setup")
MOST = 5
ALIKE = ("role", "group", "createdAt")
"""What is filtered by alike among users and invitations."""


async def invited_of(work: ReadWork, request: AnyRequest, query: UserQuery) -> dict[str, Any] | None:
    """The first of those who wait and match, the one whose link lasts longest first; None where the list asks for nobody of them.

    Raises DomainError as the list of users does.
    """
    asked = _asked(query)
    if asked is None:
        return None
    found = await list_invitations(work, asked)
    if not found.invitations:
        return None
    there = address(request, LIST)
    rest = {"state": "waiting", "search": asked.search or ""}
    return {
        "rows": [
            {
                "address": f"{there}/{one.id}",
                "email": one.email,
                "name": one.name,
                "by": one.invited_label,
                "at": one.created_at,
            }
            for one in found.invitations
        ],
        "total": found.page.total,
        "exact": found.page.total_is_exact,
        "list": ListAddress(there, rest).here,
    }


def _asked(query: UserQuery) -> Criteria | None:
    """The same question about invitations: on the list's first page alone, and not where it asks for what only users have."""
    of_users = (query.active, query.blocked, query.verified, query.last_login_from, query.last_login_to)
    further_on = query.cursor is not None or (query.page or 1) > 1
    if query.status not in STATUSES or further_on or any(part is not None for part in of_users):
        return None
    whole = criteria(query)
    assert isinstance(whole.where, AllOf)
    alike: list[Node] = [
        part for part in whole.where.parts if isinstance(part, Compare) and part.field in ALIKE
    ]
    where = AllOf((Compare("waiting", Op.EQ, True), *alike))
    return Criteria(where, Sort("expiresAt", descending=True), Page(MOST), whole.search)
