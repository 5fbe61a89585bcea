"""Users: a password that is made up for them, and having them choose one themselves."""

from enum import StrEnum

import msgspec
from litestar import Response, post

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.credentials.checks import words_of
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import PersonalWords
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.directory.queries import get_person
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.request_actions import AT_SIGN_IN, force_password_reset, request_password_reset
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.tenants.model import Recovery
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef, parse_ref
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_views import UserView, UserWithPassword, etag, showing, user_view
from tenantry.surfaces.admin_api.user_writes import SCOPES
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, reading, write

SENT = {
    Method.EMAIL_LINK: "Password reset email sent",
    Method.EMAIL_OTP: "Password reset code sent by email",
    Method.SMS_OTP: "Password reset code sent by text message",
}


class ForceMethod(StrEnum):
    """How somebody of whom a new password is demanded gets to choose one."""

    AT_SIGN_IN = AT_SIGN_IN
    EMAIL_LINK = Method.EMAIL_LINK.value
    EMAIL_OTP = Method.EMAIL_OTP.value
    SMS_OTP = Method.SMS_OTP.value


class GeneratePassword(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A temporary password must be changed at the next sign-in. `notify` tells the user by mail that there is a new one, without
    the password itself."""

    temporary: bool = False
    notify: bool = False


class SendReset(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """By which way the user is sent what lets them choose a password."""

    method: Method = Method.EMAIL_LINK


class ForceReset(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Without a method it is `at_sign_in` where the old password works until then, and `email_link` elsewhere."""

    method: ForceMethod | None = None


@post(
    "/users/{user_id:str}/password/generate",
    **promises(
        summary="Give a user a generated password",
        name="generateUserPassword",
        tag="Users",
        description=(
            "Sets a random password that meets the tenant's policy, as `PUT …/password` does with one of yours. `password` in the"
            " answer shows it this once: it cannot be read again, and a replay for the same Idempotency-Key is without it."
        ),
        body=GeneratePassword,
        answer=UserWithPassword,
        scopes=SCOPES,
        errors=(404, 412, 503),
        body_example={"temporary": True},
    ),
)
async def generate_password(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()
    found = services(request)

    async def prepare(work: ReadWork) -> tuple[PersonalWords, PasswordRules]:
        decode_body(raw, GeneratePassword)
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        await refuse_taking_over(work, user)
        return words_of(user, work.tenant.name), await get_password_rules(work, user.id)

    about, rules = await reading(request, prepare, Category.WRITE)
    password = await found.passwords.generate(rules.policy, about)
    password_hash = await found.hasher.hash(password)

    async def run(work: Work) -> Answer:
        body = decode_body(raw, GeneratePassword)
        user = await locked_user(work, request)
        await store_password(
            work, user, password_hash, temporary=body.temporary, by_admin=True, notify=body.notify
        )
        person = await get_person(work, UserRef(user.id, None))
        view = user_view(work, person)
        answer = Answer({"data": view, "message": "Password generated"}, headers=etag(person))
        return showing(answer, view, password)

    return await write(request, run, counted_already=True)


@post(
    "/users/{user_id:str}/password-reset",
    **promises(
        summary="Send a user a link or code to set their password",
        name="mailUserPasswordReset",
        tag="Users",
        description=(
            "Without a body a link is mailed; `method` may ask for a one-time code by mail or text message instead. Either works"
            " once, and for as long as the settings `links.passwordResetMinutes` and `oneTimeCodes.minutes` say. The present"
            " password works until a new one is chosen. A user who has no email address (or phone number), or is blocked, locked"
            " or disabled, is refused (422). More codes than the settings `oneTimeCodes` allow are refused too (429)."
        ),
        body=SendReset,
        scopes=SCOPES,
        errors=(404, 412, 422),
    ),
)
async def send_password_reset(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        method = decode_body(raw, SendReset).method
        user = await locked_user(work, request)
        await request_password_reset(work, user, method)
        return Answer({"message": SENT[method]})

    return await write(request, run)


@post(
    "/users/{user_id:str}/password/force-reset",
    **promises(
        summary="Demand a new password of a user",
        name="forceUserPasswordReset",
        tag="Users",
        description=(
            "The user becomes `pending_password_reset`, and every session and token of theirs ends. Whether the old password"
            " still signs in until then, only to choose a new one, is the setting `recovery.oldPasswordWorksUntilReset`: without"
            " it the old password is dead at once, and `at_sign_in` is refused (422). The other methods send a link"
            " or code."
        ),
        body=ForceReset,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422),
        body_example={"method": "email_link"},
    ),
)
async def force_reset(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        asked = decode_body(raw, ForceReset).method
        user = await locked_user(work, request)
        await force_password_reset(work, user, _method(work, asked))
        return await user_answer(work, user, "Password reset demanded")

    return await write(request, run)


def _method(work: Work, asked: ForceMethod | None) -> Method | None:
    if asked is None:
        old_works = section(work.tenant, "recovery", Recovery).old_password_works_until_reset
        return None if old_works else Method.EMAIL_LINK
    return None if asked is ForceMethod.AT_SIGN_IN else Method(asked.value)


ROUTES = [generate_password, send_password_reset, force_reset]
