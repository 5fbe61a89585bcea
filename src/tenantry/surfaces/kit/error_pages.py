"""A page that says what went wrong, in the looks of the tenant below whose address it happened.

The plain page is made at once. Whose it is, is read when it is sent, in one statement; whatever goes wrong then, the plain one is
what is sent.
"""

import asyncio
import re
from typing import Any, cast

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.errors import DomainError
from tenantry.kernel.logs import logger
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.works import request_id

TEMPLATE = "errors/error.html"
OF_A_TENANT = re.compile(r"/t/([^/]+)(/portal)?(/.*)?")
# Who is here too often, or comes while the database is away, is not served by one more statement.
NO_TIME = (429, 503)
PATIENCE_SECONDS = 1.0
WITH_A_WAY_BACK = (403, 404)
VISITOR = Actor(ActorKind.ANONYMOUS, None, "", frozenset())
log = logger("pages")
AnyRequest = Request[Any, Any, Any]


class ErrorPage(Response[bytes]):
    """The page, plain until it is sent. `context` is what its template shows."""

    def __init__(self, request: AnyRequest, status: int, context: dict[str, Any], **how: Any) -> None:
        self._request = request
        self._context = context
        super().__init__(pages.render(TEMPLATE, **context), status_code=status, **how)

    def to_asgi_response(self, app: Any, request: AnyRequest, **how: Any) -> ASGIResponse:
        plain = super().to_asgi_response(app, request, **how)

        async def dressed(scope: Scope, receive: Receive, send: Send) -> None:
            body = await self._in_the_looks_of_its_tenant()
            if body is not None and not plain.is_head_response:
                plain.body = body
                plain.headers["content-length"] = str(len(body))
            await plain(scope, receive, send)

        return cast("ASGIResponse", dressed)

    async def _in_the_looks_of_its_tenant(self) -> bytes | None:
        found = OF_A_TENANT.fullmatch(self._request.scope["path"])
        if found is None or self.status_code in NO_TIME:
            return None
        try:
            async with (
                asyncio.timeout(PATIENCE_SECONDS),
                services(self._request).works.read(
                    OpenTenant(found[1], VISITOR), request_id(self._request)
                ) as work,
            ):
                looks = whose(work.tenant)
                way = self._way_back(f"/t/{work.tenant.slug}", found[2], found[3])
            return pages.render(TEMPLATE, **self._context | looks | way)
        except (DomainError, TimeoutError):
            return None
        except Exception as error:  # noqa: BLE001 - the page is about another error, which is told in any case
            log.error("an error page has no looks", error=repr(error))  # noqa: TRY400 - in one line: strangers ask for such pages
            return None

    def _way_back(self, base: str, portal: str | None, rest: str | None) -> dict[str, str]:
        """Where to go on, for who has come to a page that is not there or not theirs."""
        if self._context.get("home") or self.status_code not in WITH_A_WAY_BACK:
            return {}
        if portal and rest not in (None, "/"):
            return {"way_back": f"{base}/portal/", "way_back_label": "Go to the dashboard"}
        return {"way_back": f"{base}/account/sessions", "way_back_label": "Go to your account"}
