"""Where a sign-in goes on: to its next step, or to where the visitor wanted to go, with the cookies that belong to it."""

from urllib.parse import quote

from litestar import Response

from tenantry.domain.login.model import Progress, Step
from tenantry.surfaces.kit.next_path import safe_next
from tenantry.surfaces.kit.page_answers import AnyRequest, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.session_cookie import SessionCookie
from tenantry.surfaces.kit.visitors import session_cookie

FORM = "sign-in"
"""What the forms of the first step are about."""
STEP_ADDRESSES = {
    Step.PASSWORD: "login",
    Step.VERIFY_EMAIL: "login/verify-email",
    Step.CHANGE_PASSWORD: "login/change-password",
}


def login_address(slug: str, wanted: str | None) -> str:
    """The sign-in page, from which one goes on to the wanted path."""
    return f"/t/{slug}/login" + (f"?next={quote(wanted, safe='')}" if wanted else "")


def attempt_cookie(request: AnyRequest) -> SessionCookie:
    """The cookie of a sign-in under way."""
    return SessionCookie(request.path_params["tenant"], services(request).settings.address, "attempt")


def answer_progress(request: AnyRequest, progress: Progress) -> Response[bytes]:
    """Sends the browser to the next step, or signs it in and sends it where it wanted to go."""
    slug, now = request.path_params["tenant"], services(request).clock.now()
    signed_in = progress.signed_in
    if signed_in is None:
        token = progress.attempt_token
        cookies = [] if token is None else [attempt_cookie(request).set(token, progress.expires_at, now)]
        return redirect(f"/t/{slug}/{STEP_ADDRESSES[progress.step]}", *cookies)
    # Somebody who did not ask to be remembered is forgotten when the browser is closed.
    ends = signed_in.expires_at if signed_in.remember else None
    wanted = safe_next(slug, progress.next_path) or f"/t/{slug}/account/sessions"
    return redirect(
        wanted, session_cookie(request).set(signed_in.token, ends, now), attempt_cookie(request).clear()
    )
