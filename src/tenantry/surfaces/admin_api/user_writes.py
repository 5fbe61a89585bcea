"""Users: create, change, delete, restore."""

import re
from typing import Any

import msgspec
from litestar import Response, delete, patch, post, put

from tenantry.domain.directory.queries import get_person
from tenantry.domain.provisioning.actions import (
    change_person,
    create_person,
    prepare_person,
    remove_person,
    restore_person,
)
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.users.model import NewUser, User, UserChanges, UserKind
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef, parse_ref
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_views import UserView, etag, user_view
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import decode_body, decode_query
from tenantry.surfaces.kit.works import Answer, AnyRequest, reading, write

SCOPES = ("admin:write", "admin:users")
ENTITY_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')
NEVER = -1
Maybe = msgspec.UnsetType


class CreateUser(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new user: at least one of email, phoneNumber and username. Roles and groups are slugs."""

    email: str | None = None
    username: str | None = None
    phone_number: str | None = None
    password: str | None = None
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


class UpdateUser(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Send only what changes; null clears. A body got from GET is accepted: what is read-only must then be unchanged."""

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
    is_active: bool | Maybe = msgspec.UNSET
    id: Any | Maybe = msgspec.UNSET
    blocked: Any | Maybe = msgspec.UNSET
    kind: Any | Maybe = msgspec.UNSET
    status: Any | Maybe = msgspec.UNSET
    states: Any | Maybe = msgspec.UNSET
    state_details: Any | Maybe = msgspec.UNSET
    must_change_password: Any | Maybe = msgspec.UNSET
    must_enrol_mfa: Any | Maybe = msgspec.UNSET
    mfa_enabled: Any | Maybe = msgspec.UNSET
    has_password: Any | Maybe = msgspec.UNSET
    identities: Any | Maybe = msgspec.UNSET
    roles: Any | Maybe = msgspec.UNSET
    groups: Any | Maybe = msgspec.UNSET
    application_id: Any | Maybe = msgspec.UNSET
    created_at: Any | Maybe = msgspec.UNSET
    updated_at: Any | Maybe = msgspec.UNSET
    last_login_at: Any | Maybe = msgspec.UNSET
    login_count: Any | Maybe = msgspec.UNSET
    version: Any | Maybe = msgspec.UNSET


class WholeAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The answer of GET as a whole, sent back as it came."""

    data: UpdateUser
    message: Any = None


READ_ONLY = (
    "id", "blocked", "kind", "status", "states", "state_details", "must_change_password", "must_enrol_mfa", "mfa_enabled",
    "has_password", "identities", "roles", "groups", "application_id", "created_at", "updated_at", "version",
)  # fmt: skip


class DeleteQuery(msgspec.Struct, kw_only=True):
    """`permanent=true` leaves nothing to restore, whatever the tenant's retention."""

    permanent: bool = False


def if_match(request: AnyRequest) -> int | None:
    """The version that the caller demands, or None for no demand (RFC 9110 section 13.1.1).

    Of several tags the first counts; a tag that this server never gave matches nothing.
    """
    header = request.headers.get("if-match", "").strip()
    if header in ("", "*"):
        return None
    match = ENTITY_TAG.fullmatch(header.split(",")[0].strip())
    return int(match[1]) if match else NEVER


async def user_answer(work: ReadWork, user: User, message: str) -> Answer:
    """The whole user after a change, with the ETag of their new version."""
    person = await get_person(work, UserRef(user.id, None))
    return Answer({"data": user_view(work, person), "message": message}, headers=etag(person))


@post(
    "/users",
    **promises(
        summary="Create a user",
        tag="Users",
        description=(
            "Needs at least one of `email`, `phoneNumber` and `username`. Without a password the person waits for their"
            " first one; a link to choose it is mailed unless `sendSetupEmail` is false."
        ),
        body=CreateUser,
        answer=UserView,
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

    async def prepare(work: ReadWork) -> None:
        await prepare_person(work, _new_person(decode_body(raw, CreateUser)), found.passwords.check_new)

    async def run(work: Work) -> Answer:
        prepared = await prepare_person(work, _new_person(decode_body(raw, CreateUser)))
        person = await create_person(work, prepared, hashed)
        location = f"{request.url.path}/{person.user.id}"
        return Answer(
            {"data": user_view(work, person), "message": "User created"},
            201,
            {**etag(person), "Location": location},
        )

    # An escape may hide the name of the field, so a body with one is looked into as well.
    may_have_password = b'"password"' in raw or b"\\u" in raw
    if may_have_password:
        # Counted as the write it is before anything is hashed, and once.
        await reading(request, prepare, Category.WRITE)
        password = decode_body(raw, CreateUser).password
        hashed = await found.hasher.hash(password) if password is not None else None
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
        ),
        roles=body.roles,
        groups=body.groups,
        password=body.password,
        send_setup=body.send_setup_email,
    )


UPDATE = promises(
    summary="Change a user",
    tag="Users",
    description="Send only what changes. A body got from GET is accepted back; a read-only field in it must be unchanged.",
    body=UpdateUser,
    answer=UserView,
    scopes=SCOPES,
    errors=(404, 409, 412, 422),
    body_example={"name": "Updated Name"},
)


@put("/users/{user_id:str}", **UPDATE)
async def replace_user_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request)


@patch("/users/{user_id:str}", **UPDATE)
async def change_user_fields(request: AnyRequest) -> Response[bytes]:
    return await _update(request)


async def _update(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        body = _decoded(raw)
        user = await get_user_for_change(work, parse_ref(request.path_params["user_id"]), if_match(request))
        view = user_view(work, await get_person(work, UserRef(user.id, None)))
        _refuse_changed_read_only(body, view)
        active = (
            body.is_active
            if body.is_active is not msgspec.UNSET and body.is_active != view.is_active
            else None
        )
        await change_person(work, user, _changes(body), active=active)
        return await user_answer(work, user, "User updated")

    return await write(request, run)


def _decoded(raw: bytes) -> UpdateUser:
    if raw.lstrip(b"{ \t\r\n").startswith(b'"data"'):
        return decode_body(raw, WholeAnswer).data
    return decode_body(raw, UpdateUser)


def _refuse_changed_read_only(body: UpdateUser, view: UserView) -> None:
    present = msgspec.json.decode(msgspec.json.encode(view))
    problems = Problems()
    wire_names = dict(zip(view.__struct_fields__, view.__struct_encode_fields__, strict=True))
    for name in READ_ONLY:
        sent = getattr(body, name)
        if sent is not msgspec.UNSET and sent != present[wire_names[name]]:
            problems.add(wire_names[name], "is read-only here, or has changed since you read it")
    problems.raise_if_any()


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
    )


@delete(
    "/users/{user_id:str}",
    **promises(
        summary="Delete a user",
        tag="Users",
        description="Deletes for good unless the tenant keeps deleted users for a while (`deletion.adminApiRetentionDays`).",
        query=DeleteQuery,
        scopes=SCOPES,
        errors=(404, 412),
    ),
)
async def delete_user(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        query = decode_query(request.scope["query_string"], DeleteQuery)
        ref = parse_ref(request.path_params["user_id"])
        user = await get_user_for_change(work, ref, if_match(request), with_deleted=query.permanent)
        await remove_person(work, user, permanent=query.permanent, from_admin_api=True)
        return Answer({"message": "User deleted"})

    return await write(request, run)


@post(
    "/users/{user_id:str}/restore",
    **promises(
        summary="Restore a deleted user", tag="Users", answer=UserView, scopes=SCOPES, errors=(404, 422)
    ),
)
async def restore(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        ref = parse_ref(request.path_params["user_id"])
        user = await get_user_for_change(work, ref, if_match(request), with_deleted=True)
        await restore_person(work, user)
        return await user_answer(work, user, "User restored")

    return await write(request, run)


ROUTES = [create_user, replace_user_fields, change_user_fields, delete_user, restore]
