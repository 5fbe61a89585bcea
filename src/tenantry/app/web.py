"""The web application: every surface's routes, the errors of each dialect, and the services they share."""

from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from tenantry.kernel.errors import DomainError
from tenantry.kernel.logs import logger
from tenantry.surfaces.admin_api import user_credentials, user_states, user_writes, users
from tenantry.surfaces.admin_api.errors import dressed, error_body
from tenantry.surfaces.kit.caller import client_ip
from tenantry.surfaces.kit.envelope import API, Envelope
from tenantry.surfaces.kit.limits import Category, RateLimited
from tenantry.surfaces.kit.services import Services

LARGEST_BODY = 1024 * 1024
CODES = {400: "invalid_request", 404: "resource_not_found", 405: "method_not_allowed", 413: "request_too_large"}
log = logger("web")


def build(services: Services) -> ASGIApp:
    """The application as the server runs it."""
    admin = Router("/t/{tenant:str}/api/v1/admin", route_handlers=[*users.ROUTES, *user_writes.ROUTES, *user_states.ROUTES, *user_credentials.ROUTES])
    app = Litestar(
        route_handlers=[admin],
        exception_handlers={
            DomainError: _refusal,
            HTTPException: _http_error,
            Exception: _failure,
        },
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        debug=False,
        on_startup=[services.works.database.open],
        on_shutdown=[services.works.database.close],
        logging_config=None,
    )
    app.state.services = services
    return Envelope(app)


def _refusal(request: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    status, body, headers = dressed(error)
    if isinstance(error, RateLimited):
        request.scope["state"]["allowance"] = error.allowance
    return _json(request, status, body, headers)


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    code = CODES.get(error.status_code, "invalid_request")
    body = error_body(error.status_code, code, error.detail or "The request cannot be answered.")
    return _json(request, error.status_code, body, dict(error.headers or {}))


def _failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.error("unexpected error", exc_info=error)
    return _json(request, 500, error_body(500, "internal_error", "Something went wrong here; it has been logged."), {})


def _json(request: Request[Any, Any, Any], status: int, body: bytes, headers: dict[str, str]) -> Response[bytes]:
    state = request.scope["state"]
    if "allowance" not in state and API.match(request.scope["path"]):
        found: Services = request.app.state.services
        ip = client_ip(request, found.settings.trusted_proxies) or "?"
        try:
            state["allowance"] = found.limits.take(ip, Category.UNKNOWN_CALLER)
        except RateLimited as limited:
            state["allowance"] = limited.allowance
    return Response(body, status_code=status, headers=headers, media_type="application/json")


