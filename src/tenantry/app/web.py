"""The web application: every surface's routes, the errors of each dialect, and the services they share."""

import re
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ASGIApp

from tenantry.kernel.config import Settings
from tenantry.kernel.errors import DomainError
from tenantry.kernel.logs import logger
from tenantry.surfaces.account import email as account_email
from tenantry.surfaces.account import front_door as account_front_door
from tenantry.surfaces.account import sessions as account_sessions
from tenantry.surfaces.account import sessions_api as account_sessions_api
from tenantry.surfaces.admin_api import (
    api_keys,
    audit_logs,
    branding,
    bulk_jobs,
    figures,
    group_members,
    group_roles,
    groups,
    invitation_bulk,
    invitations,
    mail_templates,
    messages,
    permissions,
    role_users,
    roles,
    sessions,
    settings,
    user_credentials,
    user_groups,
    user_password_resets,
    user_roles,
    user_sessions,
    user_states,
    user_verification,
    user_writes,
    users,
)
from tenantry.surfaces.admin_api import errors as admin_errors
from tenantry.surfaces.identity_api import codes as identity_codes
from tenantry.surfaces.identity_api import errors as identity_errors
from tenantry.surfaces.kit import health, reference
from tenantry.surfaces.kit.caller import caller_network
from tenantry.surfaces.kit.dev_mailbox import mailbox_routes
from tenantry.surfaces.kit.envelope import Envelope, surface_of
from tenantry.surfaces.kit.limits import Category, RateLimited
from tenantry.surfaces.kit.page_answers import AS_PAGES
from tenantry.surfaces.kit.services import Services
from tenantry.surfaces.kit.static import asset_routes
from tenantry.surfaces.portal import routes as portal_routes
from tenantry.surfaces.signin import branding as tenant_branding
from tenantry.surfaces.signin import (
    forgot_password,
    invitation,
    login,
    login_steps,
    register,
    reset_password,
    revert_email,
    sign_in_api,
    verify_code,
    verify_email,
)

LARGEST_BODY = 1024 * 1024
ADMIN_API = (
    users, user_writes, user_states, user_credentials, user_password_resets, user_verification, user_roles, user_groups, groups,
    group_members, group_roles, roles, role_users, permissions, api_keys, audit_logs, settings, user_sessions, sessions,
    mail_templates, messages, figures, branding, bulk_jobs,
)  # fmt: skip
PORTAL_API = (invitations, invitation_bulk, sign_in_api, account_sessions_api)
PAGES = (
    login, login_steps, forgot_password, reset_password, invitation, register, verify_email, verify_code, revert_email,
    account_front_door, account_sessions, account_email, tenant_branding,
)  # fmt: skip
IDENTITY_PREFIX = re.compile(r"/t/[^/]*/api/identity/")
CODES = {
    400: "invalid_request",
    404: "resource_not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "request_too_large",
}
log = logger("web")
AnyRequest = Request[Any, Any, Any]


def build(services: Services) -> ASGIApp:
    """The application as the server runs it. The caller opens and closes the database."""
    return wired(make_app(services.settings), services)


def wired(app: Litestar, services: Services) -> ASGIApp:
    """The application as it calls the services from now on."""
    app.state.services = services
    return Envelope(app)


def make_app(settings: Settings) -> Litestar:
    """The routes and how each surface words an error."""
    admin = Router(
        "/t/{tenant:str}/api/v1/admin",
        route_handlers=[route for resource in ADMIN_API for route in resource.ROUTES],
    )
    portal_api = Router(
        "/t/{tenant:str}/api/v1",
        route_handlers=[route for resource in PORTAL_API for route in resource.ROUTES],
    )
    identity_api = Router("/t/{tenant:str}/api/identity/user/v1.0", route_handlers=identity_codes.ROUTES)
    pages = Router(
        "/",
        route_handlers=[route for door in PAGES for route in door.ROUTES],
        exception_handlers=AS_PAGES,
    )
    portal = Router(
        "/t/{tenant:str}/portal",
        route_handlers=portal_routes.ROUTES,
        exception_handlers=portal_routes.ERRORS,
    )
    return Litestar(
        route_handlers=[
            portal,
            admin,
            portal_api,
            identity_api,
            pages,
            *reference.ROUTES,
            *health.ROUTES,
            *asset_routes(),
            *mailbox_routes(settings),
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
    errors = identity_errors if _is_identity(request) else admin_errors
    status, body, headers = errors.dressed(error)
    if isinstance(error, RateLimited):
        request.scope["state"]["allowance"] = error.allowance
    return _json(request, status, body, headers)


def _http_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if not _is_api(request):
        return AS_PAGES[HTTPException](request, error)
    code = CODES.get(error.status_code, "invalid_request")
    errors = identity_errors if _is_identity(request) else admin_errors
    message = error.detail or "The request cannot be answered."
    if error.status_code == 413:
        message = f"The body must have at most {LARGEST_BODY:,} bytes."
    body = errors.error_body(error.status_code, code, message)
    return _json(request, error.status_code, body, dict(error.headers or {}))


def _failure(request: AnyRequest, error: Exception) -> Response[bytes]:
    if not _is_api(request):
        return AS_PAGES[Exception](request, error)
    log.error("unexpected error", exc_info=error)
    errors = identity_errors if _is_identity(request) else admin_errors
    body = errors.error_body(500, "internal_error", "Something went wrong here; it has been logged.")
    return _json(request, 500, body, {})


def _is_identity(request: AnyRequest) -> bool:
    return IDENTITY_PREFIX.match(request.scope["path"]) is not None


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
