"""Users: verifying their address and their number."""

import msgspec
from litestar import Response, post

from tenantry.domain.codes.model import Form
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.users.credential_actions import confirm_email
from tenantry.domain.verification.actions import request_email_verification, request_phone_verification
from tenantry.domain.verification.errors import NothingToVerify
from tenantry.kernel.work import Work
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_credentials import Nothing
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.admin_api.user_writes import SCOPES
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write


class VerifyEmail(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A `link`, or a code that is typed (`otp`); without a form, as the setting `verification.emailForm` says."""

    form: Form | None = None


@post(
    "/users/{user_id:str}/verify-email",
    **promises(
        summary="Mail a user a link or code to verify their address",
        name="sendUserVerificationEmail",
        tag="Users",
        description=(
            "A new one kills the one before. A user without an address, with a verified one, or who is blocked, locked or"
            " disabled, is refused (422). More than the setting `oneTimeCodes.maxSendsPerHour` allows is refused too (429)."
        ),
        body=VerifyEmail,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422),
        body_example={"form": "link"},
    ),
)
async def verify_email(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, VerifyEmail)
        user = await locked_user(work, request)
        await request_email_verification(work, user, form=body.form)
        return await user_answer(work, user, "Verification email sent")

    return await write(request, run)


@post(
    "/users/{user_id:str}/mark-verified",
    **promises(
        summary="Mark a user's address as verified",
        name="markUserVerified",
        tag="Users",
        description="Without any mail, for an address that you know to be theirs. One that is verified already stays as it is.",
        body=Nothing,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422),
    ),
)
async def mark_verified(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        decode_body(raw, Nothing)
        user = await locked_user(work, request)
        await refuse_taking_over(work, user)
        if user.email is None:
            raise NothingToVerify("email")
        await confirm_email(work, user)
        return await user_answer(work, user, "Email address marked as verified")

    return await write(request, run)


@post(
    "/users/{user_id:str}/verify-phone",
    **promises(
        summary="Send a user a code to verify their phone number",
        name="sendUserVerificationSms",
        tag="Users",
        description=(
            "By text message. The user is `pending_mobile_verification` until the code is typed. A user without a number, with a"
            " verified one, or who is blocked, locked or disabled, is refused (422)."
        ),
        body=Nothing,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422),
    ),
)
async def verify_phone(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        decode_body(raw, Nothing)
        user = await locked_user(work, request)
        await request_phone_verification(work, user)
        return await user_answer(work, user, "Verification code sent")

    return await write(request, run)


ROUTES = [verify_email, mark_verified, verify_phone]
