"""Pages: templates rendered to bytes, and the headers that every page is sent with. Knows nothing of routes.

The policy names (CSP) are those of the W3C's Content Security Policy Level 3.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tenantry.kernel import lazy
from tenantry.surfaces.kit.manifest import asset
from tenantry.surfaces.kit.person_words import STATE_LABELS, STATE_TONES, initials, name_colour

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"

_STRICT = (
    ("default-src", "'none'"),
    ("script-src", "'self'"),
    ("style-src", "'self'"),
    ("img-src", "'self' data:"),
    ("font-src", "'self'"),
    ("connect-src", "'self'"),
    ("form-action", "'self'"),
    ("frame-ancestors", "'none'"),
    ("base-uri", "'none'"),
)


def _policy(*more: tuple[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in (*_STRICT, *more))


PAGE_POLICY = _policy()
"""For every page. No inline script or style; pictures may be `data:`, for Tabler's style sheet draws with such."""

MAILBOX_POLICY = _policy(("frame-src", "'self'"))
"""For the development mailbox, which shows a message in a frame from an address of its own."""

FRAMED_POLICY = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
"""For a page of ours that another page of ours shows in a frame."""

MESSAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""For the HTML of one message. Mail is styled inline, so it can't stand in the page itself: a frame filled by
`srcdoc` inherits the page's policy. From an address of its own it may style itself, and nothing else: no script,
no picture but our own, no form, an origin of its own. Links open a new tab."""

_COMMON = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Not "no-referrer": under that a browser sends `Origin: null` with our own forms. A link with a one-time code
    # in its address is still never told to another host.
    "referrer-policy": "same-origin",
}


def headers(policy: str = PAGE_POLICY) -> dict[str, str]:
    """The headers of a page: its type, its policy, no caching, no framing but what the policy allows."""
    framing = "SAMEORIGIN" if policy in (MESSAGE_POLICY, FRAMED_POLICY) else "DENY"
    return {**_COMMON, "content-security-policy": policy, "x-frame-options": framing}


def render(template: str, **context: object) -> bytes:
    """A page as UTF-8. `template` is a path below templates/, such as "errors/error.html".

    Every value is escaped. A template that uses a name which `context` lacks raises jinja2.UndefinedError.
    """
    return _environment().get_template(template).render(context).encode()


def ago(at: datetime, now: datetime) -> str:
    """How long ago `at` was: "just now", "5 min ago", "3 h ago", "2 days ago"; the date after a week."""
    passed = now - at
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min ago"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} h ago"
    if passed < timedelta(days=7):
        return f"{passed.days} day{'s' if passed.days > 1 else ''} ago"
    return f"{at:%Y-%m-%d}"


@cache
def _environment() -> "Environment":
    # Loaded with the first page: the import costs 136 ms and 4.7 MB, which a server of the API alone need not pay.
    jinja2 = lazy.jinja2()
    environment: Environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared: Mapping[str, object] = {
        "asset": asset,
        # Pages of a tenant are given theirs; those of nobody in particular show ours.
        "brand": None,
        "initials": initials,
        "name_colour": name_colour,
        "STATE_LABELS": STATE_LABELS,
        "STATE_TONES": STATE_TONES,
    }
    environment.globals.update(shared)
    environment.filters["ago"] = ago
    return environment
