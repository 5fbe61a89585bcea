"""How identifiers are read, who is kept out, and what comes next."""

from datetime import datetime
from ipaddress import ip_address, ip_network

from tenantry.domain.login.errors import AccountKeptOut
from tenantry.domain.login.model import Facts, Reason, Step
from tenantry.domain.tenants.model import Accounts, Recovery, Registration, SignIn
from tenantry.domain.tenants.rules import section
from tenantry.domain.users.fields import email_key
from tenantry.domain.users.identifiers import LONGEST, Identifiers, read_identifier
from tenantry.domain.users.model import PasswordPending, User
from tenantry.domain.users.states import is_locked
from tenantry.kernel.work import TenantFacts

STEPS = (
    (Step.PASSWORD, lambda facts: not facts.proven),
    (Step.VERIFY_EMAIL, lambda facts: facts.email_unverified),
    (Step.CHANGE_PASSWORD, lambda facts: facts.password_outdated),
)
"""Every step with what it takes that it is asked for, in their order."""


def next_step(facts: Facts) -> Step:
    """What is asked for next: the only place that knows the order of the steps."""
    return next((step for step, is_due in STEPS if is_due(facts)), Step.DONE)


def facts_of(tenant: TenantFacts, user: User, *, proven: bool = True) -> Facts:
    """The facts about a person who signs in."""
    required = section(tenant, "registration", Registration).require_email_verification
    return Facts(
        proven=proven,
        email_unverified=required and user.email is not None and not user.email_verified,
        password_outdated=user.must_change_password or user.password_pending == PasswordPending.RESET.value,
    )


def named_by(tenant: TenantFacts, typed: str) -> Identifiers:
    """What was typed, as each kind of identifier that the tenant allows to sign in with."""
    allowed = section(tenant, "signIn", SignIn).identifiers
    return read_identifier(typed, allowed, section(tenant, "accounts", Accounts).default_phone_region)


def throttle_key(typed: str) -> str:
    """What tries for one account are counted by, whether the account exists or not."""
    text = typed.strip()[:LONGEST]
    return email_key(text) or text.casefold()


def refuse_kept_out(tenant: TenantFacts, user: User, now: datetime) -> None:
    """Raises AccountKeptOut for the strongest state that an administrator has set; ask only once the password was right."""
    if user.disabled:
        raise AccountKeptOut(Reason.DISABLED)
    if user.blocked:
        raise AccountKeptOut(Reason.SUSPENDED)
    if is_locked(user, now):
        raise AccountKeptOut(Reason.LOCKED, user.locked_until)
    if user.valid_until is not None and user.valid_until <= now:
        raise AccountKeptOut(Reason.PAST_VALIDITY)
    demanded = user.password_pending == PasswordPending.RESET.value
    if demanded and not section(tenant, "recovery", Recovery).old_password_works_until_reset:
        raise AccountKeptOut(Reason.PASSWORD_RESET_PENDING)


def same_place(first: str | None, second: str | None) -> bool:
    """Whether two addresses belong to one caller: the same one, or for IPv6 the same /64, within which a household's change."""
    return _place(first) == _place(second)


def _place(ip: str | None) -> str | None:
    if ip is None or ":" not in ip:
        return ip
    try:
        return str(ip_network((ip_address(ip.partition("%")[0]), 64), strict=False))
    except ValueError:
        return ip
