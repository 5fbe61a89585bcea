"""The further steps of a sign-in, each on a page of its own: verify the address, change the password.

What a step may do is proven by the cookie of the sign-in under way. Opening a page does nothing.
"""

from typing import Any

from litestar import HttpMethod, Response, post, route

from tenantry.domain.codes.errors import TooManyCodes, WrongCode
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.login.errors import AccountKeptOut, AttemptEnded, OtherStep
from tenantry.domain.login.model import Step, Waiting
from tenantry.domain.sessions.errors import TooManySessions
from tenantry.kernel.crypto import token_hash
from tenantry.surfaces.kit.branding import whose
from tenantry.surfaces.kit.csrf import Csrf
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest, page, redirect
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import count_visit, visitor_of
from tenantry.surfaces.signin.going_on import STEP_ADDRESSES, answer_progress, attempt_cookie
from tenantry.surfaces.signin.login import login_form

VERIFY = "/t/{tenant:str}/login/verify-email"
RESEND = "/t/{tenant:str}/login/resend-code"
CHANGE = "/t/{tenant:str}/login/change-password"
GET = [HttpMethod.GET, HttpMethod.HEAD]


@route(VERIFY, http_method=GET, include_in_schema=False, status_code=200)
async def show_verify_email(request: AnyRequest) -> Response[bytes]:
    sent = decode_form(request.scope["query_string"]).get("sent") == "1"
    return await _show(request, Step.VERIFY_EMAIL, told="A new code is on its way." if sent else None)


@post(VERIFY, include_in_schema=False, status_code=200)
async def verify_email(request: AnyRequest) -> Response[bytes]:
    form, token = await _pressed(request)
    if token is None:
        return _over(request)
    desk, visitor = services(request).sign_ins, visitor_of(request)
    try:
        if "code" not in form:
            return answer_progress(request, await desk.go_on(visitor, token))
        return answer_progress(request, await desk.with_code(visitor, token, form["code"]))
    except WrongCode:
        problem = "That code is wrong, or no longer valid. Look for the newest mail, or have a new code sent."
        return await _show(request, Step.VERIFY_EMAIL, problems=[problem], status=422)
    except (AttemptEnded, OtherStep, AccountKeptOut, TooManySessions) as refusal:
        return await _refused(request, refusal)


@post(RESEND, include_in_schema=False, status_code=200)
async def resend_code(request: AnyRequest) -> Response[bytes]:
    _form, token = await _pressed(request)
    if token is None:
        return _over(request)
    try:
        await services(request).sign_ins.resend_code(visitor_of(request), token)
    except TooManyCodes as refusal:
        return await _show(request, Step.VERIFY_EMAIL, problems=[refusal.message], status=429)
    except (AttemptEnded, OtherStep) as refusal:
        return await _refused(request, refusal)
    return redirect(f"{_address(request, Step.VERIFY_EMAIL)}?sent=1")


@route(CHANGE, http_method=GET, include_in_schema=False, status_code=200)
async def show_change_password(request: AnyRequest) -> Response[bytes]:
    return await _show(request, Step.CHANGE_PASSWORD)


@post(CHANGE, include_in_schema=False, status_code=200)
async def change_password(request: AnyRequest) -> Response[bytes]:
    form, token = await _pressed(request)
    if token is None:
        return _over(request)
    try:
        progress = await services(request).sign_ins.with_new_password(
            visitor_of(request), token, form.get("password", "")
        )
    except PasswordRefused as refusal:
        problems = [one.message[0].upper() + one.message[1:] for one in refusal.broken]
        return await _show(request, Step.CHANGE_PASSWORD, problems=problems, status=422)
    except (AttemptEnded, OtherStep, AccountKeptOut, TooManySessions) as refused:
        return await _refused(request, refused)
    return answer_progress(request, progress)


async def _pressed(request: AnyRequest) -> tuple[dict[str, str], str | None]:
    """The form and the sign-in's token, which is None unless the form comes from a page of this very sign-in."""
    count_visit(request, "sign-in")
    form = decode_form(await request.body())
    token = attempt_cookie(request).token(request)
    if token is None or not _guard(request).is_ours(request, form.get("csrf", ""), _about(token)):
        return form, None
    return form, token


async def _show(
    request: AnyRequest,
    step: Step,
    *,
    problems: list[str] | None = None,
    told: str | None = None,
    status: int = 200,
) -> Response[bytes]:
    token = attempt_cookie(request).token(request)
    if token is None:
        return _over(request)
    try:
        waiting = await services(request).sign_ins.waiting(visitor_of(request), token)
    except AttemptEnded:
        return _over(request)
    if waiting.step not in (step, Step.DONE):
        return redirect(_address(request, waiting.step))
    return _page(request, token, waiting, {"problems": problems or [], "told": told}, status)


def _page(
    request: AnyRequest, token: str, waiting: Waiting, more: dict[str, Any], status: int
) -> Response[bytes]:
    guard = _guard(request)
    cookie = guard.cookie(request)
    slug = request.path_params["tenant"]
    # Should nothing be left to do, as after the link in the mail was used, one press finishes the sign-in.
    step = Step.VERIFY_EMAIL if waiting.step is Step.DONE else waiting.step
    context: dict[str, Any] = {
        **more,
        "done": waiting.step is Step.DONE,
        **whose(waiting.tenant),
        "account": waiting.account,
        "email": waiting.email,
        "action": _address(request, step),
        "resend": f"/t/{slug}/login/resend-code",
        "start": f"/t/{slug}/login",
        "csrf": guard.field(cookie, _about(token)),
        "rules": list(waiting.rules),
        "shortest": waiting.shortest,
        "longest": waiting.longest,
    }
    answer = page(f"signin/{step.value}.html", status, context, cookie)
    # As on the page of the first step: the one to which one comes back sees that one has signed in.
    answer.headers["referrer-policy"] = "same-origin"
    return answer


async def _refused(
    request: AnyRequest, refusal: AttemptEnded | OtherStep | AccountKeptOut | TooManySessions
) -> Response[bytes]:
    if isinstance(refusal, OtherStep) and refusal.step is not Step.DONE:
        return redirect(_address(request, refusal.step))
    if isinstance(refusal, AccountKeptOut | TooManySessions):
        answer = await login_form(request, None, problem=refusal.message, status=REFUSALS[refusal.kind][0])
        answer.cookies.append(attempt_cookie(request).clear())
        return answer
    return _over(request)


def _over(request: AnyRequest) -> Response[bytes]:
    """The sign-in is over: back to its beginning."""
    return redirect(f"/t/{request.path_params['tenant']}/login?told=expired", attempt_cookie(request).clear())


def _address(request: AnyRequest, step: Step) -> str:
    return f"/t/{request.path_params['tenant']}/{STEP_ADDRESSES[step]}"


def _about(token: str) -> str:
    return f"sign-in {token_hash(token).hex()}"


def _guard(request: AnyRequest) -> Csrf:
    found = services(request)
    return Csrf(found.sealer, request.path_params["tenant"], found.settings.address)


ROUTES = [show_verify_email, verify_email, resend_code, show_change_password, change_password]
