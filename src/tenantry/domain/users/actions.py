"""What can be done with users: create and change. Writes `users` and `user_activity` only."""

from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.users import permissions
from tenantry.domain.users.errors import FIELDS, RESERVED, AddressReserved, IdentifierTaken
from tenantry.domain.users.events import (
    UserCreated,
    UserEmailVerified,
    UserUnlocked,
    UserUpdated,
)
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.lockout import REASON as LOCKOUT
from tenantry.domain.users.lockout import clear_lockout
from tenantry.domain.users.model import NO_MAILS, NOTHING_BESIDE, Beside, CleanUser, FirstMails, NewUser, User
from tenantry.domain.users.states import note
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.events import changes as differences
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work, as_json

CHANGEABLE = (
    "email", "phone", "username", "name", "given_name", "family_name", "picture", "locale", "zoneinfo",
    "profile", "custom_data", "email_verified", "phone_verified", "valid_until",
    "must_change_password", "must_enrol_mfa",
)  # fmt: skip
_STORED = """
    with stored as (
        insert into users (
            id, kind, email, email_key, email_verified, phone, phone_verified, username, username_key,
            name, given_name, family_name, picture, locale, zoneinfo, profile, custom_data,
            blocked, state_notes, password_pending, must_change_password, must_enrol_mfa,
            application_id, valid_until, created_at, updated_at)
        values (
            %s, %s, %s, free_address(%s, %s, %s), %s, %s, %s, %s, %s,
            %s, %s, %s, %s, %s, %s, %s, %s,
            %s, %s, %s, %s, %s,
            %s, %s, %s, %s)
        returning id
    )
"""
_ACTIVITY = """
    insert into user_activity (user_id)
    select id
    from stored
"""
INSERT_USER = _STORED + _ACTIVITY


async def create_user(
    work: Work,
    new: NewUser,
    clean: CleanUser,
    via: str,
    *,
    mails: FirstMails = NO_MAILS,
    claim: UUID | None = None,
    beside: Beside = NOTHING_BESIDE,
) -> User:
    """Stores a user whose fields the rules have passed.

    `via` says through which door (`admin_api`, `import` ...); `mails` is what those who react are to send; `claim` is the
    invitation that may hold the address back; `beside` is what others keep of a new user. Raises IdentifierTaken naming the
    field, and AddressReserved; two creates that race are decided by the unique index.
    """
    work.require(permissions.CREATE)
    user = _fresh(work, new, clean)
    with identifiers_unique():
        await work.db.run(
            _STORED + beside.rows + _ACTIVITY,
            (
                user.id, user.kind, user.email, clean.email_key, claim, work.now, user.email_verified,
                user.phone, user.phone_verified, user.username, clean.username_key,
                user.name, user.given_name, user.family_name, user.picture, user.locale, user.zoneinfo,
                as_json(user.profile), as_json(user.custom_data),
                user.blocked, as_json(user.state_notes), user.password_pending,
                user.must_change_password, user.must_enrol_mfa,
                user.application_id, user.valid_until, work.now, work.now,
                *beside.values,
            ),
        )  # fmt: skip
    data: dict[str, Any] = {
        "via": via,
        "passwordPending": user.password_pending is not None,
        "sendSetup": mails.setup,
        "sendWelcome": mails.welcome,
    }
    if mails.setup_method is not None:
        data["setupMethod"] = mails.setup_method
    work.record(UserCreated(target_id=user.id, data=data, personal={"email": user.email, "name": user.name}))
    return user


def _fresh(work: Work, new: NewUser, clean: CleanUser) -> User:
    notes = {"suspended": note(None, work.actor.label, work.now)} if new.blocked else {}
    return User(
        id=new_id(),
        kind=new.kind.value,
        email=clean.email,
        email_verified=new.email_verified and clean.email is not None,
        phone=clean.phone,
        phone_verified=new.phone_verified and clean.phone is not None,
        username=clean.username,
        name=clean.name,
        given_name=clean.given_name,
        family_name=clean.family_name,
        picture=clean.picture,
        locale=clean.locale,
        zoneinfo=clean.zoneinfo,
        profile=clean.profile,
        custom_data=clean.custom_data,
        blocked=new.blocked,
        locked=False,
        locked_until=None,
        disabled=False,
        state_notes=notes,
        password_pending=new.password_pending.value if new.password_pending else None,
        phone_pending=False,
        must_change_password=new.must_change_password,
        must_enrol_mfa=new.must_enrol_mfa,
        mfa_enabled=False,
        application_id=new.application_id,
        created_at=work.now,
        updated_at=work.now,
        deleted_at=None,
        version=1,
        valid_until=clean.valid_until,
    )


async def change_user(
    work: Work,
    user: User,
    clean: CleanUser,
    verified: tuple[bool, bool],
    demanded: tuple[bool, bool] | None = None,
) -> bool:
    """Lays the checked fields and the two verification flags (email, phone) over a locked user; says whether anything changed.

    `demanded` is what the next sign-in asks for (a new password, a second factor), None for what it asks for already. A changed
    address or number is unverified again unless the flag comes with it. Raises IdentifierTaken and AddressReserved.
    """
    work.require(permissions.UPDATE)
    must_change, must_enrol = demanded or (user.must_change_password, user.must_enrol_mfa)
    after = msgspec.structs.replace(
        user,
        **{name: getattr(clean, name) for name in CHANGEABLE if hasattr(clean, name)},
        email_verified=verified[0] and clean.email is not None,
        phone_verified=verified[1] and clean.phone is not None,
        must_change_password=must_change,
        must_enrol_mfa=must_enrol,
    )
    found = differences(user, after, CHANGEABLE)
    if not found:
        return False
    # Another address, set by somebody who may, ends a change that was under way and what could take an earlier one back.
    moved = clean.email_key != (None if user.email is None else email_key(user.email))
    with identifiers_unique():
        await work.db.run(
            """
            with given_up as (
                delete from address_claims
                where owner = %s
                  and purpose in ('email_change', 'email_revert')
                  and %s
            )
            update users
            set email = %s, email_key = free_address(%s, %s, %s), phone = %s, username = %s, username_key = %s,
                name = %s, given_name = %s, family_name = %s, picture = %s, locale = %s, zoneinfo = %s,
                profile = %s, custom_data = %s, email_verified = %s, phone_verified = %s, valid_until = %s,
                must_change_password = %s, must_enrol_mfa = %s,
                phone_pending = phone_pending and not %s and phone is not distinct from %s,
                pending_email = case when not %s then pending_email end,
                pending_email_key = case when not %s then pending_email_key end,
                updated_at = %s,
                version = version + 1
            where id = %s
            """,
            (
                user.id, moved,
                clean.email, clean.email_key, user.id, work.now, clean.phone, clean.username, clean.username_key,
                clean.name, clean.given_name, clean.family_name, clean.picture, clean.locale, clean.zoneinfo,
                as_json(clean.profile), as_json(clean.custom_data), after.email_verified, after.phone_verified,
                clean.valid_until, must_change, must_enrol, after.phone_verified, clean.phone, moved, moved, work.now, user.id,
            ),
        )  # fmt: skip
    personal = {"email": user.email, "name": user.name, "changes": found}
    work.record(UserUpdated(target_id=user.id, data={"fields": sorted(found)}, personal=personal))
    if after.email_verified and "email_verified" in found:
        work.record(UserEmailVerified(target_id=user.id, personal={"email": after.email}))
    return True


async def set_password_facts(
    work: Work, user_id: UUID, pending: str | None, *, must_change: bool, end_sign_ins: bool
) -> None:
    """Keeps what a new password means for the person's state; `end_sign_ins` ends every session and token.

    A change of address under way ends as well: somebody who had got into the account may have asked for it.
    """
    work.require(permissions.UPDATE)
    await work.db.run(
        """
        with given_up as (
            delete from address_claims
            where owner = %s
              and purpose = 'email_change'
        )
        update users
        set password_pending = %s,
            must_change_password = %s,
            credential_epoch = credential_epoch + %s,
            pending_email = null,
            pending_email_key = null,
            locked = false,
            locked_until = null,
            state_notes = state_notes - array['locked', 'pending_password_reset'],
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (user_id, pending, must_change, 1 if end_sign_ins else 0, work.now, user_id),
    )
    if await clear_lockout(work, user_id):
        work.record(UserUnlocked(target_id=user_id, data={"reason": LOCKOUT}))


async def set_mfa_facts(work: Work, user_id: UUID, *, enabled: bool) -> None:
    """Keeps whether the person has a second factor, as the factors' own table says."""
    work.require(permissions.UPDATE)
    await work.db.run(
        """
        update users
        set mfa_enabled = %s,
            version = version + 1,
            updated_at = %s
        where id = %s
        """,
        (enabled, work.now, user_id),
    )


class identifiers_unique:  # noqa: N801 - reads as a phrase at the `with`
    """Turns a broken unique index of `users` into IdentifierTaken, and an address that is held back into AddressReserved."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ConstraintBroken) and error.constraint == RESERVED:
            raise AddressReserved from error
        if isinstance(error, ConstraintBroken) and error.constraint in FIELDS:
            raise IdentifierTaken(FIELDS[error.constraint]) from error
