"""The sign-in as a flow for single-page and mobile clients: the same steps as on the pages, in JSON."""

from typing import Any

import msgspec
from litestar import Response, post

from tenantry.domain.login.model import Credentials, Progress, Step
from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import count_visit, visitor_of
from tenantry.surfaces.kit.wire import Moment, decode_body
from tenantry.surfaces.kit.works import AnyRequest

TAG = "Sign-in"
EXPLAINED = (
    "Every answer has a `step`. With `done` it carries `session`, whose `token` goes into `Authorization: Bearer` from then on."
    " Any other step carries `attempt` once: send it with `POST .../sign-in/{step}` until the step is `done`."
)
SESSION_EXAMPLE = {
    "data": {
        "step": "done",
        "session": {
            "id": "0198f3a2-7b1c-7c44-9d0e-5a1f3c2b4d6e",
            "token": "4kPBp9zQ8mVf1uW0r3yXc7sT2nJ5hL6gD-aE_bRiOqU",
            "expiresAt": "2030-01-16T10:30:00Z",
        },
    }
}


class SignInBody(msgspec.Struct, forbid_unknown_fields=True):
    """`identifier` is an email address, a username or a phone number, as the tenant allows."""

    identifier: str
    password: str
    remember: bool = False


class StepBody(msgspec.Struct, forbid_unknown_fields=True):
    """`attempt` is the token of the answer before; `code` belongs to the step `verify_email`, `password` to `change_password`."""

    attempt: str
    code: str | None = None
    password: str | None = None


class AttemptBody(msgspec.Struct, forbid_unknown_fields=True):
    """`attempt` is the token of the answer before."""

    attempt: str


class SessionToken(msgspec.Struct, frozen=True, rename="camel"):
    """A session that has begun. The token is shown this once."""

    id: str
    token: str
    expires_at: Moment


class AttemptToken(msgspec.Struct, frozen=True, rename="camel"):
    """A sign-in under way. The token is shown this once, and works only where the sign-in began."""

    token: str
    expires_at: Moment


class ProgressView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked for next, or the session."""

    step: Step
    attempt: AttemptToken | msgspec.UnsetType = msgspec.UNSET
    session: SessionToken | msgspec.UnsetType = msgspec.UNSET


@post(
    "/sign-in",
    **promises(
        summary="Sign in with a password",
        name="signIn",
        tag=TAG,
        description=(
            f"{EXPLAINED} An unknown identifier, a wrong password and a locked-out account get one and the same answer (401); a"
            " state that an administrator has set is told after the right password alone (403)."
        ),
        caller="nobody",
        body=SignInBody,
        answer=ProgressView,
        errors=(422,),
        body_example={"identifier": "ann@example.com", "password": "SecurePass123!", "remember": True},
        answer_example=SESSION_EXAMPLE,
    ),
)
async def begin_sign_in(request: AnyRequest) -> Response[bytes]:
    count_visit(request, "sign-in")
    body = decode_body(await request.body(), SignInBody)
    typed = Credentials(body.identifier, body.password, body.remember)
    return _answer(await services(request).sign_ins.with_password(visitor_of(request), typed))


@post(
    "/sign-in/resend-code",
    **promises(
        summary="Mail the code of a sign-in once more",
        name="resendSignInCode",
        tag=TAG,
        description="The code that was mailed before works no longer. How often this may be asked for is limited (429).",
        caller="nobody",
        body=AttemptBody,
        errors=(409, 422),
        body_example={"attempt": "p3X-0mQb7Wq2yJ4uT9vKc1sR6nHf8gLdEaZiOxUrB5k"},
    ),
)
async def resend_sign_in_code(request: AnyRequest) -> Response[bytes]:
    count_visit(request, "sign-in")
    body = decode_body(await request.body(), AttemptBody)
    await services(request).sign_ins.resend_code(visitor_of(request), body.attempt)
    return _json({"message": "Code sent"})


@post(
    "/sign-in/{step:str}",
    **promises(
        summary="Do the next step of a sign-in",
        name="continueSignIn",
        tag=TAG,
        description=(
            "`verify_email` takes the `code` that was mailed, or none after the link in the mail was used; `change_password`"
            f" takes a new `password`, which the tenant's policy judges. {EXPLAINED}"
        ),
        caller="nobody",
        path={"step": "The step that the answer before asked for: `verify_email` or `change_password`."},
        body=StepBody,
        answer=ProgressView,
        errors=(409, 422),
        body_example={"attempt": "p3X-0mQb7Wq2yJ4uT9vKc1sR6nHf8gLdEaZiOxUrB5k", "code": "493021"},
        answer_example=SESSION_EXAMPLE,
    ),
)
async def continue_sign_in(request: AnyRequest) -> Response[bytes]:
    count_visit(request, "sign-in")
    body = decode_body(await request.body(), StepBody)
    desk, visitor = services(request).sign_ins, visitor_of(request)
    step = request.path_params["step"]
    if step == Step.VERIFY_EMAIL.value:
        if body.code is None:
            return _answer(await desk.go_on(visitor, body.attempt))
        return _answer(await desk.with_code(visitor, body.attempt, body.code))
    if step == Step.CHANGE_PASSWORD.value:
        if body.password is None:
            raise _missing("password")
        return _answer(await desk.with_new_password(visitor, body.attempt, body.password))
    problem = f"There is no step {step[:32]!r}."
    raise DomainError(Kind.NOT_FOUND, "resource_not_found", problem, {"step": "is no step of a sign-in"})


def _missing(field: str) -> DomainError:
    return DomainError(
        Kind.UNPROCESSABLE, "validation_error", f"{field} is required.", {field: "is required"}
    )


def _answer(progress: Progress) -> Response[bytes]:
    signed_in = progress.signed_in
    session: SessionToken | msgspec.UnsetType = msgspec.UNSET
    attempt: AttemptToken | msgspec.UnsetType = msgspec.UNSET
    if signed_in is not None:
        session = SessionToken(str(signed_in.session_id), signed_in.token, signed_in.expires_at)
    if progress.attempt_token is not None and progress.expires_at is not None:
        attempt = AttemptToken(progress.attempt_token, progress.expires_at)
    return _json({"data": ProgressView(progress.step, attempt, session)})


def _json(body: Any) -> Response[bytes]:
    # A token stands in it: nothing on the way may keep it (RFC 6749 section 5.1).
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")


ROUTES = [begin_sign_in, resend_sign_in_code, continue_sign_in]
