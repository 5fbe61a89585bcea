"""Judging a new password: the policy's rules off the event loop, and the history through the hashing pool.

An earlier password takes a hash each to compare, and a pool under load makes its callers wait. So read the rules inside a unit
of work, leave it, and judge with `refuse_broken`: no connection is held while hashes are computed.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from tenantry.domain.credentials.breached import BreachedList
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.generated import generated_password
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import (
    BrokenRule,
    PasswordPolicy,
    PersonalWords,
    Rule,
    broken_rules,
    repeats_history,
)
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.users.model import CleanUser, User
from tenantry.kernel.work import ReadWork

_NOT_WORTH_A_HASH = frozenset({Rule.CHARACTERS, Rule.MAX_LENGTH})


class Verifier(Protocol):
    """The bounded pool that compares a password with a stored hash."""

    async def verify(self, stored: str, password: str) -> bool: ...


class Hasher(Verifier, Protocol):
    """The same pool, which judges and hashes on one visit as well."""

    async def hash(self, password: str, judge: Callable[[], None] | None = None) -> str: ...


class PasswordDesk:
    """The judge of new passwords for one process."""

    def __init__(self, hasher: Hasher, breached: BreachedList | None) -> None:
        self._hasher = hasher
        self._breached = breached

    async def check_new(self, work: ReadWork, password: str, about: PersonalWords) -> None:
        """Judges the first password of somebody who is about to be created. Raises PasswordRefused."""
        await check_password(work, password, about, None, self._hasher, self._breached)

    async def hash_new(self, policy: PasswordPolicy, password: str, about: PersonalWords) -> str:
        """The hash of the first password of somebody who is about to be created, if the policy takes it; call it outside a unit
        of work. Raises PasswordRefused and HasherBusy."""

        def judge() -> None:
            broken = broken_rules(password, policy, about, self._breached)
            if broken:
                raise PasswordRefused(broken)

        return await self._hasher.hash(password, judge)

    async def generate(self, policy: PasswordPolicy, about: PersonalWords) -> str:
        """A random password that the policy accepts."""
        return await asyncio.to_thread(generated_password, policy, about)

    async def check_change(self, rules: PasswordRules, password: str, about: PersonalWords) -> None:
        """Judges a password that replaces another; call it outside a unit of work. Raises PasswordRefused and HasherBusy."""
        await refuse_broken(rules, password, about, self._hasher, self._breached)


async def check_password(
    work: ReadWork,
    password: str,
    about: PersonalWords,
    user_id: UUID | None,
    hasher: Verifier,
    breached: BreachedList | None,
) -> None:
    """Reads the rules and judges by them, where holding the unit of work meanwhile does no harm: without a user there is no
    history to compare. Raises PasswordRefused naming every broken rule, and HasherBusy."""
    rules = await get_password_rules(work, user_id)
    await refuse_broken(rules, password, about, hasher, breached)


async def refuse_broken(
    rules: PasswordRules, password: str, about: PersonalWords, hasher: Verifier, breached: BreachedList | None
) -> None:
    """Raises PasswordRefused naming every broken rule, and HasherBusy."""
    broken = await asyncio.to_thread(broken_rules, password, rules.policy, about, breached)
    if rules.earlier and not any(one.rule in _NOT_WORTH_A_HASH for one in broken):
        broken += await _broken_history(rules, password, hasher)
    if broken:
        raise PasswordRefused(broken)


async def _broken_history(rules: PasswordRules, password: str, hasher: Verifier) -> list[BrokenRule]:
    for stored in rules.earlier:
        if await hasher.verify(stored, password):
            return [repeats_history(rules.policy.history_count)]
    return []


def words_of(user: User, tenant_name: str) -> PersonalWords:
    """What is known of a user, by which a password of theirs would be easy to guess."""
    return PersonalWords(
        email=user.email,
        username=user.username,
        given_name=user.given_name,
        family_name=user.family_name,
        tenant_name=tenant_name,
    )


def words_of_new(clean: CleanUser, tenant_name: str) -> PersonalWords:
    """The same of somebody who is about to be created."""
    return PersonalWords(
        email=clean.email,
        username=clean.username,
        given_name=clean.given_name,
        family_name=clean.family_name,
        tenant_name=tenant_name,
    )


def demands(policy: PasswordPolicy) -> list[str]:
    """What the policy asks for, in a line each, for the person who is about to choose a password."""
    lines = [f"{policy.min_length} to {policy.max_length} characters"]
    classes = (
        (policy.require_uppercase, "an upper-case letter"),
        (policy.require_lowercase, "a lower-case letter"),
        (policy.require_numbers, "a digit"),
        (policy.require_symbols, "a symbol or space"),
    )
    lines += [f"At least {text}" for wanted, text in classes if wanted]
    if policy.reject_user_info:
        lines.append("Without your name, your address or the name of the organisation")
    if policy.reject_common or policy.reject_breached:
        lines.append("Not a common or published password")
    if policy.history_count:
        lines.append("Not one that you had before")
    return lines
