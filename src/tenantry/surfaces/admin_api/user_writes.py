"""Users: create, change, delete, restore."""

from typing import Any, Literal

import msgspec
from litestar import Response, delete, post, route

from tenantry.domain.credentials.checks import words_of_new
from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.directory.queries import get_person
from tenantry.domain.privacy.actions import erase_person
from tenantry.domain.provisioning.actions import (
    change_person,
    create_person,
    prepare_person,
    remove_person,
    restore_person,
)
from tenantry.domain.provisioning.model import NewPerson, PreparedPerson
from tenantry.domain.users.model import NewUser, UserChanges, UserKind
from tenantry.domain.users.references import UserRef
from tenantry.kernel.problems import FieldError, clean_text
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.answers import created
from tenantry.surfaces.admin_api.changes import TAKES_BACK, refuse_changed, takes_back
from tenantry.surfaces.admin_api.foreign_passwords import DESCRIPTION, hash_from_elsewhere
from tenantry.surfaces.admin_api.user_answers import locked_user, user_answer
from tenantry.surfaces.admin_api.user_views import UserView, UserWithPassword, etag, showing, user_view
from tenantry.surfaces.kit.contract import PUT_OR_PATCH, promises
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import Moment, decode_body, decode_change, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, reading, write

SCOPES = ("admin:write", "admin:users")
INSTEAD = {
    "blocked": "POST …/block or POST …/unblock",
    "status": "POST …/block, …/lock or …/disable and their opposites",
    "states": "POST …/block, …/lock or …/disable and their opposites",
    "stateDetails": "POST …/block, …/lock or …/disable and their opposites",
    "mfaEnabled": "POST …/mfa/reset",
    "roles": "PUT …/roles",
    "groups": "PUT …/groups",
}
Maybe = msgspec.UnsetType


class CreateUser(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new user: at least one of email, phoneNumber and username. Roles and groups are slugs. `mustChangePassword` is for a
    password that somebody else knows; `generatePassword` has the server make one up, which the answer shows this once."""

    email: str | None = None
    username: str | None = None
    phone_number: str | None = None
    password: str | None = None
    password_digest: str | dict[str, Any] | None = None
    password_algorithm: str | None = None
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    picture: str | None = None
    locale: str | None = None
    zoneinfo: str | None = None
    profile: dict[str, Any] = msgspec.field(default_factory=dict)
    custom_data: dict[str, Any] = msgspec.field(default_factory=dict)
    roles: list[str] = msgspec.field(default_factory=list)
    groups: list[str] = msgspec.field(default_factory=list)
    email_verified: bool = False
    phone_number_verified: bool = False
    is_active: bool = True
    kind: UserKind = UserKind.PERSON
    must_change_password: bool = False
    must_enrol_mfa: bool = False
    send_setup_email: bool = True
    setup_method: Literal["email_link", "email_otp", "sms_otp"] | None = None
    send_welcome_email: bool = False
    generate_password: bool = False
    valid_until: Moment | None = None


class Prepared(msgspec.Struct, frozen=True):
    """A body whose fields the rules have passed, and what its password is judged by."""

    body: CreateUser
    person: PreparedPerson
    foreign_hash: str | None
    policy: PasswordPolicy
    about: PersonalWords


@takes_back(UserView)
class UpdateUser(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Send only what changes; null clears."""

    email: str | None | Maybe = msgspec.UNSET
    username: str | None | Maybe = msgspec.UNSET
    phone_number: str | None | Maybe = msgspec.UNSET
    name: str | None | Maybe = msgspec.UNSET
    given_name: str | None | Maybe = msgspec.UNSET
    family_name: str | None | Maybe = msgspec.UNSET
    picture: str | None | Maybe = msgspec.UNSET
    locale: str | None | Maybe = msgspec.UNSET
    zoneinfo: str | None | Maybe = msgspec.UNSET
    profile: dict[str, Any] | Maybe = msgspec.UNSET
    custom_data: dict[str, Any] | Maybe = msgspec.UNSET
    email_verified: bool | Maybe = msgspec.UNSET
    phone_number_verified: bool | Maybe = msgspec.UNSET
    must_change_password: bool | Maybe = msgspec.UNSET
    must_enrol_mfa: bool | Maybe = msgspec.UNSET
    is_active: bool | Maybe = msgspec.UNSET
    valid_until: Moment | None | Maybe = msgspec.UNSET


LONGEST_REASON = 500


class DeleteQuery(msgspec.Struct, kw_only=True):
    """`permanent=true` leaves nothing to restore, whatever the tenant's retention; `erase=true` makes the audit log forget who
    the person was as well. `reason` goes into the audit log."""

    permanent: bool = False
    erase: bool = False
    reason: str | None = None


class RestoreUser(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, as it stands in the audit log. An empty body is fine."""

    reason: str | None = None


@post(
    "/users",
    **promises(
        summary="Create a user",
        tag="Users",
        description=(
            "Needs at least one of `email`, `phoneNumber` and `username`. Without a password the person waits for their"
            " first one, and are sent what `setupMethod`, or else the tenant's setting `accounts.setupMethod`, says: a link by"
            " mail, unless changed. With `sendSetupEmail: false` nothing is sent."
            " With `generatePassword` the server makes up a password, and `password` in the answer shows it this once; a"
            " replay for the same Idempotency-Key is without it. `sendWelcomeEmail` tells a person where and as whom they sign"
            " in; a mail to choose the first password does that anyway. `isActive: false` creates a user who is blocked until"
            f" somebody unblocks them.{DESCRIPTION}"
        ),
        body=CreateUser,
        answer=UserWithPassword,
        status=201,
        scopes=SCOPES,
        errors=(409, 422),
        body_example={
            "email": "newuser@example.com",
            "name": "New User",
            "password": "SecurePass123!",
            "roles": ["developer"],
            "emailVerified": True,
        },
    ),
)
async def create_user(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()
    found = services(request)
    hashed: str | None = None
    shown: str | None = None
    prepared: Prepared | None = None

    async def prepare(work: ReadWork) -> Prepared:
        body = decode_body(raw, CreateUser)
        if body.generate_password and body.password is not None:
            raise FieldError("generatePassword", "leave out either this or password")
        person = await prepare_person(work, _new_person(body), found.passwords.check_new)
        foreign_hash = hash_from_elsewhere(body)
        policy = (await get_password_rules(work, None)).policy
        return Prepared(body, person, foreign_hash, policy, words_of_new(person.clean, work.tenant.name))

    async def run(work: Work) -> Answer:
        ready = prepared or await prepare(work)
        person = await create_person(work, ready.person, hashed or ready.foreign_hash)
        view = user_view(work, person)
        answer = created(request, person.user.id, view, "User created")
        answer.headers |= etag(person)
        return answer if shown is None else showing(answer, view, shown)

    # An escape may hide the name of the field, so a body with one is looked into as well.
    may_have_password = b'assword"' in raw or b"\\u" in raw
    if may_have_password:
        # Counted as the write it is before anything is hashed, and once.
        prepared = await reading(request, prepare, Category.WRITE)
        password = prepared.body.password
        if prepared.body.generate_password:
            shown = await found.passwords.generate(prepared.policy, prepared.about)
            hashed = await found.hasher.hash(shown)
        elif password is not None:
            hashed = await found.passwords.hash_new(prepared.policy, password, prepared.about)
    return await write(request, run, counted_already=may_have_password)


def _new_person(body: CreateUser) -> NewPerson:
    return NewPerson(
        user=NewUser(
            email=body.email,
            phone=body.phone_number,
            username=body.username,
            name=body.name,
            given_name=body.given_name,
            family_name=body.family_name,
            picture=body.picture,
            locale=body.locale,
            zoneinfo=body.zoneinfo,
            profile=body.profile,
            custom_data=body.custom_data,
            email_verified=body.email_verified,
            phone_verified=body.phone_number_verified,
            kind=body.kind,
            blocked=not body.is_active,
            must_change_password=body.must_change_password,
            must_enrol_mfa=body.must_enrol_mfa,
            valid_until=body.valid_until,
        ),
        roles=body.roles,
        groups=body.groups,
        password=body.password,
        send_setup=body.send_setup_email,
        setup_method=body.setup_method,
        send_welcome=body.send_welcome_email,
    )


@route(
    "/users/{user_id:str}",
    http_method=PUT_OR_PATCH,
    **promises(
        summary="Change a user",
        name="updateUser",
        tag="Users",
        description=(
            f"{TAKES_BACK} `isActive: false` blocks the user and `true` unblocks them, as `/block` and `/unblock` do; `/lock` and"
            " `/disable` are other states. A new email address or number is unverified unless the body says that it is verified."
            " `mustChangePassword` asks for a new password at the next sign-in and ends no session, unlike"
            " `…/password/force-reset`."
        ),
        body=UpdateUser,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 409, 412, 422),
        body_example={"name": "Updated Name"},
    ),
)
async def update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = decode_change(raw, UpdateUser)
        user = await locked_user(work, request)
        view = user_view(work, await get_person(work, UserRef(user.id, None)))
        refuse_changed(body, view, INSTEAD)
        active = (
            body.is_active
            if body.is_active is not msgspec.UNSET and body.is_active != view.is_active
            else None
        )
        await change_person(work, user, _changes(body), active=active)
        return await user_answer(work, user, "User updated")

    return await write(request, run)


def _changes(body: UpdateUser) -> UserChanges:
    return UserChanges(
        email=body.email,
        phone=body.phone_number,
        username=body.username,
        name=body.name,
        given_name=body.given_name,
        family_name=body.family_name,
        picture=body.picture,
        locale=body.locale,
        zoneinfo=body.zoneinfo,
        profile=body.profile,
        custom_data=body.custom_data,
        email_verified=body.email_verified,
        phone_verified=body.phone_number_verified,
        must_change_password=body.must_change_password,
        must_enrol_mfa=body.must_enrol_mfa,
        valid_until=body.valid_until,
    )


@delete(
    "/users/{user_id:str}",
    **promises(
        summary="Delete a user",
        tag="Users",
        description=(
            "Deletes the user and all that belongs to them; the audit log keeps its entries. **This is for good**, unless the"
            " tenant's setting `deletion.adminApiRetentionDays` (0 by default) is above 0: then the user can be restored for so"
            " many days, and is listed under `?status=deleted` meanwhile. `?permanent=true` deletes for good whatever that"
            " setting says, also a user who is deleted already. `?erase=true` does the same and takes the person out of the audit"
            " log: the entries stay, names and addresses become `[redacted]`. The answer says what was done."
        ),
        query=DeleteQuery,
        scopes=SCOPES,
        errors=(404, 412, 422),
    ),
)
async def delete_user(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        query = decode_query(request.scope["query_string"], DeleteQuery)
        reason = clean_text("reason", query.reason, LONGEST_REASON)
        user = await locked_user(work, request, with_deleted=query.permanent or query.erase)
        if query.erase:
            await erase_person(work, user, reason)
            return Answer({"message": "User deleted for good and erased from the audit log"})
        until = await remove_person(work, user, permanent=query.permanent, from_admin_api=True, reason=reason)
        if until is None:
            return Answer({"message": "User deleted for good"})
        return Answer({"message": f"User deleted; they can be restored until {until:%Y-%m-%d %H:%M} UTC"})

    return await write(request, run)


@post(
    "/users/{user_id:str}/restore",
    **promises(
        summary="Restore a deleted user",
        name="restoreUser",
        tag="Users",
        description=(
            "Brings back a user who was deleted while the tenant keeps deleted users (`deletion.adminApiRetentionDays` for this"
            " API), with their roles and groups; `?status=deleted` lists them. Whoever was deleted for good is gone: 404."
        ),
        body=RestoreUser,
        answer=UserView,
        scopes=SCOPES,
        errors=(404, 409, 412, 422),
        body_example={"reason": "Deleted by mistake"},
    ),
)
async def restore(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        reason = clean_text("reason", decode_body(raw, RestoreUser).reason, LONGEST_REASON)
        user = await locked_user(work, request, with_deleted=True)
        await restore_person(work, user, reason)
        return await user_answer(work, user, "User restored")

    return await write(request, run)


ROUTES = [create_user, update, delete_user, restore]
