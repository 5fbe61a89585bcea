"""What holds for every page of the portal, those to come included."""

import httpx
import pytest

from tenantry.surfaces.portal.routes import ROUTES
from tests.domain.directory.test_statement_counts import furnish
from tests.support.invitations import invited
from tests.support.makers import Home
from tests.support.portal import statements

pytestmark = pytest.mark.asyncio
AT_MOST = 6
PATHS = sorted(path for route in ROUTES if "GET" in route.http_methods for path in route.paths)
USERS, ONE = "/access-management/users", "/access-management/users/{user_id:str}"
QUERIES = {
    USERS: (
        "", "status=pending&search=ann", "status=pending_initial_password_setup", "status=deleted", "search=an&sortBy=name",
        "role=editor&group=staff&createdFrom=2020-01-01T00:00:00Z",
    ),
    ONE: ("", *(f"tab={tab}" for tab in ("security", "access", "sessions", "logs", "audit", "danger"))),
    f"{USERS}/bulk": ("action=suspend&all=1", "action=add_role&all=1&search=ann"),
    f"{USERS}/new": ("how=invite", "how=create"),
    "/palette": ("q=ann",),
    "/configuration/branding/preview.css": ("colour=%230b766e",),
    "/audit-log": ("", "category=user_management&search=ann"),
    "/access-management/groups/{group:str}": ("", "search=ann"),
    "/access-management/roles/{role:str}/people": ("", "search=ann", "direct=true&search=ann"),
}  # fmt: skip
KINDS = {"/access-management/picks/{kind:str}": {"kind": "roles"}}
ADDRESSES = [(path, query) for path in PATHS for query in QUERIES.get(path, ("",))]


async def test_no_page_takes_more_than_six_statements(
    admin: httpx.AsyncClient, api: httpx.AsyncClient, home: Home
) -> None:
    known = await furnish(api, home) | {"invitation_id": str(await invited(home))}
    taken: dict[str, float] = {}
    for path, query in ADDRESSES:
        address = path.replace(":str}", "}").format_map(known | KINDS.get(path, {}))
        before = statements()
        answer = await admin.get(f"{address}?{query}" if query else address)
        assert answer.status_code in (200, 303), f"{address}?{query}: {answer.text}"
        taken[f"{path}?{query}"] = statements() - before
    assert {path: count for path, count in taken.items() if count > AT_MOST} == {}
