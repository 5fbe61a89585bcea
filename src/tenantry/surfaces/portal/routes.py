"""Every page of the portal, and what becomes of their refusals."""

from litestar.handlers import HTTPRouteHandler

from tenantry.surfaces.portal import (
    api_keys,
    audit_log,
    auth_settings,
    branding,
    bulk,
    bulk_jobs,
    dashboard,
    group,
    groups,
    invitation_bulk,
    invitations,
    mail_templates,
    new_user,
    palette,
    permissions,
    picks,
    role,
    roles,
    user,
    users,
    views,
)
from tenantry.surfaces.portal.frame import ERRORS

__all__ = ["ERRORS", "ROUTES"]

PAGES = (
    api_keys,
    audit_log,
    auth_settings,
    branding,
    bulk,
    bulk_jobs,
    dashboard,
    group,
    groups,
    invitation_bulk,
    invitations,
    mail_templates,
    new_user,
    palette,
    permissions,
    picks,
    role,
    roles,
    user,
    users,
    views,
)
ROUTES: list[HTTPRouteHandler] = [route for page in PAGES for route in page.ROUTES]
