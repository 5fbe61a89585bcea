"""Users: their password and factors."""

import msgspec
from litestar import HttpMethod, Response, post, route

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.credentials.checks import words_of
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import PersonalWords
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.factors.actions import reset_factors
from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_views import UserView
from tenantry.surfaces.admin_api.user_writes import SCOPES
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, reading, write

READ_SCOPES = ("admin:read", *SCOPES)
DEEPEST = 100_000


class SetPassword(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new password; a temporary one must be changed at the next sign-in. `notify` tells the user by mail that there is a new
    one, without the password itself."""

    password: str
    temporary: bool = False
    notify: bool = False


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No fields: an empty body, or an empty object."""


@route(
    "/users/{user_id:str}/password",
    http_method=(HttpMethod.PUT, HttpMethod.POST),
    **promises(
        summary="Set a user's password",
        name="setUserPassword",
        tag="Users",
        description=(
            "Sets the password at once, lifts a lock and a demanded reset, and ends every session, token and open link of the"
            " user. A password that breaks the tenant's policy is refused with every broken rule named in `details`, as in"
            " `password.minLength`."
        ),
        body=SetPassword,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412, 422, 503),
        body_example={"password": "SecurePass123!", "temporary": True},
    ),
)
async def set_password(request: AnyRequest) -> Response[bytes]:
    """Reads and judges first and hashes outside any unit of work, so that no connection waits for a hash."""
    raw = await request.body()
    found = services(request)

    async def prepare(work: ReadWork) -> tuple[str, PersonalWords, PasswordRules]:
        password = decode_body(raw, SetPassword).password
        user = await get_user(work, parse_ref(request.path_params["user_id"]))
        # Before the password is looked at: whether it was theirs before is an answer that only their equal may have.
        await refuse_taking_over(work, user)
        return password, words_of(user, work.tenant.name), await get_password_rules(work, user.id)

    password, about, rules = await reading(request, prepare, Category.WRITE)
    password_hash = ""
    refusal: PasswordRefused | None = None
    try:
        await found.passwords.check_change(rules, password, about)
        password_hash = await found.hasher.hash(password)
    except PasswordRefused as refused:
        # Kept until the unit of work, where a repeated Idempotency-Key is answered first: the password that the first
        # request set is in the history by now.
        refusal = refused

    async def run(work: Work) -> Answer:
        user = await locked_user(work, request)
        await refuse_taking_over(work, user)
        if refusal is not None:
            raise refusal
        body = decode_body(raw, SetPassword)
        await store_password(
            work, user, password_hash, temporary=body.temporary, by_admin=True, notify=body.notify
        )
        return await user_answer(work, user, "Password updated")

    return await write(request, run, counted_already=True)


@post(
    "/users/{user_id:str}/mfa/reset",
    **promises(
        summary="Remove all second factors of a user",
        name="resetUserMfa",
        tag="Users",
        description="The user enrols anew at the next sign-in where the tenant demands a second factor.",
        body=Nothing,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 412),
    ),
)
async def reset_mfa(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        decode_body(raw, Nothing)
        user = await locked_user(work, request)
        await reset_factors(work, user)
        return await user_answer(work, user, "MFA reset")

    return await write(request, run)


ROUTES = [
    set_password,
    reset_mfa,
]
