"""A new user: invited, or created directly."""

from typing import Any

import msgspec
from litestar import Response, get, post

from tenantry.domain.credentials.checks import demands, words_of_new
from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson, PreparedPerson
from tenantry.domain.recovery.model import Method
from tenantry.domain.tenants.model import Accounts
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.errors import AddressReserved, IdentifierTaken
from tenantry.domain.users.fields import MAX_EMAIL, MAX_USERNAME
from tenantry.domain.users.identifiers import find_by_identifier, read_identifier
from tenantry.domain.users.model import NewUser, User, UserKind
from tenantry.domain.users.rules import MAX_NAME
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import ReadWork
from tenantry.surfaces.kit.forms import Form, decode_form
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.visitors import Person
from tenantry.surfaces.portal import new_invitation
from tenantry.surfaces.portal.addresses import USERS
from tenantry.surfaces.portal.faults import Faults
from tenantry.surfaces.portal.frame import View, address, check_ours, form_of, show
from tenantry.surfaces.portal.picks import FIELDS as PICKS
from tenantry.surfaces.portal.picks import picked_in, picks
from tenantry.surfaces.portal.user_profile import IDENTIFIERS

PATH = f"{USERS}/new"
VIEW = View("users", "portal/new_user.html")
CREATED = View("users", "portal/user_created.html")
FIELDS = (
    "kind", "email", "phoneNumber", "username", "name", "givenName", "familyName", "password", "setupMethod", "customData",
    *PICKS,
)  # fmt: skip
KINDS = (
    (UserKind.PERSON.value, "A person", "They sign in on the pages, with a password of their own."),
    (
        UserKind.SERVICE.value,
        "A service account",
        "A program or a device. It never signs in on the pages, so it has no password, and nothing is mailed to it.",
    ),
)
TOGGLES = (
    (
        "emailVerified",
        "Email verified",
        "You have made sure that the address is theirs, so nobody is asked to verify it.",
    ),
    (
        "mustChangePassword",
        "Password must be reset",
        "The password is a temporary one: they choose another at the first sign-in.",
    ),
    (
        "mustEnrolMfa",
        "Force MFA enrolment",
        "Kept with the user. Signing in does not ask for second factors yet.",
    ),
    (
        "sendWelcome",
        "Send a welcome mail",
        "It says where and as whom they sign in, without the password. It goes to the email address.",
    ),
)
SETUPS = (
    (
        Method.EMAIL_LINK.value,
        "They choose it, with a link by email",
        "It opens a page on which they choose a password.",
    ),
    (
        Method.EMAIL_OTP.value,
        "They choose it, with a code by email",
        "A one-time code that they type on the sign-in pages.",
    ),
    (
        Method.SMS_OTP.value,
        "They choose it, with a code by text message",
        "A one-time code to their phone number.",
    ),
)
PASSWORDS = (
    *SETUPS,
    ("generate", "Generate one", "You are shown it once, to hand over."),
    ("typed", "Type one", "For somebody who waits for it. Have it reset if it is a temporary one."),
    ("none", "None for now", "Nothing is sent. A password can be set later, or a link sent."),
)
METHODS = tuple(method for method, _, _ in SETUPS)
SENT = {
    Method.EMAIL_LINK.value: "A link to choose a password",
    Method.EMAIL_OTP.value: "A code to choose a password",
    Method.SMS_OTP.value: "A code to choose a password",
}
# These welcome as well.
MAILED = {Method.EMAIL_LINK.value, Method.EMAIL_OTP.value}
DEFAULTS = [("kind", UserKind.PERSON.value)]


class Ready(msgspec.Struct, frozen=True):
    """A new user whom the rules have passed, and what their password is judged by."""

    person: PreparedPerson
    policy: PasswordPolicy
    about: PersonalWords


@get(PATH, include_in_schema=False)
async def new_user(request: AnyRequest) -> Response[bytes]:
    given = decode_form(request.scope["query_string"])
    if given.get("how") == "create":
        return await _form(request, Form(DEFAULTS), Faults(FIELDS))
    return await new_invitation.show_form(request)


@post(PATH, include_in_schema=False, status_code=200)
async def make_user(request: AnyRequest) -> Response[bytes]:
    form = await form_of(request)
    if "switch" in form:
        return await _switched(request, form)
    if form.get("how") != "create":
        return await new_invitation.take_form(request, form)
    faults = Faults(FIELDS)
    try:
        ready = await _judged(request, form, faults)
        if ready is None or faults:
            return await _form(request, form, faults, 422)
        return await _created(request, form, ready)
    except DomainError as refusal:
        faults.add(refusal)
        return await _form(request, form, faults, REFUSALS[refusal.kind][0], refusal)


async def _switched(request: AnyRequest, form: Form) -> Response[bytes]:
    """The other tab, with what was typed in this one; what has no place there goes along unseen. Passwords do not."""
    person = Person(request)
    async with person.reading() as work:
        check_ours(request, form, person.session)
        work.require(users.CREATE)
    if form.get("switch") == "create":
        return await _form(request, Form([*DEFAULTS, *form.pairs]), Faults(FIELDS))
    return await new_invitation.show_form(request, Form([*new_invitation.DEFAULTS, *form.pairs]))


async def _judged(request: AnyRequest, form: Form, faults: Faults) -> Ready | None:
    """The new user with everything checked but the password; None with the faults noted."""
    person = Person(request)
    async with person.reading() as work:
        check_ours(request, form, person.session)
        # Nobody creates what the answer could not show them.
        work.require(users.READ)
        new = _wanted(form, faults)
        try:
            prepared = await prepare_person(work, new, services(request).passwords.check_new)
        except DomainError as refusal:
            faults.add(refusal)
            return None
        policy = (await get_password_rules(work, None)).policy
        return Ready(prepared, policy, words_of_new(prepared.clean, work.tenant.name))


async def _created(request: AnyRequest, form: Form, ready: Ready) -> Response[bytes]:
    """Hashes outside any unit of work, creates, and answers with the page that shows the password this once."""
    found = services(request)
    password: str | None = None
    hashed: str | None = None
    how = _how(form)
    if how == "generate":
        password = await found.passwords.generate(ready.policy, ready.about)
        hashed = await found.hasher.hash(password)
    elif how == "typed":
        password = form.get("password")
        hashed = await found.passwords.hash_new(ready.policy, password, ready.about)
    person = Person(request)
    async with person.writing() as work:
        check_ours(request, form, person.session)
        made = await create_person(work, ready.person, hashed)
    return await _show_created(request, form, made.user, password)


def _wanted(form: Form, faults: Faults) -> NewPerson:
    """What the form asks for; what cannot be read is noted as a fault."""
    service = _is_service(form)
    if form.get("kind", UserKind.PERSON.value) not in [value for value, _, _ in KINDS]:
        faults.note("kind", "choose one of these")
    how = _how(form)
    if how not in [value for value, _, _ in PASSWORDS]:
        faults.note("setupMethod", "choose one of these")
    typed = form.get("password") if how == "typed" else None
    if typed == "":
        faults.note("password", "type a password, or choose another way above")
    return NewPerson(
        user=NewUser(
            email=form.text("email"),
            phone=form.text("phoneNumber"),
            username=form.text("username"),
            name=form.text("name"),
            given_name=form.text("givenName"),
            family_name=form.text("familyName"),
            custom_data=_custom_data(form, faults),
            email_verified=form.ticked("emailVerified"),
            must_change_password=form.ticked("mustChangePassword") and how in ("generate", "typed"),
            must_enrol_mfa=form.ticked("mustEnrolMfa") and not service,
            kind=UserKind.SERVICE if service else UserKind.PERSON,
        ),
        roles=picked_in(form, "roles"),
        groups=picked_in(form, "groups"),
        password=typed or None,
        send_setup=how in METHODS,
        setup_method=how if how in METHODS else None,
        send_welcome=form.ticked("sendWelcome") and not service,
        via="portal",
    )


def _is_service(form: Form) -> bool:
    return form.get("kind") == UserKind.SERVICE.value


def _how(form: Form) -> str:
    """How they come to a password. What was chosen before it became a service is not seen any more, and not meant."""
    return "none" if _is_service(form) else form.get("passwordBy")


def _custom_data(form: Form, faults: Faults) -> dict[str, Any]:
    text = form.text("customData")
    if text is None:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.ValidationError:
        faults.note("customData", 'must be a JSON object, such as {"plan": "pro"}')
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        faults.note("customData", f"is not JSON: {error}")
    return {}


async def _form(
    request: AnyRequest, form: Form, faults: Faults, status: int = 200, refusal: DomainError | None = None
) -> Response[bytes]:
    async def build(work: ReadWork) -> dict[str, Any]:
        policy = (await get_password_rules(work, None)).policy
        usual = section(work.tenant, "accounts", Accounts).setup_method
        return {
            **new_invitation.tabs_of(request, "create"),
            **await picks(work, form, faults),
            "form": Form([("passwordBy", usual), *form.pairs]),
            "carried": [(name, value) for name, value in form.pairs if name in new_invitation.OWN],
            "kinds": KINDS,
            "problems": faults.under,
            "on_top": faults.on_top,
            "faulty": bool(faults),
            "existing": await _existing(work, request, form, faults, refusal),
            "demands": demands(policy),
            "longest": {
                "email": MAX_EMAIL,
                "username": MAX_USERNAME,
                "name": MAX_NAME,
                "password": policy.max_length,
            },
            "ways": PASSWORDS,
            "toggles": TOGGLES,
        }

    return await show(request, VIEW, build, status)


async def _existing(
    work: ReadWork, request: AnyRequest, form: Form, faults: Faults, refusal: DomainError | None
) -> dict[str, tuple[str, str]]:
    """By its field, where the user is who has an identifier already, and what to do there; who is deleted is said to be."""
    if not isinstance(refusal, IdentifierTaken | AddressReserved) or not work.actor.may(users.READ):
        return {}
    field = refusal.field if isinstance(refusal, IdentifierTaken) else "email"
    region = section(work.tenant, "accounts", Accounts).default_phone_region
    named = read_identifier(form.get(field), (IDENTIFIERS[field],), region)
    owner = await find_by_identifier(work, named, with_deleted=True)
    if owner is None:
        return {}
    there = address(request, f"{USERS}/{owner.id}")
    if owner.deleted_at is None:
        return {field: (there, "Edit that user")}
    faults.replace(field, f"A deleted user has this {'phone number' if field == 'phoneNumber' else field}")
    return {field: (there, "Open the deleted user")}


async def _show_created(request: AnyRequest, form: Form, user: User, password: str | None) -> Response[bytes]:
    sign_in = f"{services(request).settings.address}/t/{request.path_params['tenant']}/login"
    identifiers = [
        (label, value)
        for label, value in (("Email", user.email), ("Phone", user.phone), ("Username", user.username))
        if value
    ]
    service, how = _is_service(form), _how(form)
    where = [] if service else [("Sign in at", sign_in)]
    everything = [*identifiers, *([("Password", password)] if password else []), *where]

    async def build(_: ReadWork) -> dict[str, Any]:
        return {
            "user": user,
            "title": user.name or identifiers[0][1],
            "identifiers": identifiers,
            "sign_in": sign_in,
            "password": password,
            "service": service,
            "sent": SENT.get(how, ""),
            "sent_to": user.phone if how == Method.SMS_OTP.value else user.email,
            "welcomed": form.ticked("sendWelcome")
            and user.email is not None
            and not service
            and how not in MAILED,
            "everything": "\n".join(f"{label}: {value}" for label, value in everything),
        }

    return await show(request, CREATED, build)


ROUTES = [new_user, make_user]
