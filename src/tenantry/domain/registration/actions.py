"""What can be done about registration: count a try, check what was typed, sign up, tell the owner of an address that is taken."""

from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.model import NewPerson, PreparedPerson
from tenantry.domain.registration import permissions
from tenantry.domain.registration.events import RegistrationAttempted
from tenantry.domain.registration.model import Applicant
from tenantry.domain.registration.rules import refuse_closed, refuse_foreign_domain
from tenantry.domain.roles.offering import known_roles
from tenantry.domain.tenants.model import Registration, Throttling
from tenantry.domain.tenants.rules import section
from tenantry.domain.throttles.actions import Throttle, count_tries
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import NewUser, User
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.domain.verification.actions import request_email_verification
from tenantry.kernel.events import Outcome
from tenantry.kernel.problems import FieldError
from tenantry.kernel.work import ReadWork, Work

SELF_SIGN_UP = "SELF_SIGN_UP"


async def count_registration(work: Work, network: str) -> TooOften | None:
    """Counts one try against the address that it comes from; the refusal is given, so that the caller commits the count first."""
    work.require(permissions.REGISTER)
    most = section(work.tenant, "throttling", Throttling).registrations_per_address
    return await count_tries(work, [Throttle("registration.address", network, most)])


async def prepare_registration(work: ReadWork, applicant: Applicant) -> PreparedPerson:
    """Checks what was typed, whoever has the address. Raises RegistrationClosed, and DomainError naming every faulty field."""
    work.require(permissions.REGISTER)
    settings = section(work.tenant, "registration", Registration)
    refuse_closed(settings)
    if not applicant.email.strip():
        raise FieldError("email", "must not be empty")
    new = NewPerson(user=NewUser(email=applicant.email, name=applicant.name), via="registration")
    prepared = await prepare_person(work, new)
    assert prepared.clean.email_key is not None
    refuse_foreign_domain(settings, prepared.clean.email_key)
    return prepared


async def register(work: Work, prepared: PreparedPerson, password_hash: str) -> User:
    """Makes the account, with the roles that the tenant gives to everybody who signs up, and has its address verified by mail.

    A role that was deleted, or that brings rights in the administration, is left out. Raises IdentifierTaken and
    AddressReserved; then nothing is written.
    """
    work.require(permissions.REGISTER)
    wanted = section(work.tenant, "registration", Registration).assign_roles
    prepared.new.roles = [role.slug for role in await known_roles(work, wanted) if not role.permissions]
    user = (await create_person(work, prepared, password_hash)).user
    await request_email_verification(work, user, scenario=SELF_SIGN_UP)
    return user


async def note_attempt(work: Work, prepared: PreparedPerson, *, invited: bool) -> None:
    """Notes that somebody tried to sign up with an address that is taken; its user, if it is one's, is told by mail. Without a
    user the address is not kept: nothing would lead to it when its owner is to be forgotten."""
    work.require(permissions.REGISTER)
    key = prepared.clean.email_key
    try:
        user = await get_user(work, UserRef(None, key))
    except UserNotFound:
        user = None
    reason = "taken" if user is not None else "invited" if invited else "reserved"
    work.record(
        RegistrationAttempted(
            target_id=None if user is None else user.id,
            outcome=Outcome.DENIED,
            data={"reason": reason},
            personal={} if user is None else {"email": user.email},
        )
    )
