"""The web application: every surface's routes, the errors of each dialect, and the services they share."""

from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ASGIApp

from tenantry.kernel.errors import DomainError
from tenantry.kernel.logs import logger
from tenantry.surfaces.admin_api import (
    api_keys,
    audit_logs,
    group_members,
    groups,
    permissions,
    roles,
    settings,
    user_credentials,
    user_groups,
    user_roles,
    user_states,
    user_writes,
    users,
)
from tenantry.surfaces.admin_api.errors import dressed, error_body
from tenantry.surfaces.kit import health, reference
from tenantry.surfaces.kit.caller import caller_network
from tenantry.surfaces.kit.dev_mailbox import mailbox_routes
from tenantry.surfaces.kit.envelope import Envelope, surface_of
from tenantry.surfaces.kit.limits import Category, RateLimited
from tenantry.surfaces.kit.services import Services
from tenantry.surfaces.kit.static import asset_routes
from tenantry.surfaces.signin import reset_password
from tenantry.surfaces.signin.answers import AS_PAGES

LARGEST_BODY = 1024 * 1024
ADMIN_API = (
    users, user_writes, user_states, user_credentials, user_roles, user_groups, groups, group_members, roles, permissions,
    api_keys, audit_logs, settings,
)  # fmt: skip
CODES = {
    400: "invalid_request",
    404: "resource_not_found",
    405: "method_not_allowed",
    413: "request_too_large",
}
log = logger("web")
AnyRequest = Request[Any, Any, Any]


def build(services: Services) -> ASGIApp:
    """The application as the server runs it. The caller opens and closes the database."""
    app = make_app(services)
    app.state.services = services
    return Envelope(app)


def make_app(services: Services) -> Litestar:
    """The routes and how each surface words an error."""
    admin = Router(
        "/t/{tenant:str}/api/v1/admin",
        route_handlers=[route for resource in ADMIN_API for route in resource.ROUTES],
    )
    pages = Router("/", route_handlers=reset_password.ROUTES, exception_handlers=AS_PAGES)
    return Litestar(
        route_handlers=[
            admin,
            pages,
            *reference.ROUTES,
            *health.ROUTES,
            *asset_routes(),
            *mailbox_routes(services.settings),
            front_door,
        ],
        exception_handlers={DomainError: _refusal, HTTPException: _http_error, Exception: _failure},
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        debug=False,
        logging_config=None,
    )


@get("/", include_in_schema=False)
async def front_door() -> Redirect:
    """Nobody lives here; the reference is the most useful place to go."""
    return Redirect("/docs")


def _refusal(request: AnyRequest, error: DomainError) -> Response[bytes]:
    if not _is_api(request):
        return AS_PAGES[DomainError](request, error)
    status, body, headers = dressed(error)
    if isinstance(error, RateLimited):
        request.scope["state"]["allowance"] = error.allowance
    return _json(request, status, body, headers)


def _http_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if not _is_api(request):
        return AS_PAGES[HTTPException](request, error)
    code = CODES.get(error.status_code, "invalid_request")
    body = error_body(error.status_code, code, error.detail or "The request cannot be answered.")
    return _json(request, error.status_code, body, dict(error.headers or {}))


def _failure(request: AnyRequest, error: Exception) -> Response[bytes]:
    if not _is_api(request):
        return AS_PAGES[Exception](request, error)
    log.error("unexpected error", exc_info=error)
    return _json(
        request, 500, error_body(500, "internal_error", "Something went wrong here; it has been logged."), {}
    )


def _is_api(request: AnyRequest) -> bool:
    return surface_of(request.scope["path"]) == "api"


def _json(request: AnyRequest, status: int, body: bytes, headers: dict[str, str]) -> Response[bytes]:
    state = request.scope["state"]
    if "allowance" not in state:
        found: Services = request.app.state.services
        ip = caller_network(request, found.settings.trusted_proxies)
        try:
            state["allowance"] = found.limits.take(ip, Category.UNKNOWN_CALLER)
        except RateLimited as limited:
            state["allowance"] = limited.allowance
    return Response(body, status_code=status, headers=headers, media_type="application/json")
