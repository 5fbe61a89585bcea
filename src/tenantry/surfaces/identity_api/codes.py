"""Links and codes of users: send one anew, use or check one, ask what one is for."""

from litestar import Response, post

from tenantry.domain.codes.model import CodeState
from tenantry.domain.recovery.model import SCENARIOS as PASSWORD_SCENARIOS
from tenantry.domain.recovery.request_actions import resend_password_code
from tenantry.domain.tenants.model import Accounts
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.identifiers import find_by_identifier, read_identifier
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.verification.again_actions import note_ignored_resend, resend_verification
from tenantry.domain.verification.code_actions import (
    UnknownCode,
    scenario_of,
    step_of,
    try_code,
    validate_code,
)
from tenantry.domain.verification.model import SCENARIOS as VERIFICATION_SCENARIOS
from tenantry.domain.verification.model import SELF_SIGN_UP
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import Work
from tenantry.surfaces.identity_api.errors import refused
from tenantry.surfaces.identity_api.views import (
    PRIMARY,
    RECOVERY_SCENARIO,
    CodeOwner,
    IntrospectCode,
    Introspection,
    ResendCode,
    UserName,
    ValidateCode,
)
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, write

TAG = "Links and codes"
SCOPES = ("admin:users", "admin:write", "internal_user_mgt_update")
SCENARIOS = (*PASSWORD_SCENARIOS, *VERIFICATION_SCENARIOS)
EXAMPLE_TOKEN = "kT3vXo0q7mJ4cE9rWn2Zb6LdYs8HfUa1QpGi5VxBtRM"


@post(
    "/resend-code",
    **promises(
        summary="Send a user's link or code anew",
        name="resendCode",
        tag=TAG,
        description=(
            "For an expired or lost invitation, set-up, reset or verification. The new one kills the one before."
            f" `RecoveryScenario` is one of {', '.join(f'`{name}`' for name in SCENARIOS)}. Where the user does not wait for what"
            " is named, the answer is 201 as well; nothing is sent, and the audit log says so (`user.code_resend_ignored`)."
        ),
        body=ResendCode,
        status=201,
        bodiless=True,
        dialect="identity",
        scopes=SCOPES,
        body_example={
            "user": {"username": "jane", "realm": "PRIMARY"},
            "properties": [{"key": "RecoveryScenario", "value": "ASK_PASSWORD"}],
        },
    ),
)
async def resend_code(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_body(raw, ResendCode)
        scenario = _scenario(body)
        user = await _named(work, body.user)
        if scenario in PASSWORD_SCENARIOS:
            sent = await resend_password_code(work, user, scenario)
        else:
            sent = await resend_verification(work, user, scenario)
        if not sent:
            await note_ignored_resend(work, user, scenario)
        return Answer(None, 201)

    return await write(request, run)


@post(
    "/validate-code",
    **promises(
        summary="Use or check a code",
        name="validateCode",
        tag=TAG,
        description=(
            "A code that verifies an address or a number is used up, and the address or number counts as verified; one that lets"
            " somebody choose a password is only checked. A wrong, used or expired one is 400; a wrong one-time code is counted."
        ),
        body=ValidateCode,
        status=202,
        bodiless=True,
        dialect="identity",
        scopes=SCOPES,
        body_example={"code": EXAMPLE_TOKEN},
    ),
)
async def validate(request: AnyRequest) -> Response[bytes]:
    raw, sealer = await request.body(), services(request).sealer

    async def run(work: Work) -> Answer:
        refusal = await validate_code(work, decode_body(raw, ValidateCode).code, sealer)
        # Answered and not raised, so that the wrong try is committed.
        return Answer(None, 202) if refusal is None else refused(refusal)

    return await write(request, run)


@post(
    "/introspect-code",
    **promises(
        summary="Ask what a code is for",
        name="introspectCode",
        tag=TAG,
        description=(
            "Nothing is used up. A link that has expired is told of with `isExpired`; a code that is unknown, used or overtaken,"
            " and an expired one-time code, is 400."
        ),
        body=IntrospectCode,
        answer=Introspection,
        envelope=False,
        dialect="identity",
        scopes=SCOPES,
        body_example={"code": EXAMPLE_TOKEN},
        answer_example={
            "user": {"username": "jane", "realm": "PRIMARY", "tenantDomain": "acme-corp"},
            "recoveryScenario": "ASK_PASSWORD",
            "recoveryStep": "SET_PASSWORD",
            "isExpired": False,
        },
    ),
)
async def introspect(request: AnyRequest) -> Response[bytes]:
    raw, sealer = await request.body(), services(request).sealer

    async def run(work: Work) -> Answer:
        code = await try_code(work, decode_body(raw, IntrospectCode).code, sealer)
        if code is None or code.user_id is None:
            return refused(UnknownCode())
        user = await get_user(work, UserRef(code.user_id, None))
        owner = CodeOwner(user.username or user.email or user.phone or "", PRIMARY, work.tenant.slug)
        expired = code.state is CodeState.EXPIRED
        return Answer(Introspection(owner, scenario_of(code), step_of(code), expired))

    return await write(request, run)


def _scenario(body: ResendCode) -> str:
    named = [one.value for one in body.properties if one.key == RECOVERY_SCENARIO]
    if len(named) > 1:
        raise FieldError("properties", f"must have one {RECOVERY_SCENARIO}, not {len(named)}")
    scenario = (named[0] if named else "") or SELF_SIGN_UP
    if scenario not in SCENARIOS:
        problem = f"{scenario[:64]} is no {RECOVERY_SCENARIO} here; there are {', '.join(SCENARIOS)}"
        raise FieldError("properties", problem)
    return scenario


async def _named(work: Work, wanted: UserName) -> User:
    """The user, locked. Raises FieldError for another realm and for a prefix, and UserNotFound."""
    if wanted.realm.upper() not in ("", PRIMARY):
        raise FieldError("user.realm", f"{wanted.realm[:64]} is unknown; the only one is {PRIMARY}")
    region = section(work.tenant, "accounts", Accounts).default_phone_region
    user = await find_by_identifier(work, read_identifier(wanted.username, region=region))
    if user is None and "/" in wanted.username:
        raise FieldError("user.username", "must not have a prefix; the realm is named beside it")
    if user is None:
        raise UserNotFound(wanted.username)
    return await get_user_for_change(work, UserRef(user.id, None))


ROUTES = [resend_code, validate, introspect]
