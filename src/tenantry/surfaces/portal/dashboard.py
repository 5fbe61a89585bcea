"""The dashboard: how many people there are and in which state, what happened day by day, and what was done last."""

from typing import Any

from litestar import Response, get

from tenantry.domain.audit.names import list_names
from tenantry.domain.figures.model import Count, Day, Figures, Precision
from tenantry.domain.figures.queries import get_figures
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.audit_words import shown
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import AnyRequest, redirect
from tenantry.surfaces.kit.person_words import STATE_LABELS, STATE_TONES
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.portal.addresses import USERS
from tenantry.surfaces.portal.charts import chart_of
from tenantry.surfaces.portal.frame import NoPortal, View, address, show
from tenantry.surfaces.portal.navigation import menu_for
from tenantry.surfaces.portal.user_filters import STATUSES

VIEW = View("dashboard", "portal/dashboard.html")
RANGES = (7, 30, 90)
LINES = (
    ("sign_ups", "New people", ""),
    ("sign_ins", "Sign-ins", ""),
    ("failed_sign_ins", "Failed sign-ins", "bad"),
    ("invitations", "Invitations sent", ""),
)


@get("/", include_in_schema=False)
async def show_dashboard(request: AnyRequest) -> Response[bytes]:
    wanted = decode_form(request.scope["query_string"]).get("days", "")
    days = next((one for one in RANGES if str(one) == wanted), 30)

    async def build(work: ReadWork) -> dict[str, Any]:
        figures = await get_figures(work, days)
        recent = figures.recent_actions
        names = await list_names(work, recent) if recent else None
        return {
            "days": days,
            "ranges": [(one, address(request, f"/?days={one}")) for one in RANGES],
            "people": figures.people,
            "states": _states(figures, address(request, USERS)),
            "pending": _said(figures.pending_invitations) if figures.pending_invitations else None,
            "charts": _charts(figures.days),
            "as_of": figures.as_of,
            "actions": [shown(entry, names) for entry in recent or [] if names],
            "users": address(request, USERS),
            "sees_actions": recent is not None,
        }

    try:
        return await show(request, VIEW, build)
    except MissingPermission:
        return await _elsewhere(request)


async def _elsewhere(request: AnyRequest) -> Response[bytes]:
    """The dashboard is about people; who may not see any begins with the first page that they may see."""
    async with Person(request).reading() as work:
        sections = menu_for(work.actor)
    if not sections:
        raise NoPortal
    return redirect(address(request, sections[0].places[0].path))


def _states(figures: Figures, users: str) -> list[dict[str, str]]:
    if figures.people is None:
        return []
    return [
        {
            "label": STATE_LABELS[state],
            "tone": STATE_TONES[state],
            "number": _said(count),
            "address": f"{users}?status={state}",
        }
        for state, count in sorted(figures.people.states.items(), key=lambda one: STATUSES.index(one[0]))
    ]


def _said(count: Count) -> str:
    number = f"{count.number:,}"
    return {Precision.AT_LEAST: f"{number}+", Precision.AT_MOST: f"up to {number}"}.get(
        count.precision, number
    )


def _charts(days: list[Day] | None) -> list[dict[str, Any]]:
    if days is None:
        return []
    return [
        {"title": title, "tone": tone, "chart": chart_of([(day.day, getattr(day, name)) for day in days])}
        for name, title, tone in LINES
    ]


ROUTES = [show_dashboard]
