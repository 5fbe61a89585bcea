"""The desk at which people sign in: it leads through the steps, between units of work, for pages and programs alike.

A hash takes as long as everything else together, so none is computed while a connection is held. Whatever was typed, exactly
one is: for an account that does not exist, is locked out or has no password it is a dummy of the same cost. What went wrong is
written in a unit of work of its own, which a refusal does not undo.
"""

from typing import Protocol
from uuid import UUID

from tenantry.domain.credentials.actions import replace_hash, store_password
from tenantry.domain.credentials.checks import demands, words_of
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.hashing import HasherBusy
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import BrokenRule, PersonalWords, Rule
from tenantry.domain.credentials.queries import get_password_rules
from tenantry.domain.login.actions import (
    count_try,
    end_attempt,
    hold_attempt,
    keep_attempt,
    note_failure,
    note_wrong_password,
    sign_in,
    start_attempt,
)
from tenantry.domain.login.errors import AccountKeptOut, AttemptEnded, OtherStep, WrongCredentials
from tenantry.domain.login.model import (
    METHOD_PASSWORD,
    Attempt,
    Candidate,
    Credentials,
    Progress,
    Reason,
    Step,
    Visitor,
    Waiting,
)
from tenantry.domain.login.opening import OpenByAttempt, opening_for
from tenantry.domain.login.queries import find_candidate, find_candidate_by_id
from tenantry.domain.login.rules import facts_of, next_step, refuse_kept_out
from tenantry.domain.login.verifying import confirm_typed, resend, send_once
from tenantry.domain.sessions.errors import SignInRefused, TooManySessions
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users.model import User
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import Work, Works

SAME_PASSWORD = BrokenRule(Rule.HISTORY, "must differ from the present password")


class Hasher(Protocol):
    """The bounded pool that hashes passwords off the event loop."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, stored: str | None, password: str) -> bool: ...

    def needs_rehash(self, stored: str) -> bool: ...


class Judge(Protocol):
    """Judges a new password by the tenant's rules."""

    async def check_change(self, rules: PasswordRules, password: str, about: PersonalWords) -> None: ...


class SignInDesk:
    """The desk of one process."""

    def __init__(self, works: Works, hasher: Hasher, judge: Judge, sealer: Sealer) -> None:
        self._works = works
        self._hasher = hasher
        self._judge = judge
        self._sealer = sealer

    async def with_password(self, visitor: Visitor, typed: Credentials) -> Progress:
        """The first step. Raises TooOften, HasherBusy, WrongCredentials, AccountKeptOut and TooManySessions."""
        candidate = await self._candidate(visitor, typed)
        stored = None if candidate is None or candidate.locked_out else candidate.password_hash
        right = await self._hasher.verify(stored, typed.password)
        if candidate is None or stored is None or not right:
            async with self._works.write(opening_for(visitor), visitor.request_id) as work:
                await note_wrong_password(work, candidate)
            raise WrongCredentials
        fresh = await self._rehashed(stored, typed.password)
        try:
            try:
                return await self._entered(visitor, typed, candidate, fresh, look_again=False)
            except SignInRefused:
                # Something about the account changed while the password was hashed.
                return await self._entered(visitor, typed, candidate, fresh, look_again=True)
        except (AccountKeptOut, SignInRefused, TooManySessions) as refusal:
            await self._note(visitor, candidate.user, refusal)
            if isinstance(refusal, SignInRefused):
                # Some state came between: whoever tries again is told of it, if they may be.
                raise WrongCredentials from refusal
            raise

    async def waiting(self, visitor: Visitor, token: str) -> Waiting:
        """What the next step of an attempt asks for. Raises AttemptEnded."""
        opener = OpenByAttempt(visitor, token, self._works.clock)
        async with self._works.read(opener, visitor.request_id) as work:
            attempt = _found(opener)
            candidate = _present(await find_candidate_by_id(work, attempt.user_id))
            user = candidate.user
            policy = (await get_password_rules(work, user.id)).policy
            return Waiting(
                step=next_step(facts_of(work.tenant, user)),
                tenant=work.tenant,
                account=user.email or user.username or user.phone or "",
                email=user.email,
                rules=tuple(demands(policy)),
                shortest=policy.min_length,
                longest=policy.max_length,
            )

    async def with_new_password(self, visitor: Visitor, token: str, password: str) -> Progress:
        """The step in which an outdated password is replaced. Raises AttemptEnded, OtherStep, PasswordRefused, HasherBusy and
        what starting a session may raise."""
        opener = OpenByAttempt(visitor, token, self._works.clock)
        async with self._works.read(opener, visitor.request_id) as work:
            candidate = _present(await find_candidate_by_id(work, _found(opener).user_id))
            _expect(Step.CHANGE_PASSWORD, next_step(facts_of(work.tenant, candidate.user)))
            rules = await get_password_rules(work, candidate.user.id)
            about = words_of(candidate.user, work.tenant.name)
        await self._judge.check_change(rules, password, about)
        if await self._hasher.verify(candidate.password_hash, password):
            raise PasswordRefused([SAME_PASSWORD])
        password_hash = await self._hasher.hash(password)

        async def change(work: Work, user: User) -> None:
            _expect(Step.CHANGE_PASSWORD, next_step(facts_of(work.tenant, user)))
            await store_password(work, user, password_hash, temporary=False, by_admin=False)

        return await self._go_on(visitor, token, change)

    async def with_code(self, visitor: Visitor, token: str, typed: str) -> Progress:
        """The step in which an address is verified by the code that was mailed to it. Raises AttemptEnded, OtherStep, WrongCode,
        and what starting a session may raise; a wrong code stays counted."""
        opener = OpenByAttempt(visitor, token, self._works.clock)
        async with self._works.write(opener, visitor.request_id) as work:
            user = await hold_attempt(work, _found(opener))
            wrong = await confirm_typed(work, user, typed, self._sealer)
        if wrong is not None:
            raise wrong
        return await self.go_on(visitor, token)

    async def resend_code(self, visitor: Visitor, token: str) -> None:
        """Mails another code, which ends the one before. Raises AttemptEnded, OtherStep and TooManyCodes."""
        opener = OpenByAttempt(visitor, token, self._works.clock)
        async with self._works.write(opener, visitor.request_id) as work:
            user = await hold_attempt(work, _found(opener))
            _expect(Step.VERIFY_EMAIL, next_step(facts_of(work.tenant, user)))
            await resend(work, user)

    async def go_on(self, visitor: Visitor, token: str) -> Progress:
        """Looks once more at what is next, as after a link in a mail was pressed. Raises AttemptEnded and what starting a session
        may raise."""

        async def nothing(_work: Work, _user: User) -> None:
            return None

        return await self._go_on(visitor, token, nothing)

    async def _candidate(self, visitor: Visitor, typed: Credentials) -> Candidate | None:
        async with self._works.write(opening_for(visitor), visitor.request_id) as work:
            refusal: TooOften | None = await count_try(work, visitor, typed.identifier)
            candidate = None if refusal else await find_candidate(work, typed.identifier)
        if refusal is not None:
            raise refusal
        return candidate

    async def _rehashed(self, stored: str, password: str) -> str | None:
        """The hash by which an outdated one is replaced, as one that came from elsewhere; it can wait while the pool is busy."""
        if not self._hasher.needs_rehash(stored):
            return None
        try:
            return await self._hasher.hash(password)
        except HasherBusy:
            return None

    async def _entered(
        self,
        visitor: Visitor,
        typed: Credentials,
        before: Candidate,
        rehashed: str | None,
        *,
        look_again: bool,
    ) -> Progress:
        """What comes after the right password. Whoever needs no further step gets in by what was read before it was hashed, if
        that still is so when the session starts; who does is looked at once more, and so is everybody with `look_again`."""
        async with self._works.write(opening_for(visitor, before.user), visitor.request_id) as work:
            if rehashed is not None and before.password_hash is not None:
                await replace_hash(work, before.user.id, before.password_hash, rehashed)
            straight = not look_again and next_step(facts_of(work.tenant, before.user)) is Step.DONE
            candidate = before if straight else await self._as_now(work, before)
            return await self._begun(work, visitor, typed, candidate)

    async def _as_now(self, work: Work, before: Candidate) -> Candidate:
        candidate = await find_candidate_by_id(work, before.user.id)
        if candidate is None or candidate.locked_out or candidate.epoch != before.epoch:
            raise SignInRefused
        return candidate

    async def _begun(
        self, work: Work, visitor: Visitor, typed: Credentials, candidate: Candidate
    ) -> Progress:
        user = candidate.user
        refuse_kept_out(work.tenant, user, work.now)
        step = next_step(facts_of(work.tenant, user))
        if step is Step.DONE:
            signed_in = await sign_in(
                work,
                user,
                visitor.caller(),
                remember=typed.remember,
                method=METHOD_PASSWORD,
                unchanged_since=candidate.epoch,
            )
            return Progress(step=step, signed_in=signed_in, next_path=typed.next_path)
        if step is Step.VERIFY_EMAIL:
            await send_once(work, user)
        return await start_attempt(work, candidate, typed, visitor, step, METHOD_PASSWORD)

    async def _go_on(self, visitor: Visitor, token: str, change: "Change") -> Progress:
        opener = OpenByAttempt(visitor, token, self._works.clock)
        user_id: UUID | None = None
        try:
            async with self._works.write(opener, visitor.request_id) as work:
                attempt = _found(opener)
                user_id = attempt.user_id
                user = await hold_attempt(work, attempt)
                refuse_kept_out(work.tenant, user, work.now)
                await change(work, user)
                return await self._continued(work, visitor, attempt)
        except (AccountKeptOut, SignInRefused, TooManySessions) as refusal:
            await self._note(visitor, user_id, refusal)
            if isinstance(refusal, SignInRefused):
                raise AttemptEnded from refusal
            raise

    async def _continued(self, work: Work, visitor: Visitor, attempt: Attempt) -> Progress:
        user = _present(await find_candidate_by_id(work, attempt.user_id)).user
        step = next_step(facts_of(work.tenant, user))
        if step is not Step.DONE:
            await keep_attempt(work, attempt)
            if step is Step.VERIFY_EMAIL:
                await send_once(work, user)
            return Progress(step=step, expires_at=attempt.expires_at, next_path=attempt.next_path)
        await end_attempt(work, attempt)
        signed_in = await sign_in(
            work, user, visitor.caller(), remember=attempt.remember, method=attempt.method
        )
        return Progress(step=step, signed_in=signed_in, next_path=attempt.next_path)

    async def _note(self, visitor: Visitor, user: User | UUID | None, refusal: DomainError) -> None:
        if isinstance(refusal, AccountKeptOut):
            reason = refusal.reason
        elif isinstance(refusal, TooManySessions):
            reason = Reason.TOO_MANY_SESSIONS
        else:
            reason = Reason.CHANGED_MEANWHILE
        async with self._works.write(opening_for(visitor), visitor.request_id) as work:
            if isinstance(user, UUID):
                candidate = await find_candidate_by_id(work, user)
                user = None if candidate is None else candidate.user
            if user is not None:
                note_failure(work, user, reason)


class Change(Protocol):
    """What a step does to the account before it is looked at what comes next."""

    async def __call__(self, work: Work, user: User, /) -> None: ...


def _found(opener: OpenByAttempt) -> Attempt:
    if opener.attempt is None:
        raise AttemptEnded
    return opener.attempt


def _present(candidate: Candidate | None) -> Candidate:
    if candidate is None:
        raise AttemptEnded
    return candidate


def _expect(wanted: Step, present: Step) -> None:
    if present is not wanted:
        raise OtherStep(present)
