"""Creating, changing and deleting people, whatever door they come through."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tenantry.domain.credentials.actions import first_password
from tenantry.domain.credentials.checks import words_of_new
from tenantry.domain.credentials.policy import PersonalWords
from tenantry.domain.directory.model import Person, new_person
from tenantry.domain.directory.queries import get_created_person
from tenantry.domain.groups.actions import add_user_to_groups
from tenantry.domain.provisioning.model import NewPerson, PreparedPerson
from tenantry.domain.roles.actions import assign_roles
from tenantry.domain.roles.guards import refuse_own_account, refuse_taking_over
from tenantry.domain.tenants.model import Accounts, Deletion
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.actions import change_user, create_user
from tenantry.domain.users.deletion import remove_user, restore_user
from tenantry.domain.users.errors import StateRefused
from tenantry.domain.users.model import (
    NOTHING_BESIDE,
    CleanUser,
    FirstMails,
    PasswordPending,
    User,
    UserChanges,
    UserKind,
)
from tenantry.domain.users.rules import clean_changes, clean_new_user, demanded_after, verified_after
from tenantry.domain.users.state_actions import SUSPENDED, StateSwitch, change_state
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import ReadWork, Work

SMS = "sms_otp"
PasswordCheck = Callable[[ReadWork, str, PersonalWords], Awaitable[None]]


async def prepare_person(
    work: ReadWork, new: NewPerson, check: PasswordCheck | None = None
) -> PreparedPerson:
    """Checks everything but the password, which is judged where it is hashed. Raises DomainError.

    With `check` the password of somebody whose fields are refused is looked at as well, so that all faults are named at once.
    """
    work.require(users.CREATE)
    problems = Problems()
    region = section(work.tenant, "accounts", Accounts).default_phone_region
    clean = clean_new_user(new.user, region, problems)
    if new.setup_method is not None and _setup_address(clean, new.setup_method) is None:
        needed = "a phoneNumber" if new.setup_method == SMS else "an email"
        problems.add("setupMethod", f"needs {needed} to send it to")
    if problems and new.password is not None and check is not None:
        await _gathered(problems, check(work, new.password, words_of_new(clean, work.tenant.name)))
    problems.raise_if_any()
    return PreparedPerson(new, clean)


async def create_person(work: Work, prepared: PreparedPerson, password_hash: str | None) -> Person:
    """Creates a user with roles, groups and, where a hash is given, a password.

    Without a password a person waits for their first one; how they come to it is sent unless the caller says no. Raises
    IdentifierTaken, AddressReserved, and DomainError for an unknown role or group; then nothing is written.
    """
    work.require(users.CREATE)
    new = prepared.new
    # A service never signs in on pages, so there is nothing to welcome it to.
    of_person = new.user.kind is UserKind.PERSON
    waits = password_hash is None and of_person
    if waits and new.user.password_pending is None:
        new.user.password_pending = PasswordPending.INITIAL_SETUP
    method = new.setup_method or _usual_setup(work, prepared.clean)
    setup = waits and new.send_setup and _setup_address(prepared.clean, method) is not None
    # A mail to choose the first password welcomes as well; a text message has no room for that.
    welcomed = setup and method != SMS
    mails = FirstMails(
        setup=setup,
        setup_method=method if setup else None,
        welcome=new.send_welcome and of_person and prepared.clean.email is not None and not welcomed,
    )
    beside = NOTHING_BESIDE if password_hash is None else first_password(work, password_hash)
    user = await create_user(
        work, new.user, prepared.clean, new.via, mails=mails, claim=new.claim, beside=beside
    )
    if new.roles:
        await assign_roles(work, user.id, new.roles)
    if new.groups:
        await add_user_to_groups(work, user.id, new.groups)
    if new.roles or new.groups:
        return await get_created_person(work, user)
    return new_person(user, has_password=password_hash is not None)


async def change_person(work: Work, user: User, changes: UserChanges, *, active: bool | None = None) -> bool:
    """Changes the fields of a locked user and, with `active`, suspends or reactivates them; says whether anything changed.

    Raises DomainError naming every faulty field, IdentifierTaken, and StrongerUser where an identifier, whether one is verified,
    the state, the end, or what the next sign-in asks for, of somebody who may do more than the actor would change; OwnAccount.
    """
    work.require(users.UPDATE)
    region = section(work.tenant, "accounts", Accounts).default_phone_region
    clean = clean_changes(user, changes, region)
    verified, demanded = verified_after(user, changes, clean), demanded_after(user, changes)
    wanted = (clean.email, clean.phone, clean.username, clean.valid_until, *verified, *demanded)
    present = (
        user.email,
        user.phone,
        user.username,
        user.valid_until,
        user.email_verified,
        user.phone_verified,
        user.must_change_password,
        user.must_enrol_mfa,
    )
    if active is False or _ends_sooner(user, clean):
        refuse_own_account(work.actor, user)
    if active is not None or wanted != present:
        await refuse_taking_over(work, user)
    changed = await change_user(work, user, clean, verified, demanded)
    if active is None:
        return changed
    if active and not user.blocked:
        raise StateRefused(
            "isActive", "The account is not suspended; see `status` for what keeps it from signing in."
        )
    return await change_state(work, user, SUSPENDED, on=not active) or changed


def _ends_sooner(user: User, clean: CleanUser) -> bool:
    end = clean.valid_until
    return end is not None and (user.valid_until is None or end < user.valid_until)


async def remove_person(
    work: Work, user: User, *, permanent: bool, from_admin_api: bool, reason: str | None = None
) -> datetime | None:
    """Deletes a locked user as the tenant has it for this door, or for good; says until when they can be restored.

    None means that it is for good. Raises StrongerUser, and OwnAccount for a person's own account.
    """
    work.require(users.DELETE)
    refuse_own_account(work.actor, user)
    await refuse_taking_over(work, user, users.DELETE)
    deletion = section(work.tenant, "deletion", Deletion)
    days = deletion.admin_api_retention_days if from_admin_api else deletion.retention_days
    permanently = permanent or days == 0 or user.deleted_at is not None
    until = None if permanently else work.now + timedelta(days=days)
    await remove_user(
        work,
        user,
        permanently=permanently,
        until=until,
        free_identifiers=not deletion.keep_identifiers,
        reason=reason,
    )
    return until


async def restore_person(work: Work, user: User, reason: str | None = None) -> None:
    """Brings back a locked, deleted user with their roles and groups. Raises StateRefused, StrongerUser, and IdentifierTaken or
    AddressReserved where others have their identifiers by now."""
    work.require(users.DELETE)
    await refuse_taking_over(work, user, users.DELETE)
    await restore_user(work, user, reason)


async def switch_state(
    work: Work,
    user: User,
    switch: StateSwitch,
    *,
    on: bool,
    reason: str | None = None,
    until: datetime | None = None,
) -> bool:
    """Switches a state of a locked user on somebody's behalf, as `change_state` does.

    Raises StateRefused, StrongerUser, and OwnAccount for somebody who would shut out themselves.
    """
    work.require(users.UPDATE)
    if on:
        refuse_own_account(work.actor, user)
    await refuse_taking_over(work, user)
    return await change_state(work, user, switch, on=on, reason=reason, until=until)


def _usual_setup(work: ReadWork, clean: CleanUser) -> str | None:
    """How the tenant lets new people come to a password; None, which is a link, where they cannot be reached that way."""
    usual = section(work.tenant, "accounts", Accounts).setup_method
    return usual if _setup_address(clean, usual) is not None else None


def _setup_address(clean: CleanUser, method: str | None) -> str | None:
    return clean.phone if method == SMS else clean.email


async def _gathered(problems: Problems, checking: Awaitable[None]) -> None:
    try:
        await checking
    except DomainError as refusal:
        if refusal.kind is not Kind.UNPROCESSABLE:
            raise
        for field, message in refusal.fields.items():
            problems.add(field, message)
